"""The status of the program is the status of the launch."""

from __future__ import annotations

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from launch.launcher import Launcher

DEATHS = ["HUP", "INT", "QUIT", "TERM", "KILL", "SEGV", "PIPE"]


@pytest.mark.slow
def test_every_status_is_the_programs(launcher: Launcher) -> None:
    """0 to 255 come through, also 125, 126 and 127 where the program says them."""

    def status(number: int) -> int:
        result = launcher("--", "sh", "-c", f"exit {number}")
        assert (result.stdout, result.stderr) == (b"", b"")
        return result.returncode

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(status, range(256))) == list(range(256))


@pytest.mark.parametrize("name", DEATHS)
def test_a_death_by_signal_is_the_programs(launcher: Launcher, name: str) -> None:
    """A program that a signal ended was ended by that signal, and no status stands for it."""
    result = launcher("--", "sh", "-c", f"ulimit -c 0; kill -{name} $$; sleep 5")
    assert result.returncode == -getattr(signal, f"SIG{name}")
    assert result.stderr == b""


def test_the_program_has_our_pid(launcher: Launcher) -> None:
    """It is the same process, and its parent is ours."""
    process = launcher.start("--", "sh", "-c", "echo $$ $PPID")
    out, _ = process.communicate(timeout=20)
    parent = launcher.plain("sh", "-c", "echo $PPID").stdout
    assert out.split() == [str(process.pid).encode(), parent.strip()]


def test_a_fault_of_ours_is_125(launcher: Launcher) -> None:
    """Even an error that nobody thought of does not look like a status of the program."""
    broken = "import clovrix_env.resolution.resolve as r; r.resolve = None; "
    start = "from clovrix_env.cli.exec import main; main()"
    result = launcher.plain(sys.executable, "-c", broken + start, "--", "true")
    assert result.returncode == 125
    assert b"TypeError" in result.stderr
