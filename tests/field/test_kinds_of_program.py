"""Where a program lives: each kind gets the right value in the process that does its work.

A `.env` in an archive or under PyInstaller (python-dotenv#259), a fetch under gevent
(gunicorn#2515) and all that may go the same way: every kind with every source.
"""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from importlib import metadata
from urllib.request import urlopen

import pytest
from field.kinds import KINDS, MAIN
from launch.launcher import Launcher
from loopback import serve
from resolve.surroundings import Clovrix

_SECONDS = 60.0
_BUILD_SECONDS = 3600.0
# The kinds that need nothing but Python and this package, and so are tried without a fetch.
_QUICK = ("isolated", "own dotenv.py", "own dotenv package", "packages in an archive", "zipapp")


class Field:
    """A project's folder, and by the name of a source the environment that a program has there."""

    def __init__(self, project, launcher, sources):
        self.launcher, self.sources, self._project = launcher, sources, project

    def lay(self, kind):
        """Write the files of a program and build it."""
        for name, text in {"main.py": MAIN, **kind.files}.items():
            self._project.write(name, text)
        for command in kind.build:
            built = self.launcher.plain(*_argv(command), timeout=_BUILD_SECONDS)
            assert built.returncode == 0, built.stderr.decode()[-3000:]
        self.launcher.environ.update(kind.environ)

    def value(self, kind, source, *, launched=False):
        """What the program answers that has its configuration from ``source``."""
        (self._project.folder / ".env").unlink(missing_ok=True)
        if source == "file":
            self._project.write(".env", "VALUE=file\n")
        port = _free_port()
        command = _argv(kind.command, port)
        if launched:
            command = [*self.launcher.argv(), "--", *command]
        env = self.launcher.given(self.sources[source])
        with _started(command, self._project.folder, env) as (process, output):
            if kind.ask == "http":
                answer = _served(process, port)
            elif kind.ask:
                answer = self.launcher.plain(
                    *_argv(kind.ask), env=self.sources[source], timeout=_SECONDS
                ).stdout.decode()
            else:
                process.wait(_SECONDS)
                answer = ""
        printed = output()
        found = [line for line in (answer or printed).splitlines() if line.startswith("VALUE=")]
        failed = re.search('File ".*clovrix_env', printed)  # a worker that was started once more
        return found[0].partition("=")[2] if found and not failed else printed


def _argv(command, port=0):
    """A module or a script of Python's, or a program."""
    first, *rest = shlex.split(command.replace("PORT", str(port)))
    is_python = first.startswith("-") or first.endswith((".py", ".pyz"))
    return [*([sys.executable] if is_python else []), first, *rest]


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def _started(command, folder, env):
    """A program until the block ends, with all that it started; and what it printed."""
    path = folder / "output.txt"
    with path.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process, lambda: path.read_text(errors="replace")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def _served(process, port):
    """What it answers on its port, or nothing where it ended or is late."""
    end = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return answer.read().decode()
        time.sleep(0.05)
    return ""


def _versions(kind):
    """The packages that it needs; without one of them the test is skipped."""
    versions = []
    for package in kind.needs.split():
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            pytest.skip(f"{package} could not be installed")
    return versions


@pytest.fixture
def field(project, clean_environment, store_home, authority):
    """Each source knows the same name, by a value of its own."""
    store_home.project("field", "https", "store")
    with serve(store_home.store, authority.context()) as loopback:
        for environment in ("https", "store"):
            Clovrix(store_home, loopback).put("field", environment, VALUE=environment)
        https = {
            "CLOVRIX_API_URL": loopback.url.replace("127.0.0.1", "localhost"),
            "CLOVRIX_TOKEN": store_home.make_token("field"),
            "SSL_CERT_FILE": authority.file,
        }
        by_name = {"https": https, "store": {"CLOVRIX_API_URL": store_home.url}}
        place = {"CLOVRIX_PROJECT": "field"}
        sources = {
            name: {**place, "CLOVRIX_ENVIRONMENT": name, **given} for name, given in by_name.items()
        }
        yield Field(project, Launcher(project.folder, clean_environment), {"file": {}, **sources})


@pytest.mark.parametrize("kind", [k for k in KINDS if k.name in _QUICK], ids=lambda k: k.name)
def test_file_is_read_where_the_program_lives(field, kind):
    """An archive has no folder for the parser; a ``dotenv`` of the program's own is not run."""
    field.lay(kind)
    assert field.value(kind, "file") == "file"


@pytest.mark.deep
@pytest.mark.timeout(_BUILD_SECONDS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_value_reaches_the_process_that_works(field, kind):
    """A `.env`, a fetch and the embedded store: by ``load_env()``, servers by the launcher too."""
    versions = _versions(kind)
    field.lay(kind)
    launches = (False, True) if kind.ask else (False,)
    answers = {
        (source, launched): field.value(kind, source, launched=launched)
        for launched in launches
        for source in field.sources
    }
    wrong = {
        (source, launched): value
        for (source, launched), value in answers.items()
        if value != source and kind.refused.get(source, "\0") not in value
    }
    assert not wrong, "\n".join(f"{asked}: {value[-2500:]}" for asked, value in wrong.items())
    print(f"{len(answers)} values", *versions, sep=", ")
