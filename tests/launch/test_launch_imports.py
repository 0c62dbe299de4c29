"""What a start loads: a module too many is paid for at every start of every program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from loopback import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from launch.launcher import Launcher

DEAR = {
    "http.client",
    "argparse",
    "asyncio",
    "click",
    "dataclasses",
    "dotenv",
    "hashlib",
    "httpx",
    "importlib.metadata",
    "logging",
    "pathlib",
    "shutil",
    "subprocess",
    "tempfile",
}


def loaded(stderr: bytes) -> set[str]:
    """The modules that ``-X importtime`` lists."""
    found = re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", stderr.decode(), re.MULTILINE)
    assert found
    return set(found)


def over_http(request: Any, launcher: Launcher) -> None:
    launcher.environ["CLOVRIX_TOKEN"] = request.getfixturevalue("store_home").token
    launcher.environ["CLOVRIX_API_URL"] = request.getfixturevalue("loopback").url


def over_https(request: Any, launcher: Launcher) -> None:
    home, authority = request.getfixturevalue("store_home"), request.getfixturevalue("authority")
    server = serve(home.store, authority.context())
    loopback = server.__enter__()
    request.addfinalizer(lambda: server.__exit__(None, None, None))
    launcher.environ["CLOVRIX_TOKEN"] = home.token
    launcher.environ["CLOVRIX_API_URL"] = loopback.url
    launcher.environ["SSL_CERT_DIR"] = authority.folder


def from_store(request: Any, launcher: Launcher) -> None:
    launcher.environ["CLOVRIX_API_URL"] = request.getfixturevalue("store_home").url


@pytest.mark.parametrize("prepare", [None, over_http, over_https, from_store])
def test_a_start_without_options_loads_nothing_dear(
    launcher: Launcher, request: pytest.FixtureRequest, prepare: Callable[..., None] | None
) -> None:
    """Neither click nor httpx, nor what costs as much as half an interpreter."""
    (launcher.folder / ".clovrix").write_text('default_environment = "staging"\n')
    words: tuple[str, ...] = ()
    if prepare is not None:
        prepare(request, launcher)
        words = ("backend", "staging")
    result = launcher(*words, "--", "true", python=["-X", "importtime"])
    assert result.returncode == 0, result.stderr
    bare = launcher.plain(*launcher.argv(python=["-X", "importtime"])[:3], "-c", "pass")
    ours = loaded(result.stderr) - loaded(bare.stderr)
    assert "clovrix_env.handoff" in ours
    assert ("clovrix_env.client.http1" in ours) == (prepare in (over_http, over_https))
    assert ("sqlite3" in ours) == (prepare is from_store)
    assert ours & DEAR == set()


def test_an_option_costs_click_and_nothing_more(launcher: Launcher) -> None:
    """A line with options is click's to read; httpx stays away."""
    result = launcher("--set", "A=1", "--", "true", python=["-X", "importtime"])
    ours = loaded(result.stderr)
    assert "click" in ours
    assert ours & {"httpx", "http.client", "sqlite3", "importlib.metadata"} == set()


def test_a_start_imports_nothing_of_the_working_directory(launcher: Launcher) -> None:
    """A repository has modules of any name: the installed commands do not look there."""
    for name in ("click", "json", "re", "ssl", "sitecustomize", "clovrix_env"):
        (launcher.folder / f"{name}.py").write_text("open('ran', 'w')\n")
    for words in (["--", "true"], ["--explain", "--json"]):
        assert launcher(*words).returncode == 0
    assert not (launcher.folder / "ran").exists()
