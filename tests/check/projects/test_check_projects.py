"""Whole projects: three of PyPI that use python-dotenv, the pre-commit hook, and large ones.

`docs/how-to/check.md` explains what is found in the three.
"""

import os
import shutil
import sys
import venv
from pathlib import Path

import pytest
import sdists
from sdists import ended

TOP = Path(__file__).resolve().parents[3]
PRE_COMMIT = "pre-commit==4.2.0"
# Of each release the SHA-256 of its source archive.
PROJECTS = {
    "linkedin-mcp-server==1.0.0": (
        "73e0687a47f03810112644fa393884497743da93067bda9c5fdf15f18519721f"
    ),
    "mcp-clickhouse==0.7.0": "2168e4ddd3e704ef971c12fb0bb15b85e74470bfa9e3d190a29b8954991e978f",
    "mcp-todoist==0.5.1": "ef751ac8de4a334113e82cbfdace4839cc41835af63d2df4ff99d3cb7936f406",
}
# What the projects' own READMEs tell their users to write.
LINKEDIN = """\
LINKEDIN_CLIENT_ID=your_client_id
LINKEDIN_CLIENT_SECRET=your_client_secret
LINKEDIN_REDIRECT_URI=http://localhost:8000
"""
CLICKHOUSE = """\
CLICKHOUSE_HOST=localhost
CLICKHOUSE_PORT=8123
CLICKHOUSE_USER=default
CLICKHOUSE_PASSWORD=clickhouse
"""


@pytest.fixture
def unpacked(project, tmp_path, monkeypatch):
    """``unpacked("NAME==VERSION")`` fills the project's folder with that release."""

    def unpack(release):
        sdists.unpack(release, PROJECTS[release], project.folder, tmp_path)
        monkeypatch.chdir(project.folder)

    return unpack


def test_linkedin_mcp_server(project, unpacked, check):
    """A token that the code reads, and that the README does not name."""
    unpacked("linkedin-mcp-server==1.0.0")
    project.write(".env", LINKEDIN)
    assert [(rule, name) for rule, _, _, name in check().findings] == [
        ("unprovided", "LINKEDIN_ACCESS_TOKEN")
    ]


def test_mcp_clickhouse(project, unpacked, check):
    """Options that are read without a fallback; without a .env what is needed comes on top."""
    unpacked("mcp-clickhouse==0.7.0")
    project.write(".env", CLICKHOUSE)
    options = ["CLICKHOUSE_PROXY_PATH", "CLICKHOUSE_TLS_MODE", "MCP_MIDDLEWARE_MODULE"]
    found = check()
    assert set(found.rules) == {"unprovided"}
    assert sorted(name or "" for *_, name in found.findings) == options
    # Declared, they are optional, and the contract says so to the next reader too.
    project.write(".clovrix", "".join(f"[variables.{name}]\n" for name in options))
    assert set(check().rules) == {"unknown"}
    project.write(".env", "")
    project.write(".clovrix", "")
    needed = ["CLICKHOUSE_HOST", "CLICKHOUSE_USER"]
    assert sorted(name or "" for *_, name in check().findings) == sorted([*needed, *options])


def test_mcp_todoist(project, unpacked, check):
    """Its .env.example, copied: nothing to find, until the copy is committed."""
    unpacked("mcp-todoist==0.5.1")
    project.write(".env", (project.folder / ".env.example").read_text())
    assert check().findings == []
    project.commit()
    assert check().findings == [("tracked", ".env", None, None)]


@pytest.fixture(scope="module")
def pre_commit(tmp_path_factory):
    """pre-commit in an environment of its own."""
    if not (TOP / ".pre-commit-hooks.yaml").exists():
        pytest.skip("the hook is part of the repository, not of the source archive")
    folder = tmp_path_factory.mktemp("pre-commit")
    venv.create(folder, with_pip=True)
    got = ended(str(folder / "bin/python"), "-m", "pip", "install", "-q", PRE_COMMIT)
    if got.returncode:
        pytest.skip(f"pre-commit cannot be installed here: {got.stdout[-200:]}")
    return folder / "bin/pre-commit"


@pytest.fixture
def hook(pre_commit, project, tmp_path, monkeypatch):
    """Run our hook in the project's folder, out of a repository of what lies here now."""
    ours = tmp_path / "ours"
    shutil.copytree(
        TOP, ours, ignore=shutil.ignore_patterns(".git", "tests", "__pycache__", ".venv", "build")
    )
    here = type(project)(ours)
    here.commit()
    here.git("tag", "v0.1.0")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    monkeypatch.delenv("PYTHONPATH", raising=False)

    def run(configuration):
        text = (TOP / "docs/examples/tools" / configuration).read_text()
        text = text.replace("https://git.example/clovrix-env", str(ours))
        project.write(".pre-commit-config.yaml", text)
        project.git("add", ".pre-commit-config.yaml")
        return ended(str(pre_commit), "run", "--all-files")

    return run


@pytest.mark.timeout(240)
def test_hook_stops_a_commit_that_has_a_finding(project, hook):
    """It fails with the finding, and passes when that is mended; no token is needed for either."""
    project.write(".clovrix", 'project = "backend"\ndefault_environment = "development"\n')
    project.write(".gitignore", ".env\n")
    project.git("init", "-q")
    project.git("add", ".clovrix", ".gitignore")
    project.git("commit", "-q", "-m", "all")
    for configuration in ("pre-commit-config.yaml", "pre-commit-local.yaml"):
        project.write(".env", "A=1\nA=2\n")
        ended = hook(configuration)
        assert ended.returncode == 1, ended.stdout
        assert ".env:2: A is also set in line 1; this line counts [duplicate]" in ended.stdout
        project.write(".env", "A=1\n")
        ended = hook(configuration)
        assert ended.returncode == 0, ended.stdout


# A start needs most of it, for python-dotenv's parser takes half a million lines.
@pytest.mark.timeout(90)
@pytest.mark.parametrize("piece", ['A="C:\\x "\n', "A='${' \n", 'A="' + "\\\\" * 500 + 'a"\n'])
def test_a_mebibyte_of_lines(project, check, piece):
    """The largest file that is read, of lines that a careless pattern would take hours for."""
    project.write(".env", piece * (1024 * 1024 // len(piece)))
    assert check().status == 1


@pytest.mark.parametrize("open_end", ['A="' + "C:\\x" * 200_000, "A=" + "${A:-" * 150_000])
def test_a_mebibyte_of_one_line(project, check, open_end):
    """One line without an end is refused as quickly."""
    project.write(".env", open_end)
    assert check().rules == ["unreadable"]


def test_many_files(project, check):
    """More files than are looked at are told; those that are, are looked at."""
    project.write(".env", "OTHER=1\n")
    project.write("a.py", "import os\nos.environ['NEEDED']\n")
    for count in range(10_001):
        (project.folder / f"m{count}.py").touch()
    found = check()
    assert found.rules == ["unprovided"]
    assert "more than 10000 files" in found.err
