"""A store and the programs that use it: real processes, which find store and key as a user's do."""

import contextlib
import copy
import os
import shutil
import sqlite3
import subprocess
import sys

from conftest import StoreHome
from scene import ROOT

from clovrix_env import Client
from clovrix_env.store import master_key
from clovrix_env.store.answer import Store

COMMAND = ("-m", "clovrix_env")
SECONDS = 30

# Writes batches, one value for all keys of each, and says which one was acknowledged: from one
# number on for ever, or to another.
BATCHES = """
import os, sys, time
from clovrix_env import Client
with Client() as client:
    for number in range(int(sys.argv[1]), int((*sys.argv, 10**9)[2])):
        value = f"{number}:{'planted-value' * 20}"
        items = [{"key": f"KEY_{i}", "value": value} for i in range(12)]
        client.set_entries("backend", "production", items)
        os.write(1, f"{number} {time.monotonic()}\\n".encode())
"""

# Writes batches under keys of their own, as many as it is told, and says how each one went; with a
# second number there is so much more room for a file in each round, from none on.
ROUNDS = """
import os, resource, sys
from clovrix_env import Client, ClovrixAPIError
rounds, step = int(sys.argv[1]), int((*sys.argv, 0)[2])
def room(most):
    if step: resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
with Client(max_retries=0) as client:
    for number in range(rounds):
        items = [{"key": f"KEY_{number}_{i}", "value": f"{number}" * 400} for i in range(5)]
        room(number * step)
        try:
            client.set_entries("backend", "production", items)
        except ClovrixAPIError as error:
            said = f"refused {number} {error.status_code} {error.message}"
        else:
            said = f"done {number}"
        room(resource.RLIM_INFINITY)
        os.write(1, f"{said}\\n".encode())
        step and client.get_entries("backend", "production")
"""


class Stand:
    """A folder with ``store.db``: project ``backend``, environments ``production``, ``staging``.

    The master key is in HOME, so that ``client()`` and every program find it there. ``writer`` is
    a token that may write in all of the project.
    """

    def __init__(self, folder, home):
        made = StoreHome(folder)
        made.store.close()
        self.home, self.key, self.writer = home, made.master_key, made.token
        self.key_path = master_key.path_of({"HOME": str(home)}) or ""
        master_key.save(self.key, self.key_path)
        self.token = None
        self._started = []
        self._move_to(folder)

    def _move_to(self, folder):
        self.folder = folder
        self.path, self.journal = folder / "store.db", folder / "store.db-journal"
        self.url = f"file:{self.path}"

    def opened(self):
        return Store.open(str(self.path), self.key, busy_ms=5000)

    def client(self):
        return Client(base_url=self.url)

    def entries(self):
        with self.client() as client:
            return client.get_entries("backend", "production")

    def copied(self, name):
        """The same store once more, in a folder of its own (below this one's, or named whole)."""
        other = copy.copy(self)
        other._move_to(self.folder / name)
        other.folder.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(self.path, other.path)
        return other

    def rows(self, statement):
        """What a statement finds, read past the store."""
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement).fetchall()

    def is_sound(self):
        """Whether the file holds together, and every entry's versions count from 1 without gap."""
        counted = self.rows(
            "SELECT min(number), max(number), count(*) FROM version"
            " GROUP BY entry_id, environment_id"
        )
        return (
            self.rows("PRAGMA integrity_check") == [("ok",)]
            and self.rows("PRAGMA foreign_key_check") == []
            and all(least == 1 and most == count for least, most, count in counted)
        )

    def given(self, env):
        """All of a program's environment."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": ROOT,
            "CLOVRIX_API_URL": self.url,
            **env,
        }

    def start(self, *arguments, through=(), **env):
        """A Python of its own; ``through`` is a command in front, which runs the rest."""
        process = subprocess.Popen(
            [*through, sys.executable, *arguments],
            env=self.given(env),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def run(self, *arguments, **options):
        """Run to the end: status, stdout, stderr."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=SECONDS)
        self._started.remove(process)
        return process.returncode, out, err

    def init(self, *arguments, **options):
        return self.run(*COMMAND, "local", "init", *arguments, **options)

    def left_a_journal(self):
        """Whether a commit was under way: a journal with content."""
        return self.journal.exists() and self.journal.stat().st_size > 0

    def stop(self):
        for process in self._started:
            process.kill()
            process.communicate()


def elsewhere(home):
    """The environment of a store and a key below another folder."""
    store, config = f"file:{home}/data/store.db", f"{home}/config"
    return {"CLOVRIX_API_URL": store, "XDG_CONFIG_HOME": config}


def acknowledged(out):
    """The numbers of the answered batches of ``BATCHES``; the last line may be incomplete."""
    return [int(line.split()[0]) for line in out.splitlines(keepends=True) if line.endswith("\n")]


def done(out):
    """The rounds of ``ROUNDS`` that were acknowledged."""
    return {int(line.split()[1]) for line in out.splitlines() if line.startswith("done ")}


def refused(out):
    """The rounds of ``ROUNDS`` that were refused, and in which words."""
    lines = [line.split(" ", 2) for line in out.splitlines() if line.startswith("refused ")]
    return {int(number): said for _, number, said in lines}


def whole_rounds(entries):
    """The rounds of ``ROUNDS`` that are there; half a round or a wrong value fails."""
    for number in {int(key.split("_")[1]) for key in entries}:
        assert [entries.get(f"KEY_{number}_{i}") for i in range(5)] == [f"{number}" * 400] * 5
        yield number
