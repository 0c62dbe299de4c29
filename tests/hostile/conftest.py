"""A user in a hostile place: Clovrix and a stranger are real, and all connections are seen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest
from launch.launcher import Launcher
from loopback import Loopback, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hostile.places import Place
    from loopback import Authority

TOKEN = "icr_the_users_own_0123456789abcdefghijkl"
ENTRIES = b'{"entries": {"GREETING": "hello"}}'
_SECONDS = 20
# In the interpreter that asks: a line for every look-up and connection, and none to elsewhere.
_WATCH = """\
import os, sys
path = os.environ.get("WATCH", "")
def watch(event, args):
    if event in ("socket.getaddrinfo", "socket.connect", "socket.gethostbyname", "socket.sendto"):
        with open(path, "a") as file:
            print(event, args, file=file)
        if "127.0.0.1" not in str(args):
            raise OSError(101, "no test leaves this machine")
if path:
    sys.addaudithook(watch)
"""
_LOAD = """\
import os, sys
import clovrix_env
try:
    clovrix_env.load_env(*sys.argv[1:])
except clovrix_env.ClovrixError as error:
    problems = getattr(error, "problems", (str(error),))
    for line in (*problems, getattr(error, "remedy", "")):
        if line:
            print("clovrix-env:", line, file=sys.stderr)
    print(repr(error))
    sys.exit(125)
os.environ.pop("CLOVRIX_TOKEN", None)
os.execvp("env", ["env"])
"""


class Ending(NamedTuple):
    """How it ended: ``problems`` are the lines on stderr, each without the program's name."""

    status: int
    output: str
    problems: list[str]
    seconds: float
    watched: list[str]


class User:
    """Stands in a place, and starts something by one of the two doors."""

    def __init__(self, folder: Path, honest: Loopback, stranger: Loopback, ca_file: str) -> None:
        self.project = folder / "project"
        self.planted = folder / "planted"
        self.home = folder / "home"
        for made in (self.project, self.planted, self.home, folder / "watch", folder / ".git"):
            made.mkdir()  # .git: nobody searches above
        (folder / "watch" / "sitecustomize.py").write_text(_WATCH)
        (self.planted / "secret").write_text("root:hunter2 0\n")
        self._watched = folder / "watched"
        self.honest = honest
        self.stranger = stranger
        self._ca_file = ca_file
        launcher = Launcher(self.project, self.home)
        self.argv = launcher.argv
        self._environ = {
            **{str(name): str(value) for name, value in launcher.environ.items()},
            "PYTHONPATH": f"{folder / 'watch'}:{launcher.environ['PYTHONPATH']!s}",
            "CLOVRIX_API_URL": honest.url,
            "CLOVRIX_TOKEN": TOKEN,
            "WATCH": str(self._watched),
        }

    def filled(self, text: str) -> str:
        """A text of the table with its places filled in."""
        for word, meant in (
            ("{stranger}", self.stranger.url),
            ("{port}", str(self.stranger.port)),
            ("{honest}", self.honest.url),
            ("{token}", TOKEN),
            ("{planted}", str(self.planted)),
            ("{authority}", self._ca_file),
        ):
            text = text.replace(word, meant)
        return text

    def enter(self, place: Place) -> None:
        """Put everything where the place has it, and let Clovrix answer as it says."""
        for name, text in place.files.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.filled(text).encode())
        if place.lay is not None:
            place.lay(self.project, self.planted)
        said = {name: self.filled(value) for name, value in place.answers.items()}
        status = int(said.pop("status", "200"))
        body = said.pop("body", "").encode() if place.answers else ENTRIES
        self.honest.fault("answer", status=status, body=body, headers=said)

    def environ(self, place: Place) -> dict[str, str]:
        """The user's process environment, with what the place has of it."""
        environ = dict(self._environ)
        if place.tls:
            environ["SSL_CERT_FILE"] = self._ca_file
        for name, value in place.environ.items():
            environ.pop(name, None)
            if value is not None:
                environ[name] = self.filled(value)
        return environ

    def start(self, door: str, place: Place) -> Ending:
        """Ask for what the place says, by ``exec`` or by ``load``."""
        asks = [self.filled(word) for word in place.asks]
        if door == "exec":
            return self.run(self.argv(*asks, "--", "env"), self.environ(place), place.below)
        return self.run([sys.executable, "-c", _LOAD, *asks], self.environ(place), place.below)

    def run(self, command: Sequence[str], environ: dict[str, str], below: str) -> Ending:
        self.honest.forget()
        self._watched.write_text("")
        began = time.monotonic()
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=self.project / below,
            env=environ,
            timeout=_SECONDS,
        )
        took = time.monotonic() - began
        told = os.fsdecode(ended.stderr)
        problems = [line.partition(": ")[2] for line in told.split("\n") if line]
        output = os.fsdecode(ended.stdout)
        watched = self._watched.read_text().splitlines()
        return Ending(ended.returncode, output + told, problems, took, watched)


@pytest.fixture(scope="module")
def stranger() -> Iterator[Loopback]:
    """Whoever asks here has lost the token. It would answer like Clovrix."""
    with serve() as running:
        running.fault("answer", body=ENTRIES)
        yield running


@pytest.fixture(scope="module")
def honest() -> Iterator[Loopback]:
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def honest_tls(authority: Authority) -> Iterator[Loopback]:
    with serve(tls=authority.context()) as running:
        yield running


@pytest.fixture
def user(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    honest: Loopback,
    honest_tls: Loopback,
    stranger: Loopback,
    authority: Authority,
) -> Iterator[User]:
    """A user whose process environment names Clovrix: over https where the place says so."""
    place: Place | None = getattr(request.node, "callspec", None) and (
        request.node.callspec.params.get("place")
    )
    asked = honest_tls if place is not None and place.tls else honest
    yield User(tmp_path, asked, stranger, authority.file)
    asked.heal()
