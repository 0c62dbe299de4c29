"""``clovrix-env`` as a real process, in a folder of its own, and a look into the store."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from programs import finish

import clovrix_env
from clovrix_env import Client

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(clovrix_env.__file__)))
_SECONDS = 30


class Command:
    """``command("export", …)`` runs it in ``folder`` with ``environ`` and what ``env=`` adds."""

    def __init__(self, folder, home):
        self.folder = folder
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": _ROOT}

    def __call__(self, *words, env=None, given=b"", **options):
        environ = {**self.environ, **(env or {})}
        options = {"input": given, "text": False, "timeout": _SECONDS, **options}
        return finish(self.argv(*words), self.folder, environ, **options)

    def start(self, *words):
        """The same without waiting for its end."""
        streams = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
        options = {"cwd": self.folder, "env": self.environ, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(self.argv(*words), **streams, **options)

    def on_terminal(self, *words, at, typed=b""):
        """Run it where the streams ``at`` are a terminal; what came of it, and the screen."""
        leader, follower = os.openpty()
        os.write(leader, typed)
        streams = {"stdin": subprocess.DEVNULL, "stdout": -1, "stderr": -1}
        streams.update(dict.fromkeys(at, follower))
        whole = {"cwd": self.folder, "env": self.environ, "timeout": _SECONDS, **streams}
        ran = subprocess.run(self.argv(*words), **whole)
        os.write(follower, b"END")
        screen = b""
        while not screen.endswith(b"END"):
            screen += os.read(leader, 65536)
        os.close(leader)
        os.close(follower)
        return ran, screen[:-3]

    @staticmethod
    def argv(*words):
        return [sys.executable, "-m", "clovrix_env", *words]

    def write(self, name, text):
        """A file in the folder."""
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def done(self, *words, **options):
        """What it prints, where it goes well and says nothing beside it."""
        result = self(*words, **options)
        assert (result.returncode, result.stderr) == (0, b""), result
        return result.stdout.decode()

    def refused(self, *words, status=125, **options):
        """What it says, where it fails and prints nothing but, for a shell, that it fails."""
        result = self(*words, **options)
        printed = f"(exit {status})\n" if "shell" in words and "-o" not in words else ""
        assert (result.returncode, result.stdout.decode()) == (status, printed), result
        assert b"Traceback" not in result.stderr
        return result.stderr.decode()


@pytest.fixture
def command(clean_environment, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / ".git").mkdir()
    return Command(folder, clean_environment)


@pytest.fixture
def at_store(command, store_home):
    """The command where CLOVRIX_* name the embedded store, ``backend`` and ``staging``."""
    command.environ.update(
        CLOVRIX_API_URL=store_home.url, CLOVRIX_PROJECT="backend", CLOVRIX_ENVIRONMENT="staging"
    )
    return command


def held(store_home, environment="staging", project="backend"):
    """The values of an environment."""
    with Client(base_url=store_home.url) as client:
        return client.get_entries(project, environment)


def versions(path, environment="staging"):
    """How many versions each key has in an environment."""
    query = (
        "SELECT entry.key, count(*) FROM version JOIN entry ON entry.id = version.entry_id"
        " JOIN environment ON environment.id = version.environment_id"
        " WHERE environment.name = ? GROUP BY entry.key"
    )
    return dict(_rows(path, query, environment))


def secrecy(path, project="backend"):
    """Of each key of a project, whether it was made a secret."""
    query = (
        "SELECT key, is_secret FROM entry"
        " JOIN project ON project.id = entry.project_id WHERE project.name = ?"
    )
    return {key: bool(secret) for key, secret in _rows(path, query, project)}


def _rows(path, query, *values):
    with closing(sqlite3.connect(path, timeout=20)) as connection:
        return connection.execute(query, values).fetchall()
