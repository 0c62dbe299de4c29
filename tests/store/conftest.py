"""A store of its own for each test: copied from one that is made once, opened, closed after."""

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest

import clovrix_env
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store import master_key
from clovrix_env.store.answer import Store
from clovrix_env.store.location import InDatabase, InFile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(clovrix_env.__file__)))


@pytest.fixture(scope="session")
def master():
    return master_key.generate("the test")


@pytest.fixture(scope="session")
def _template(master, tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "store.db"
    _fill(InFile(str(path)), master)
    return path


def _fill(location, key):
    location.create(key)
    with location.opened(key) as made:
        for project in ("backend", "other"):
            made.create_project(project)
            for environment in ("development", "production"):
                made.create_environment(project, environment)


@pytest.fixture
def store_file(_template, tmp_path):
    """The path of a store with projects backend and other, each with two environments."""
    path = tmp_path / "store.db"
    shutil.copy(_template, path)
    os.chmod(path, 0o600)
    return path


@pytest.fixture
def store(store_file, master):
    with Store.open(str(store_file), master) as opened:
        yield opened


class File:
    """A store in a file. ``put_back`` makes it as it was when ``keep`` was called."""

    unlocked = "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted;"

    def __init__(self, path):
        self.path, self.spare, self.url = path, path.with_suffix(".spare"), f"file:{path}"
        self.location = InFile(str(path))

    def keep(self):
        shutil.copy(self.path, self.spare)

    def put_back(self):
        for side in ("-journal", "-wal", "-shm"):
            self.path.with_name(self.path.name + side).unlink(missing_ok=True)
        shutil.copy(self.spare, self.path)

    def edit(self, statements):
        edit(self.path, statements)


class InPostgres:
    """The same in PostgreSQL."""

    unlocked = "ALTER TABLE audit DISABLE TRIGGER ALL;"

    def __init__(self, server, name):
        self.server, self.name, self.url = server, name, server.url(name)
        self.location = InDatabase.named(self.url, "the test")

        self.spare = None

    def drop(self):
        for name in filter(None, (self.name, self.spare)):
            self.server.drop(name)

    def keep(self):
        self.spare = self.server.new(self.name)

    def put_back(self):
        self.server.drop(self.name)
        self.server.sql(f"CREATE DATABASE {self.name} TEMPLATE {self.spare}")

    def edit(self, statements):
        statements = statements.replace("CAST(status AS BLOB)", "status + 1")  # of one type
        self.server.sql(re.sub("x'(0*)'", r"'\\x\1'::bytea", statements), self.name)

    def terminate(self):
        """End all connections to it."""
        found = f"FROM pg_stat_activity WHERE datname = '{self.name}'"
        self.server.sql(f"SELECT pg_terminate_backend(pid, 50000) {found}")


@pytest.fixture(scope="session")
def _database(postgres, master):
    name = postgres.new()
    _fill(InDatabase.named(postgres.url(name), "the test"), master)
    return name


@pytest.fixture(params=["file", pytest.param("PostgreSQL", marks=pytest.mark.slow)])
def place(request):
    """That store, once in a file and once in a database."""
    if request.param == "file":
        yield File(request.getfixturevalue("store_file"))
        return
    server = request.getfixturevalue("postgres")
    made = InPostgres(server, server.new(request.getfixturevalue("_database")))
    yield made
    made.drop()


@pytest.fixture
def put(store):
    """Write entries to backend, development: ``put(KEY="value")``."""

    def write(environment="development", **values):
        items = tuple(WriteItem(key, value) for key, value in values.items())
        reply = store.answer(Call("set_entries", "backend", environment, items=items))
        assert reply.status == 200, reply.data

    return write


@pytest.fixture
def values(store):
    """Read all entries of backend in an environment."""

    def read(environment="development"):
        reply = store.answer(Call("get_entries", "backend", environment))
        assert reply.status == 200, reply.data
        return reply.data["entries"]

    return read


def edit(path, *statements):
    """Change a store's file as another program could."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.executescript(statement)


@pytest.fixture
def child_of_a_fork():
    """Whether ``act()`` is true in a child; whatever it raises stays there."""

    def fork(act):
        pid = os.fork()
        if pid:
            return os.waitpid(pid, 0)[1] == 0
        try:
            signal.alarm(50)
            os._exit(0 if act() else 1)
        finally:
            os._exit(2)

    return fork


@pytest.fixture
def rows(store_file):
    """What a statement finds in the store's file, read past the store."""

    def read(statement):
        with contextlib.closing(sqlite3.connect(store_file)) as connection:
            return connection.execute(statement).fetchall()

    return read


@pytest.fixture
def python(master, tmp_path):
    """Start a script with the master key in its environment; ``NAME=None`` unsets a variable."""
    started = []

    def start(script, *arguments, **environment):
        place = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "PYTHONPATH": ROOT}
        ours = {"PYTHONDONTWRITEBYTECODE": "1", "CLOVRIX_MASTER_KEY": master.line()}
        given = {**place, **ours, **environment}
        environ = {name: value for name, value in given.items() if value is not None}
        command = [sys.executable, "-c", script, *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, env=environ, cwd=tmp_path, **pipes)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
