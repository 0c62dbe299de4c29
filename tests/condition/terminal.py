"""An interactive shell on a terminal of its own, and keys to press in it."""

from __future__ import annotations

import os
import re
import select
import shlex
import struct
import subprocess
import termios
import time
from fcntl import ioctl
from typing import TYPE_CHECKING

from launch.launcher import Launcher

if TYPE_CHECKING:
    from typing_extensions import Self

INTERRUPT, QUIT, SUSPEND, END = "\x03", "\x1c", "\x1a", "\x04"
_SECONDS = 10.0
_SHELL = ("setsid", "--ctty", "bash", "--norc", "--noprofile", "--noediting", "-i")


class Terminal:
    """``press`` is what a person types, ``see`` what must appear for the test to go on.

    Nothing is echoed, so that what is seen was written by a program.
    """

    def __init__(self, launcher: Launcher) -> None:
        self._folder = launcher.folder
        self._environ = launcher.given({"PS1": "", "PS2": "", "TERM": "dumb"})
        self._unseen = ""

    def __enter__(self) -> Self:
        self._keys, screen = os.openpty()
        settings = termios.tcgetattr(screen)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(screen, termios.TCSANOW, settings)
        self.resize(24, 80)
        self._shell = subprocess.Popen(
            _SHELL, stdin=screen, stdout=screen, stderr=screen, cwd=self._folder, env=self._environ
        )
        os.close(screen)
        self.type("echo shell=on")
        self.see("shell=on")
        return self

    def __exit__(self, *raised: object) -> None:
        os.close(self._keys)  # hangs up: the shell ends, and its jobs
        self._shell.kill()
        self._shell.wait()

    def press(self, keys: str) -> None:
        os.write(self._keys, keys.encode())

    def type(self, line: str) -> None:
        self.press(line + "\n")

    def launch(self, *arguments: str, behind: str = "") -> None:
        """``clovrix-exec …`` as a line of the shell."""
        self.line(*Launcher.argv(*arguments), behind=behind)

    def line(self, *command: str, behind: str = "") -> None:
        """A command as a line of the shell, and what stands behind it, as the shell reads it."""
        self.type(shlex.join(command) + behind)

    def see(self, pattern: str) -> re.Match[str]:
        """Wait until it appears; what is seen next comes after it."""
        end = time.monotonic() + _SECONDS
        while True:
            found = re.search(pattern, self._unseen)
            if found is not None:
                self._unseen = self._unseen[found.end() :]
                return found
            left = max(0.0, end - time.monotonic())
            assert select.select([self._keys], [], [], left)[0], self._unseen
            self._unseen += os.read(self._keys, 65536).decode().replace("\r\n", "\n")

    def status(self) -> int:
        """What the shell says of the last command."""
        return self.rest()[0]

    def rest(self) -> tuple[int, str]:
        """The same, and what was written until then."""
        self.type("echo status=$?.")
        found = self.see(r"(?s)(.*)status=(\d+)\.\n")
        return int(found[2]), found[1]

    def resize(self, rows: int, columns: int) -> None:
        ioctl(self._keys, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
