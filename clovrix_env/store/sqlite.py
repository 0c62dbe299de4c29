"""The store's file: making it, and transactions on it.

Durability before speed: a commit is on the disk when it returns. Writes begin with the lock that
they need, for a transaction that reads first and writes later is refused at once when another one
wrote in between, whatever the busy timeout.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from _thread import allocate_lock  # loading threading costs a launch 2 % (system.deadline)
from contextlib import contextmanager
from weakref import WeakSet

from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.store.opening import APPLICATION_ID, FORMAT, is_unsafe_to_write, opened, patiently
from clovrix_env.store.sqlite_failures import (
    BUSY,
    FAILURES,
    REFUSED,
    has_content,
    is_full,
    server_error,
)
from clovrix_env.system import files
from clovrix_env.system.seal import seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from clovrix_env.store.master_key import MasterKey

# As bytes: a name need not be UTF-8.
_COPY = "VACUUM INTO CAST(? AS TEXT)"
_MIGRATIONS = os.path.join(os.path.dirname(__file__), "migrations")


def create(path: str, key: MasterKey) -> None:
    """Make a new, empty store sealed under ``key``; ``FileExistsError`` where there is a file."""
    from clovrix_env.system import private_file

    key.verify()
    path = os.path.abspath(path)
    _check_sides(path)

    def fill(name: str) -> None:
        # In memory first: what is written to the file is then refused where that is not empty.
        connection = sqlite3.connect(":memory:", isolation_level=None)
        try:
            _lay_out(connection, key)
            connection.execute(_COPY, (os.fsencode(name),))
        except FAILURES as error:
            raise server_error(path, error) from None
        finally:
            connection.close()

    private_file.make_folders(os.path.dirname(path))
    private_file.create_by_name(path, fill)


def _check_sides(path: str) -> None:
    # SQLite would play what is left of another store into the new one. Looked at in this order: who
    # is just making this store gives the file its name before there is a journal.
    for side in (path + "-journal", path + "-wal"):
        if has_content(side) and not os.path.lexists(path):
            raise ClovrixConfigError(
                f"{side} is left of a store that is gone: it would damage a new one",
                f"Put that store back at {path}, or remove {side}.",
            )


def _lay_out(connection: sqlite3.Connection, key: MasterKey) -> None:
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    for number in range(1, FORMAT + 1):
        content, _ = files.read(os.path.join(_MIGRATIONS, f"{number:04}.sql"))
        connection.executescript(content.decode())
        connection.execute("INSERT INTO migration VALUES (?, ?)", (number, int(time.time())))
    store_id = os.urandom(16).hex()
    connection.execute(
        "INSERT INTO store VALUES (?, ?, ?, ?)",
        (store_id, FORMAT, key.label, seal(key.key, key.key_id, (store_id,), b"")),
    )


class Database:
    """One store's file, by one connection for all threads of this process.

    A connection never lives across a fork. SQLite keeps its locks by process and would take the
    parent's for the child's own, so all are closed before and opened again on the next use.
    """

    def __init__(self, path: str, busy_ms: int, deadline: float | None = None) -> None:
        self.path = os.path.abspath(path)
        self._busy_ms = busy_ms
        self._closed = False
        self._pid = os.getpid()
        self._inherited: sqlite3.Connection | None = None
        with _lock:
            self._connection: sqlite3.Connection | None
            self._connection, self.identity = opened(self.path, self._until(deadline))
        _databases.add(self)

    @contextmanager
    def reading(self, deadline: float | None = None) -> Generator[sqlite3.Connection, None, None]:
        """A transaction that sees one state of the store and changes nothing."""
        with self._transaction(deadline, "BEGIN", "SELECT id FROM store") as connection:
            yield connection

    @contextmanager
    def writing(self, deadline: float | None = None) -> Generator[sqlite3.Connection, None, None]:
        """A transaction that is on the disk when the block ends, or undone when it raises."""
        with self._transaction(deadline, "BEGIN IMMEDIATE") as connection:
            if is_unsafe_to_write(connection):
                raise ServerError(
                    f"the store {self.path} is open elsewhere with a newer SQLite, "
                    "in a mode that this program's SQLite cannot write safely",
                    BUSY,
                    1.0,
                )
            yield connection

    def copy_to(self, name: str) -> None:
        """Fill an empty file with the store as it is at one moment; writers go on meanwhile."""
        with _lock:
            try:
                copy = self._current().execute, _COPY, (os.fsencode(name),)
                patiently(self._until(None), *copy)
            except FAILURES as error:
                if is_full(error):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name) from None
                raise server_error(self.path, error) from None

    @contextmanager
    def _transaction(
        self, deadline: float | None, *begin: str
    ) -> Generator[sqlite3.Connection, None, None]:
        # ``begin`` takes the lock, and COMMIT waits for readers: nothing between them is busy.
        with self._alone(deadline):
            connection = self._current(deadline)
            try:
                for statement in begin:
                    patiently(self._until(deadline), connection.execute, statement)
                yield connection
                patiently(self._until(deadline), connection.execute, "COMMIT")
            except BaseException as error:
                self._undo(connection)
                if isinstance(error, FAILURES):
                    raise server_error(self.path, error) from None
                raise

    @contextmanager
    def _alone(self, deadline: float | None) -> Generator[None, None, None]:
        """Nobody else in this process is at a store; waited for until ``deadline``."""
        lock = _lock
        left = -1 if deadline is None else max(0.0, deadline - time.monotonic())
        if not lock.acquire(timeout=left):
            raise ServerError(f"the store {self.path} is busy in another thread", BUSY, 1.0)
        try:
            yield
        finally:
            lock.release()

    def _until(self, deadline: float | None) -> float:
        """When a lock of another process is waited for no longer."""
        until = time.monotonic() + self._busy_ms / 1000
        return until if deadline is None else min(until, deadline)

    def _undo(self, connection: sqlite3.Connection) -> None:
        # After some failures SQLite has undone it already. Where it cannot, closing does: the
        # next connection finds the journal and rolls back.
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self.let_go()

    def _current(self, deadline: float | None = None) -> sqlite3.Connection:
        if self._closed:
            raise ServerError(f"the store {self.path} was closed", REFUSED)
        if self._pid != os.getpid():
            # Only a fork that Python was not told of comes here with a connection. It is neither
            # used nor closed: held, so that it is not closed by being forgotten.
            self._inherited, self._connection, self._pid = self._connection, None, os.getpid()
        if self._connection is None:
            try:
                connection, identity = opened(self.path, self._until(deadline))
            except ClovrixConfigError as error:
                raise ServerError("; ".join(error.problems), REFUSED) from None
            if identity != self.identity:
                connection.close()
                raise ServerError(f"another store lies at {self.path} now", REFUSED)
            self._connection = connection
        return self._connection

    def let_go(self) -> None:
        """Close the connection, if it is this process's own; the next use opens another."""
        if self._connection is not None and self._pid == os.getpid():
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        with _lock:
            self._closed = True
            self.let_go()


# One lock for all stores of a process, so that a fork can wait until nothing is under way.
_lock = allocate_lock()
_databases: WeakSet[Database] = WeakSet()


def _before_fork() -> None:
    _lock.acquire()
    for database in list(_databases):
        database.let_go()


def _after_fork_in_parent() -> None:
    _lock.release()


def _after_fork_in_child() -> None:
    global _lock
    _lock = allocate_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
