"""The program finds the descriptors that we were given, and none of ours."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from launch.launcher import Launcher

LIST = ("sh", "-c", "(ls -l /proc/$$/fd > list); exit 0")
CLOSINGS = ["", "<&-", ">&-", "2>&-", "<&- >&- 2>&-"]


def closing(how: str) -> tuple[str, ...]:
    return ("sh", "-c", f'exec "$@" {how}', "sh")


def listed(launcher: Launcher) -> list[str]:
    """What LIST found open: a number and what it leads to."""
    lines = (launcher.folder / "list").read_text().splitlines()
    return sorted(" ".join(line.split()[8:]) for line in lines if " -> " in line)


@pytest.fixture(params=["files", "remote", "store"])
def source(request: pytest.FixtureRequest, launcher: Launcher) -> list[str]:
    """PROJECT and ENVIRONMENT where values come from; ``launcher`` knows how to get at them."""
    if request.param == "files":
        return []
    if request.param == "store":
        launcher.environ["CLOVRIX_API_URL"] = request.getfixturevalue("store_home").url
    else:
        loopback = request.getfixturevalue("loopback")
        launcher.environ["CLOVRIX_API_URL"] = loopback.url
        launcher.environ["CLOVRIX_TOKEN"] = request.getfixturevalue("store_home").token
    return ["backend", "production", *(["--local"] if request.param == "store" else [])]


@pytest.mark.parametrize("how", CLOSINGS, ids=["all open", "stdin", "stdout", "stderr", "none"])
def test_the_program_has_what_it_would_have_without_us(
    launcher: Launcher, source: list[str], how: str
) -> None:
    """No file, socket or store of ours is left; and what was closed for us is closed for it."""
    with open(os.devnull, "r+b") as nothing:
        streams: dict[str, Any] = {"stdin": nothing, "stdout": nothing, "stderr": nothing}
        launcher.plain(*closing(how), *LIST, **streams)
        plain = listed(launcher)
        result = launcher(*source, "--", *LIST, through=closing(how), **streams)
    assert result.returncode == 0
    assert listed(launcher) == plain
    assert len(plain) == 3 - how.count("&-")


def test_inherited_descriptors_reach_the_program(launcher: Launcher) -> None:
    """A pipe that a supervisor left open for the program is there, under its number."""
    reader, writer = os.pipe()
    try:
        result = launcher("--", "bash", "-c", f"echo ready >&{writer}", pass_fds=[writer])
        assert result.returncode == 0
        assert os.read(reader, 100) == b"ready\n"
    finally:
        os.close(reader)
        os.close(writer)


def test_standard_input_is_the_programs(launcher: Launcher) -> None:
    """Not a byte of it was read before the program was there."""
    result = launcher("--", "cat", stdin=None, input=b"one\ntwo\n")
    assert result.stdout == b"one\ntwo\n"


def test_a_closed_stderr_takes_a_message_to_nowhere(launcher: Launcher) -> None:
    """What we have to say goes to stderr or nowhere: never into the program's output."""
    (launcher.folder / ".env.production").write_text("")
    production = {"CLOVRIX_ENVIRONMENT": "production", "CLOVRIX_REMOTE": "off"}
    launch = ("--set", "A=1", "--", "echo", "out")
    noted = launcher(*launch, env=production)
    assert b".env" in noted.stderr
    result = launcher(*launch, env=production, through=closing("2>&-"))
    assert (result.returncode, result.stdout, result.stderr) == (0, b"out\n", b"")


@pytest.mark.parametrize("how", ["2>&-", "2>/dev/full"])
def test_a_message_that_cannot_be_written_does_not_change_the_status(
    launcher: Launcher, how: str
) -> None:
    """127 stays 127 where there is nobody to tell it to."""
    result = launcher("--", "no-such-command", through=closing(how))
    assert (result.returncode, result.stdout) == (127, b"")
