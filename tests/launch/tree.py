"""A tool that starts programs, each of which adds a line to ``boots``: NAME and LOCAL, if set."""

import os
import signal
import subprocess
import time
from contextlib import suppress

import pytest

_SECONDS = 40.0
BOOTS = """
import os
with open("boots", "a") as file:
    file.write(" ".join(os.environ[n] for n in ("NAME", "LOCAL") if n in os.environ) + "\\n")
"""
ASGI = f"""{BOOTS}
async def app(scope, receive, send):
    pass
"""


class Tree:
    """The running tool; ``log`` is what it and its programs print."""

    def __init__(self, folder, environ, *command):
        self._boots, self._log = folder / "boots", folder / "log"
        with self._log.open("wb") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            place = {"cwd": folder, "env": environ, "start_new_session": True}
            self.process = subprocess.Popen(command, **streams, **place)

    @property
    def log(self):
        return self._log.read_text(errors="replace")

    def boots(self, count):
        """What the first programs saw, once there are that many of them."""
        end, lines = time.monotonic() + _SECONDS, []
        while time.monotonic() < end:
            lines = self._boots.read_text().splitlines() if self._boots.exists() else []
            if len(lines) >= count:
                return lines
            time.sleep(0.05)
        pytest.fail(f"{len(lines)} of {count} programs:\n{self.log}")

    def stop(self):
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_SECONDS)
