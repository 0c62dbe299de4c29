"""A PostgreSQL server for tests, from the packages of the system, on a Unix socket.

The server refuses to run as root, so root starts it as another user.
"""

import glob
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager

import pytest

BINARIES = max(glob.glob("/usr/lib/postgresql/*/bin"), default="", key=lambda path: len(path))
_NUMBERS = itertools.count()
_SETTINGS = {"fsync": "off", "listen_addresses": "''", "max_connections": "60"}


def _needed():
    pytest.importorskip("psycopg", reason="needs pip install 'clovrix-env[postgres]'")
    if not BINARIES:
        pytest.skip("needs the package postgresql of the system")


class Server:
    """A running server in ``folder``. ``url(database)`` is an address, ``admin`` a superuser's."""

    def __init__(self, folder):
        self.folder = folder
        self.data = os.path.join(folder, "data")
        self.log = os.path.join(folder, "log")
        self.settings = dict(_SETTINGS)

    def as_user(self, *command):
        """A command line that runs as the user of the server."""
        if os.geteuid():
            return list(command)
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]

    def run(self, program, *words):
        """Run a program of PostgreSQL; returns what it prints."""
        options = {"capture_output": True, "text": True, "timeout": 50, "cwd": "/", "check": True}
        environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PGHOST": self.folder}
        command = self.as_user(os.path.join(BINARIES, program), *words)
        return subprocess.run(command, env=environ, **options).stdout

    def start(self, **settings):
        """Start with these settings, and those of the starts before."""
        self.settings.update(settings)
        words = [f"-c{name}={value}" for name, value in self.settings.items()]
        words.append(f"-cunix_socket_directories={self.folder}")
        self.run("pg_ctl", "-w", "-D", self.data, "-l", self.log, "-o", " ".join(words), "start")

    def stop(self, mode="fast"):
        self.run("pg_ctl", "-w", "-D", self.data, "-m", mode, "stop")

    def url(self, database="postgres", user="postgres", password=""):
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.folder}"

    def sql(self, statement, database="postgres"):
        """Execute a statement as the superuser; the rows as text."""
        return self.run("psql", "-XAtc", statement, database)

    def new(self, template="template1"):
        """The name of a new database, copied from a template."""
        name = f"test{next(_NUMBERS)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name):
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running(primary=None, **settings):
    """A server that is removed at the end; a replica if it is given its primary."""
    _needed()
    folder = tempfile.mkdtemp(prefix="pg", dir="/tmp")
    server = Server(folder)
    try:
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
        if primary is None:
            words = ("-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C")
            server.run("initdb", "-D", server.data, *words)
        else:
            source = ("-h", primary.folder, "-U", "postgres", "-R", "-X", "stream", "-c", "fast")
            server.run("pg_basebackup", "-D", server.data, *source)
        server.start(**settings)
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)
