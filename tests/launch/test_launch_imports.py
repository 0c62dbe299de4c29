"""What a start loads: a module too many is paid for at every start of every program."""

import re

import pytest

DEAR = {
    *("http.client", "argparse", "asyncio", "click", "dataclasses", "dotenv", "hashlib", "httpx"),
    *("importlib.metadata", "logging", "pathlib", "shutil", "subprocess", "tempfile"),
}


def loaded(stderr):
    """The modules that ``-X importtime`` lists."""
    found = re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", stderr.decode(), re.MULTILINE)
    assert found
    return set(found)


@pytest.mark.parametrize("kind", ["files", "http", "https", "store"])
def test_a_start_without_options_loads_nothing_dear(launcher, source, kind):
    """Neither click nor httpx, nor what costs as much as half an interpreter."""
    (launcher.folder / ".clovrix").write_text('default_environment = "staging"\n')
    result = launcher(*source(kind).split(), "--", "true", python=["-X", "importtime"])
    assert result.returncode == 0, result.stderr
    bare = launcher.plain(*launcher.argv(python=["-X", "importtime"])[:3], "-c", "pass")
    ours = loaded(result.stderr) - loaded(bare.stderr)
    assert "clovrix_env.handoff" in ours
    assert ("clovrix_env.client.http1" in ours) == kind.startswith("http")
    assert ("sqlite3" in ours) == (kind == "store")
    assert ours & DEAR == set()


def test_an_option_costs_click_and_nothing_more(launcher):
    """A line with options is click's to read; httpx stays away."""
    result = launcher("--set", "A=1", "--", "true", python=["-X", "importtime"])
    ours = loaded(result.stderr)
    assert "click" in ours
    assert ours & {"httpx", "http.client", "sqlite3", "importlib.metadata"} == set()


def test_a_start_imports_nothing_of_the_working_directory(launcher):
    """A repository has modules of any name: the installed commands do not look there."""
    for name in ("click", "json", "re", "ssl", "sitecustomize", "clovrix_env"):
        (launcher.folder / f"{name}.py").write_text("open('ran', 'w')\n")
    for words in (["--", "true"], ["--explain", "--json"]):
        assert launcher(*words).returncode == 0
    assert not (launcher.folder / "ran").exists()
