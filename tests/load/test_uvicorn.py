"""Workers and reloads of a real uvicorn: one request for a tree, and what an edit does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Programs  # type: ignore[attr-defined]
    from resolve.surroundings import Clovrix, Project

pytestmark = pytest.mark.slow
_APPLICATION = """\
import os
from clovrix_env import load_env
load_env()

async def application(scope, receive, send):
    assert scope["type"] == "http"
    said = "{} {} {}".format(os.getpid(), os.environ["NAME"], os.environ["LOCAL"]).encode()
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", str(len(said)).encode())]})
    await send({"type": "http.response.body", "body": said})
"""
_SECONDS = 20.0


class Uvicorn:
    """A running uvicorn: ``ask()`` for pid, NAME and LOCAL; ``stop()`` for what it said."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self._url = f"http://127.0.0.1:{port}/"

    def ask(self) -> list[str]:
        end = time.monotonic() + _SECONDS
        while self._process.poll() is None and time.monotonic() < end:
            with suppress(OSError), urlopen(self._url, timeout=5) as answer:
                said: str = answer.read().decode()
                return said.split()
            time.sleep(0.02)
        pytest.fail(self.stop())

    def ask_until(self, local: str) -> list[str]:
        """The answer of a program that has LOCAL so, or the last one before patience ends."""
        end = time.monotonic() + _SECONDS / 2
        answer = self.ask()
        while answer[2] != local and time.monotonic() < end:
            time.sleep(0.05)
            answer = self.ask()
        return answer

    def ask_another(self, pid: str) -> list[str]:
        """The answer of a program with another pid."""
        end = time.monotonic() + _SECONDS
        answer = self.ask()
        while answer[0] == pid:
            assert time.monotonic() < end, self.stop()
            time.sleep(0.05)
            answer = self.ask()
        return answer

    def stop(self) -> str:
        """End all of it; what it said."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            _, said = self._process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            _, said = self._process.communicate()
        return said.decode()


class Start:
    def __init__(self, programs: Programs) -> None:
        self._programs = programs
        self._running: list[Uvicorn] = []

    def __call__(self, *options: str, under: tuple[str, ...] = ()) -> Uvicorn:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        launcher = self._programs.launcher
        process = subprocess.Popen(
            [
                *under,
                sys.executable,
                "-m",
                "uvicorn",
                "--port",
                str(port),
                "--log-level",
                "warning",
                *options,
                "service:application",
            ],
            cwd=launcher.folder,
            env=launcher.given({}),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._running.append(Uvicorn(process, port))
        return self._running[-1]

    def stop(self) -> None:
        for running in self._running:
            running.stop()


@pytest.fixture
def uvicorn(programs: Programs, project: Project, clovrix: Clovrix) -> Iterator[Start]:
    """``uvicorn("--workers", "2")`` starts one whose application loads at import."""
    clovrix.put("backend", "staging", NAME="staging")
    project.write(".env", "LOCAL=1\n")
    project.write("service.py", _APPLICATION)
    made = Start(programs)
    yield made
    made.stop()


def _edit(project: Project) -> None:
    project.write(".env", "LOCAL=22\n")
    project.write("service.py", _APPLICATION + "\n")  # what --reload looks at


def test_workers_under_a_launcher_ask_nobody(
    uvicorn: Start, programs: Programs, clovrix: Clovrix
) -> None:
    """One request for supervisor and two workers, and no token in any of them."""
    under = (*programs.launcher.argv("backend", "staging"), "--")
    server = uvicorn("--workers", "2", under=under)
    first = server.ask()
    assert first[1:] == ["staging", "1"]
    pids, end = {first[0]}, time.monotonic() + 10
    while len(pids) < 2 and time.monotonic() < end:
        pids.add(server.ask()[0])
    assert len(pids) == 2
    assert clovrix.requests == 1
    assert "Traceback" not in server.stop()


def test_reloaded_program_that_loads_by_itself_sees_an_edit(
    uvicorn: Start, programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """``uvicorn --reload``: the new child asks, and reads the edited ``.env``."""
    programs.launcher.environ["CLOVRIX_PROJECT"] = "backend"
    programs.launcher.environ["CLOVRIX_ENVIRONMENT"] = "staging"
    server = uvicorn("--reload", "--reload-delay", "0.05")
    assert server.ask()[1:] == ["staging", "1"]
    _edit(project)
    assert server.ask_until("22")[1:] == ["staging", "22"]
    assert clovrix.requests == 2
    assert "clovrix-env:" not in server.stop()


def test_reloaded_program_under_a_launcher_keeps_its_values_and_says_so(
    uvicorn: Start, programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """Without ``--pass-token`` the new child has no token: the old values, and one line."""
    under = (*programs.launcher.argv("backend", "staging"), "--")
    server = uvicorn("--reload", "--reload-delay", "0.05", under=under)
    pid, *values = server.ask()
    assert values == ["staging", "1"]
    _edit(project)
    assert server.ask_another(pid)[1:] == ["staging", "1"]
    assert clovrix.requests == 1
    said = server.stop()
    line = "clovrix-env: .env changed since this program was started: start it again to use it\n"
    assert said.count(line) == said.count("clovrix-env:") == 1
