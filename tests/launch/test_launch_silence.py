"""Silent while nothing is degraded; else one line a problem, and one with the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from launch.launcher import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launch.launcher import Launcher
    from loopback import Loopback


@pytest.mark.parametrize("source", ["files", "remote", "store"])
@pytest.mark.parametrize("python", [(), ("-X", "dev", "-bb", "-W", "error")], ids=["", "dev"])
def test_not_a_byte_of_ours(
    launcher: Launcher, request: pytest.FixtureRequest, source: str, python: Sequence[str]
) -> None:
    """On stdout and stderr stands what the program writes; Python's own warnings find nothing."""
    words: tuple[str, ...] = ()
    if source != "files":
        words = ("backend", "staging")
        home = request.getfixturevalue("store_home")
        launcher.environ["CLOVRIX_API_URL"] = home.url
    if source == "remote":
        launcher.environ["CLOVRIX_API_URL"] = request.getfixturevalue("loopback").url
        launcher.environ["CLOVRIX_TOKEN"] = home.token
    result = launcher(*words, "--", "sh", "-c", "echo $GREETING; echo e >&2", python=python)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"hello\n", b"e\n")


def test_every_problem_is_a_line(launcher: Launcher) -> None:
    """All that is wrong at once, each with its place; below those that have one, a remedy."""
    (launcher.folder / ".env").write_text("A=1\nnonsense nonsense\nEDITOR=vi\nB=${MISSING}\n")
    lines = refusal(launcher("--", "true"))
    assert [line[:7] for line in lines[:3]] == [".env:2:", ".env:4:", ".env:3:"]
    assert len(lines) == 4
    assert "--allow EDITOR" in lines[-1]


def test_nothing_is_configured(launcher: Launcher) -> None:
    """Configured by nothing at all is no silent start."""
    (launcher.folder / ".env").unlink()
    problem, remedy = refusal(launcher("--", "true"))
    assert problem.startswith(f"nothing is configured in {launcher.folder}")
    assert remedy.startswith("name a project and an environment")


def test_an_answer_cannot_write_lines_of_its_own(launcher: Launcher, faulty: Loopback) -> None:
    """What a server says stays one line, and commands no terminal."""
    body = b"<html>\n<h1>502\x1b[31m</h1>\r\nclovrix-exec: all is well\n"
    faulty.fault("answer", status=418, body=body)
    launcher.environ.update(CLOVRIX_API_URL=faulty.url, CLOVRIX_TOKEN="icr_token_0123456789abcdef")
    problem, _ = refusal(launcher("backend", "staging", "--", "true"))
    assert problem.endswith("<html> <h1>502\\x1b[31m</h1> clovrix-exec: all is well")
