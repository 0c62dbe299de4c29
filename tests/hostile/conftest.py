"""A user in a hostile place: Clovrix and a stranger are real, and all connections are seen."""

import resource

import pytest
from entry_points import ENTRY_POINTS, process
from loopback import serve
from scene import ROOT, Scene

ENTRIES = b'{"entries": {"GREETING": "hello"}}'
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
# What is not read whole needs neither.
_LIMITS = {resource.RLIMIT_CPU: 10, resource.RLIMIT_AS: 1024**3}


class User(Scene):
    """Is in a place, and starts something there; ``planted`` is a folder outside the project."""

    def __init__(self, folder, honest, stranger, ca_file):
        super().__init__(folder)
        (self.folder / ".env").unlink()
        self.planted_folder = folder / "planted"
        for made in (self.planted_folder, folder / "watch", folder / ".git"):
            made.mkdir()  # .git: nobody searches above
        (folder / "watch" / "sitecustomize.py").write_text(_WATCH)
        (self.planted_folder / "secret").write_text("root:hunter2 0\n")
        self._watched = folder / "watched"
        self.honest, self.stranger, self.ca_file = honest, stranger, ca_file
        self.url, self.command, self.limits = honest.url, ["env"], _LIMITS
        watch = f"{folder / 'watch'}:{ROOT}"
        self.environ = {"WATCH": str(self._watched), "PYTHONPATH": watch}

    def filled(self, text):
        """A text of the table with its places filled in."""
        for word, meant in {
            "{stranger}": self.stranger.url,
            "{port}": str(self.stranger.port),
            "{honest}": self.honest.url,
            "{token}": self.secrets["token"],
            "{planted}": str(self.planted_folder),
            "{authority}": self.ca_file,
        }.items():
            text = text.replace(word, meant)
        return text

    def enter(self, place):
        """Put everything where the place has it, and let Clovrix answer as it says."""
        for name, text in place.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.filled(text).encode())
        if place.lay is not None:
            place.lay(self.folder, self.planted_folder)
        if place.tls:
            self.environ["SSL_CERT_FILE"] = self.ca_file
        for name, value in place.environ.items():
            self.environ[name] = None if value is None else self.filled(value)
        self.project, self.environment = [*map(self.filled, place.asks), None, None][:2]
        self.folder /= place.below
        said = {name: self.filled(value) for name, value in place.answers.items()}
        status = int(said.pop("status", "200"))
        body = said.pop("body", "").encode() if place.answers else ENTRIES
        self.honest.fault("answer", status=status, body=body, headers=said)

    def start(self, name):
        self.honest.forget()
        self._watched.write_text("")
        return ENTRY_POINTS[name](self)

    def run(self, *command):
        return process(self, command)

    @property
    def watched(self):
        return self._watched.read_text().splitlines()


@pytest.fixture(scope="module")
def stranger():
    """Whoever asks here has lost the token. It would answer like Clovrix."""
    with serve() as running:
        running.fault("answer", body=ENTRIES)
        yield running


@pytest.fixture(scope="module")
def honest():
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def honest_tls(authority):
    with serve(tls=authority.context()) as running:
        yield running


@pytest.fixture
def user(request, tmp_path, honest, honest_tls, stranger, authority):
    """A user whose process environment names Clovrix: over https where the place says so."""
    callspec = getattr(request.node, "callspec", None)
    place = callspec and callspec.params.get("place")
    asked = honest_tls if place is not None and place.tls else honest
    asked.forget()
    yield User(tmp_path, asked, stranger, authority.file)
    asked.heal()
