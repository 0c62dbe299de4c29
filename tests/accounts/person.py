"""A person at work: ``clovrix-env`` as a real process, in a project's folder."""

import sys
import threading
from contextlib import suppress
from pathlib import Path

from condition.terminal import INTERRUPT
from launch.launcher import Launcher

# No keyring, whatever the system has.
NO_KEYRING = "keyring.backends.fail.Keyring"


class Person(Launcher):
    """``person.runs("get", "KEY")`` runs ``clovrix-env``; calling it runs ``clovrix-exec``.

    The working folder holds a ``.clovrix`` that names backend and staging; there is no token.
    """

    def __init__(self, folder, home):
        super().__init__(folder, home)
        self.home = home
        self.environ["PYTHON_KEYRING_BACKEND"] = NO_KEYRING
        self.declares()

    @staticmethod
    def command(*words):
        return [sys.executable, "-m", "clovrix_env", *words]

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def declares(self, contract="", environment="staging"):
        """A ``.clovrix`` with a contract for backend in this environment."""
        names = f'project = "backend"\ndefault_environment = "{environment}"\n'
        return self.write(".clovrix", names + contract)

    def runs(self, *words, typed=b"", **options):
        """What came of a command that was given ``typed`` on stdin."""
        content = typed.encode() if isinstance(typed, str) else typed
        return Ran(self.plain(*self.command(*words), input=content, stdin=None, **options))

    def logs_in(self, token, *words, **options):
        return self.runs("login", "--token-stdin", *words, typed=token, **options).well()

    @property
    def tokens(self):
        """The file of kept tokens."""
        return self.home / ".config" / "clovrix-env" / "tokens.json"


class Ran:
    """A command that has ended: its status, and what it wrote."""

    def __init__(self, result):
        self.status = result.returncode
        self.content = result.stdout
        self.out = result.stdout.decode()
        self.err = result.stderr.decode()

    def well(self):
        assert self.status == 0, self
        return self

    def __repr__(self):
        return f"Ran({self.status}, {self.out!r}, {self.err!r})"


def interrupt(terminal, typed=""):
    """Ctrl-C at a prompt that reads."""
    terminal.answer(typed + INTERRUPT)


def bearers(loopback):
    """The tokens of the requests that came, in their order."""
    return [request.headers["authorization"].partition(" ")[2] for request in loopback.requests]


def writes(loopback):
    """How many requests to write came."""
    return sum(request.method == "POST" for request in loopback.requests)


class ProcessList:
    """``seen`` is every command line of this machine's processes while it was entered."""

    def __enter__(self):
        self.seen = set()
        self._ends = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *raised):
        self._ends.set()
        self._reader.join()

    def _read(self):
        while not self._ends.wait(0.002):
            for line in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    self.seen.add(line.read_bytes())


def files_with(secret, *folders):
    """The files below these folders that hold a secret."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return [str(path) for path in files if secret.encode() in path.read_bytes()]
