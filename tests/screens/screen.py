"""A command on a terminal of its own, and what stands on the screen, as ``pyte`` reads it."""

import os
import re
import select
import struct
import subprocess
import termios
import time
from fcntl import ioctl

import pyte
from condition.terminal import wait_for_read

_ROWS = 60
_SECONDS = 30.0


class Screen:
    """``press`` is what a person types, ``shows`` what must stand there for the test to go on."""

    def __init__(self, person, columns, *words, **environ):
        self._argv = ["setsid", "--ctty", *person.command(*words)]
        self._folder = person.folder
        given = {"TERM": "xterm", "LANG": "C.UTF-8", "PYTHONUTF8": "1", **environ}
        self._environ = person.given(given)
        # All that came, its escapes too.
        self.written = b""
        self._columns = columns
        self._screen = pyte.Screen(columns, _ROWS)
        self._stream = pyte.ByteStream(self._screen)

    def __enter__(self):
        self._keys, screen = os.openpty()
        ioctl(self._keys, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, self._columns, 0, 0))
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), screen)
        place = {"cwd": self._folder, "env": self._environ}
        self._process = subprocess.Popen(self._argv, **streams, **place)
        os.close(screen)
        return self

    def __exit__(self, *raised):
        self._process.kill()
        self._process.wait()
        os.close(self._keys)

    @property
    def text(self):
        """Every line, without the blanks at its end, and without empty lines at the end of all."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip("\n") + "\n"

    def last(self, lines):
        """The last lines; all of them for 0."""
        return "".join(self.text.splitlines(keepends=True)[-lines:])

    @property
    def cursor_is_hidden(self):
        return self._screen.cursor.hidden

    def press(self, keys):
        os.write(self._keys, keys.encode())

    def answer(self, keys):
        """Press them once a prompt reads, and wait until it reads on."""
        wait_for_read(self._keys)
        self.press(keys)
        wait_for_read(self._keys)

    def shows(self, pattern):
        end = time.monotonic() + _SECONDS
        while not re.search(pattern, self.text):
            assert self._reads(end), self.text

    def status(self, seconds=_SECONDS):
        """How it ended: its status, or the negative number of a signal."""
        end = time.monotonic() + seconds
        while self._reads(end):
            continue
        return self._process.wait(_SECONDS)

    def _reads(self, end):
        """Whether something more was written before ``end``."""
        if not select.select([self._keys], [], [], max(0.0, end - time.monotonic()))[0]:
            return False
        try:
            content = os.read(self._keys, 65536)
        except OSError:  # nobody has the terminal open any more
            return False
        self.written += content
        self._stream.feed(content)
        return bool(content)
