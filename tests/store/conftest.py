"""A store of its own for each test: copied from one that is made once, opened, closed after."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest

import clovrix_env
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store import master_key
from clovrix_env.store import sqlite as store_files
from clovrix_env.store.answer import Store

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(clovrix_env.__file__)))


@pytest.fixture(scope="session")
def master():
    return master_key.generate("the test")


@pytest.fixture(scope="session")
def _template(master, tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "store.db"
    store_files.create(str(path), master)
    with Store.open(str(path), master) as made:
        for project in ("backend", "other"):
            made.create_project(project)
            for environment in ("development", "production"):
                made.create_environment(project, environment)
    return path


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
