"""TERM or INT at any moment of a start ends it by that signal, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from condition.conftest import SOURCES
from condition.container import has_become, until
from repeated import repeated

if TYPE_CHECKING:
    from pathlib import Path

    from launch.launcher import Launcher

# Says ! on stdout when one of our modules is loaded for the first time: the first of all, or the
# first after our first line, which takes Python's own handler of INT and its traceback away.
START = """
import os, sys
class Ready:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "{first}":
            sys.meta_path.remove(Ready)
            os.write(1, b"!")
sys.meta_path.insert(0, Ready)
from clovrix_env.cli.exec import main
main()
"""
FIRST = {signal.SIGTERM: "clovrix_env", signal.SIGINT: "clovrix_env.errors"}
PROGRAM = ("backend", "staging", "--", "sleep", "9")


class Interrupted:
    """Starts of one kind, each interrupted after ``begin``."""

    def __init__(self, launcher: Launcher, scratch: Path) -> None:
        self._launcher = launcher
        scratch.mkdir()
        launcher.environ["TMPDIR"] = str(scratch)  # in the folder that is looked through
        self.ours = 0
        self.span = sorted(self._whole() for _ in range(3))[1]
        self._before = self._files()

    def _whole(self) -> float:
        """How long a start takes from our first module to the program."""
        begun, process = self._begin(signal.SIGTERM)
        until(lambda: has_become(process.pid, "sleep"))
        span = time.monotonic() - begun
        self._end(process, signal.SIGTERM)
        return span

    def _begin(self, number: signal.Signals) -> tuple[float, subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            [sys.executable, "-c", START.format(first=FIRST[number]), *PROGRAM],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._launcher.folder,
            env=self._launcher.given({}),
        )
        assert process.stdout is not None
        assert process.stdout.read(1) == b"!", process.communicate()
        return time.monotonic(), process

    def _end(self, process: subprocess.Popen[bytes], number: int) -> None:
        """One that is still running, or is the program by now, ends by the signal, in silence.

        Both pipes are at their end, so no child holds one.
        """
        os.kill(process.pid, number)
        assert process.communicate(timeout=10) == (b"", b"")
        assert process.returncode == -number

    def _files(self) -> set[str]:
        tops = map(str, (self._launcher.folder.parent, self._launcher.environ["HOME"]))
        return {
            os.path.join(folder, name)
            for top in tops
            for folder, folders, files in os.walk(top)
            for name in (*folders, *files)
        }

    def at(self, moment: float, number: signal.Signals) -> None:
        """Interrupt one start when so much of it, from 0 to 1, has gone by."""
        begun, process = self._begin(number)
        time.sleep(max(0.0, begun + self.span * moment - time.monotonic()))
        if has_become(process.pid, "sleep"):
            self.span *= 0.95  # the machine was busier when it was measured
        else:
            self.ours += 1
        self._end(process, number)
        assert self._files() == self._before


@pytest.mark.parametrize("count", repeated(40, deep=400))
@pytest.mark.parametrize("source", SOURCES, indirect=True)
def test_a_signal_at_any_moment(
    launcher: Launcher, tmp_path: Path, source: str, count: int
) -> None:
    """No traceback, no child, no file, no folder, no journal of the store; and its own status.

    Until so many ended while they were still ours, and not yet the program.
    """
    starts = Interrupted(launcher, tmp_path / "scratch")
    begun = 0
    while starts.ours < count and begun < 4 * count:
        number = (signal.SIGTERM, signal.SIGINT)[begun % 2]
        starts.at(begun % count / (count - 1), number)
        begun += 1
    print(f"{begun} starts of {starts.span * 1000:.0f} ms, {starts.ours} ended while still ours")
    assert starts.ours == count
