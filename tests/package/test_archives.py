"""What is shipped: both archives are allow-lists, and what they hold works by itself."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import clovrix_env

TOP = Path(__file__).resolve().parents[2]
DECOYS = [
    *(".clovrix", ".env", "store.db"),
    *("clovrix_env/.env", "docs/how-to/.env.local", "docs/_build/index.html", "tests/.env"),
]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """Wheel and sdist of this tree, built with decoys in it."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "dist", ".*_cache")
    shutil.copytree(TOP, source, ignore=ignored)
    for decoy in DECOYS:
        (source / decoy).parent.mkdir(exist_ok=True)
        (source / decoy).write_text("PLANTED=1\n")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "build"], check=True)
    subprocess.run([python, "-m", "build", "-o", folder / "dist", source], check=True)
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(archives):
    return next(archives.glob("*.whl"))


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    """All of the package, the hook's folder and the metadata; no ``.pth``, no cache, no test."""
    metadata = f"clovrix_env-{clovrix_env.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}
    names = set(contents)
    folders = {name.split("/")[0] for name in names}
    assert folders == {"clovrix_env", "sitecustomize_hook", metadata}
    hook = {name for name in names if name.startswith("sitecustomize_hook/")}
    assert hook == {"sitecustomize_hook/__init__.py", "sitecustomize_hook/sitecustomize.py"}
    assert not [name for name in names if name.endswith((".pth", ".start", ".pyc"))]
    listed = ["git", "ls-files", "clovrix_env"]
    tracked = subprocess.run(listed, cwd=TOP, check=True, capture_output=True, text=True).stdout
    assert {"clovrix_env/py.typed", *tracked.split()} <= names
    about = contents[f"{metadata}/METADATA"].decode()
    for line in ("License-Expression: MIT", "Requires-Python: >=3.9"):
        assert line in about
    for extra in ("keyring", "yaml", "dev"):
        assert f"Provides-Extra: {extra}" in about
    scripts = contents[f"{metadata}/entry_points.txt"].decode()
    assert "clovrix-env = clovrix_env.__main__:main" in scripts
    assert "clovrix-exec = clovrix_env.cli.exec:main" in scripts
    assert not [name for name, content in contents.items() if b"PLANTED=1" in content[:100]]


def test_the_sdist_holds_tests_and_documentation_and_no_decoy(archives):
    """Who packages from it has all at hand; a ``.env`` of the tree is shipped to nobody."""
    with tarfile.open(next(archives.glob("*.tar.gz"))) as archive:
        members = {m.name.partition("/")[2]: archive.extractfile(m) for m in archive if m.isfile()}
        contents = {name: member.read() for name, member in members.items() if member}
    pages = {f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")}
    more = {"LICENSE", "pyproject.toml", ".importlinter", "tests/conftest.py", "docs/index.md"}
    assert pages | more <= contents.keys()
    assert not [name for name, content in contents.items() if b"PLANTED=1" in content[:100]]


@pytest.fixture
def run(wheel, tmp_path):
    """Run a script of an environment where the wheel is installed, without the tree."""
    clean = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}

    def script(name, *words, **variables):
        options = {"cwd": tmp_path, "env": {**clean, **variables}, "text": True, "check": True}
        command = [tmp_path / "venv/bin" / name, *words]
        return subprocess.run(command, capture_output=True, **options)

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, env=clean)
    script("pip", "install", "-q", str(wheel))
    return script


def test_the_wheel_works_alone(run):
    """Without what only the tests need, the demonstration runs."""
    shown = run("clovrix-env", "demo").stdout
    assert "LOG_LEVEL      debug                        .env:2 (hides backend/" in shown


def test_the_hook_of_the_wheel_runs_and_leaves_in_silence(run):
    """By its folder and by its file, which an uninstalled package leaves without a word."""
    folder = run("clovrix-env", "hook", "path").stdout.strip()
    assert folder == str(Path(folder).parent / "sitecustomize_hook")
    run("clovrix-env", "hook", "status", PYTHONPATH=folder)
    run("clovrix-env", "hook", "install")
    run("clovrix-env", "hook", "status")
    run("pip", "uninstall", "-q", "-y", "clovrix-env")
    left = run("python", "-c", "print('ran')", PYTHONPATH=folder, CLOVRIX_AUTOLOAD="1")
    assert (left.stdout, left.stderr) == ("ran\n", "")
