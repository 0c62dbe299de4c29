"""A store and the programs that use it: real processes, which find store and key as a user's do."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import clovrix_env
from clovrix_env import Client
from clovrix_env.store import master_key
from clovrix_env.store import sqlite as store_files
from clovrix_env.store.answer import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(clovrix_env.__file__)))
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

# Writes batches under keys of their own, as many as it is told, and says how each one went.
ROUNDS = """
import os, resource, sys
from clovrix_env import Client, ClovrixAPIError
with Client(max_retries=0) as client:
    for number in range(int(sys.argv[1])):
        items = [{"key": f"KEY_{number}_{i}", "value": f"{number}" * 400} for i in range(5)]
        try:
            client.set_entries("backend", "production", items)
        except ClovrixAPIError as error:
            said = f"refused {number} {error.status_code} {error.message}"
        else:
            said = f"done {number}"
        os.write(1, f"{said}\\n".encode())
"""


class Stand:
    """A folder with ``store.db``: project ``backend``, environments ``production``, ``staging``.

    The master key lies in HOME, so that ``client()`` and every program find it there.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home
        self.path = folder / "store.db"
        self.journal = folder / "store.db-journal"
        self.url = f"file:{self.path}"
        self.key = master_key.generate("the test")
        self.token: str | None = None
        key_path = master_key.path_of({"HOME": str(home)})
        assert key_path is not None
        self.key_path = key_path
        master_key.save(self.key, key_path)
        store_files.create(str(self.path), self.key)
        with self.opened() as store:
            store.create_project("backend")
            for environment in ("production", "staging"):
                store.create_environment("backend", environment)
        self._started: list[subprocess.Popen[str]] = []

    def opened(self) -> Store:
        return Store.open(str(self.path), self.key, busy_ms=5000)

    def client(self) -> Client:
        return Client(base_url=self.url)

    def entries(self) -> dict[str, str]:
        with self.client() as client:
            return client.get_entries("backend", "production")

    def copied(self, name: str) -> Stand:
        """The same store once more, in a folder of its own (below this one's, or named whole)."""
        other = object.__new__(Stand)
        vars(other).update(vars(self))
        other.folder = self.folder / name
        other.folder.mkdir(mode=0o700, exist_ok=True)
        other.path = other.folder / "store.db"
        other.journal = other.folder / "store.db-journal"
        other.url = f"file:{other.path}"
        shutil.copy(self.path, other.path)
        return other

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement finds, read past the store."""
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement).fetchall()

    def is_sound(self) -> bool:
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

    def given(self, env: dict[str, str]) -> dict[str, str]:
        """All of a program's environment."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": ROOT,
            "CLOVRIX_API_URL": self.url,
            **env,
        }

    def start(
        self, *arguments: str, through: Sequence[str] = (), umask: int = 0o022, **env: str
    ) -> subprocess.Popen[str]:
        """A Python of its own; ``through`` is a command in front, which runs the rest."""
        line = [*through, sys.executable, *arguments]
        if umask != 0o022:
            line = ["sh", "-c", f'umask {umask:03o}; exec "$@"', "sh", *line]
        process = subprocess.Popen(
            line,
            env=self.given(env),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def run(self, *arguments: str, **options: Any) -> tuple[int, str, str]:
        """Run to the end: status, stdout, stderr."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=SECONDS)
        self._started.remove(process)
        return process.returncode, out, err

    def init(self, *arguments: str, **options: Any) -> tuple[int, str, str]:
        return self.run(*COMMAND, "local", "init", *arguments, **options)

    def stop(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()


def acknowledged(out: str) -> list[int]:
    """The numbers of the batches of ``BATCHES`` that were answered; a line may be cut short."""
    return [int(line.split()[0]) for line in out.splitlines(keepends=True) if line.endswith("\n")]


def done(out: str) -> set[int]:
    """The rounds of ``ROUNDS`` that were acknowledged."""
    return {int(line.split()[1]) for line in out.splitlines() if line.startswith("done ")}


def refused(out: str) -> dict[int, str]:
    """The rounds of ``ROUNDS`` that were refused, and in which words."""
    lines = [line.split(" ", 2) for line in out.splitlines() if line.startswith("refused ")]
    return {int(number): said for _, number, said in lines}


def whole_rounds(entries: dict[str, str]) -> Iterator[int]:
    """The rounds of ``ROUNDS`` that are there; half a round or a wrong value fails."""
    for number in {int(key.split("_")[1]) for key in entries}:
        assert [entries.get(f"KEY_{number}_{i}") for i in range(5)] == [f"{number}" * 400] * 5
        yield number
