"""A note of ``load_env()`` where stderr takes none: the program goes on, its output its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from launch.launcher import Launcher

_MAIN = """\
import sys
from clovrix_env import load_env
load_env(overrides={"A": "1"})
print("out", sys.stderr and sys.stderr.fileno())
"""
_CLOSES = "import sys; sys.stderr.close()\n"


@pytest.fixture
def noted(launched: Launcher) -> Launcher:
    """A file that is not read in production is told."""
    (launched.folder / ".env").write_text("")
    launched.environ.update(CLOVRIX_ENVIRONMENT="production", CLOVRIX_REMOTE="off")
    return launched


def test_it_is_told(noted: Launcher) -> None:
    """Where there is somebody to tell."""
    ran = noted.plain(sys.executable, "-c", _MAIN)
    assert (ran.returncode, ran.stdout) == (0, b"out 2\n")
    assert ran.stderr == b"clovrix-env: .env not read in production (local=True reads it)\n"


@pytest.mark.parametrize(("how", "stderr"), [("2>&-", b"None"), ("2>/dev/full", b"2")])
def test_closed_or_full(noted: Launcher, how: str, stderr: bytes) -> None:
    """Neither an error nor a line in the output, and a status of 0."""
    ran = noted.plain("sh", "-c", f'exec "$@" {how}', "sh", sys.executable, "-c", _MAIN)
    assert (ran.returncode, ran.stdout) == (0, b"out " + stderr + b"\n")


def test_closed_by_the_program(noted: Launcher) -> None:
    """Before it loads."""
    main = _MAIN.replace("sys.stderr and sys.stderr.fileno()", "sys.stderr.closed")
    ran = noted.plain(sys.executable, "-c", _CLOSES + main)
    assert (ran.returncode, ran.stdout) == (0, b"out True\n")
