"""An interactive shell on a terminal of its own, and keys to press in it."""

import os
import re
import select
import shlex
import struct
import subprocess
import termios
import time
from fcntl import ioctl

from launch.launcher import Launcher, until

INTERRUPT, QUIT, SUSPEND, END = "\x03", "\x1c", "\x1a", "\x04"
_SECONDS = 30.0
_SHELL = ("setsid", "--ctty", "bash", "--norc", "--noprofile", "--noediting", "-i")


def wait_for_read(keys):
    """Wait until the program on a terminal sleeps, which it does to read what is typed; or ended.

    What is typed before a prompt hides it is thrown away, and Python handles a Ctrl-C that comes
    just before a read only after it.
    """

    def sleeps():
        try:
            with open(f"/proc/{os.tcgetpgrp(keys)}/stat", encoding="ascii") as file:
                return file.read().rpartition(")")[2].split()[0] == "S"
        except OSError:
            return True

    until(sleeps)


class Terminal:
    """``press`` is what a person types, ``see`` what a program must write; nothing is echoed."""

    def __init__(self, launcher):
        self._folder = launcher.folder
        self._environ = launcher.given({"PS1": "", "PS2": "", "TERM": "dumb"})
        self._unseen = ""

    def __enter__(self):
        self._keys, screen = os.openpty()
        settings = termios.tcgetattr(screen)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(screen, termios.TCSANOW, settings)
        self.resize(24, 80)
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), screen)
        place = {"cwd": self._folder, "env": self._environ}
        self._shell = subprocess.Popen(_SHELL, **streams, **place)
        os.close(screen)
        self.type("echo shell=on")
        self.see("shell=on")
        return self

    def __exit__(self, *raised):
        os.close(self._keys)  # hangs up: the shell ends, and its jobs
        self._shell.kill()
        self._shell.wait()

    def press(self, keys):
        os.write(self._keys, keys.encode())

    def answer(self, keys):
        """Press them once a prompt reads."""
        wait_for_read(self._keys)
        self.press(keys)

    def type(self, line):
        self.press(line + "\n")

    def launch(self, *arguments, behind=""):
        """``clovrix-exec …`` as a line of the shell."""
        self.line(*Launcher.argv(*arguments), behind=behind)

    def line(self, *command, behind=""):
        """A command as a line of the shell, and what stands behind it, as the shell reads it."""
        self.type(shlex.join(command) + behind)

    def see(self, pattern):
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

    def status(self):
        """What the shell says of the last command."""
        return self.rest()[0]

    def rest(self):
        """The same, and what was written until then."""
        self.type("echo status=$?.")
        found = self.see(r"(?s)(.*)status=(\d+)\.\n")
        return int(found[2]), found[1]

    def resize(self, rows, columns):
        ioctl(self._keys, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
