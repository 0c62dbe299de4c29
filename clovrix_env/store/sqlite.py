"""The file of a store: its creation, and transactions on it.

Durability before speed: a commit is on the disk when it returns. A write begins with its lock,
because SQLite refuses a transaction that reads first and writes later if another one wrote in
between, whatever the busy timeout.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from _thread import allocate_lock  # loading threading costs a launch 2 % (system.deadline)
from contextlib import contextmanager, suppress
from weakref import WeakSet

from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.store.opening import (
    APPLICATION_ID,
    FORMAT,
    Connection,
    format_of,
    is_unsafe_to_write,
    opened,
    patiently,
    prepare_to_write,
    used_size,
)
from clovrix_env.store.sqlite_failures import (
    BUSY,
    FAILURES,
    REFUSED,
    has_content,
    is_full,
    server_error,
)
from clovrix_env.system.files import file_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable, Generator, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from clovrix_env.store.group_commit import Writers
    from clovrix_env.store.identity import Executes
    from clovrix_env.store.master_key import MasterKey
    from clovrix_env.store.opening import Identity

    _T = TypeVar("_T")

_READ, _WRITE = "BEGIN", "BEGIN IMMEDIATE"
# As bytes, because a file name may not be UTF-8.
_COPY = "VACUUM INTO CAST(? AS TEXT)"


def create(path: str, key: MasterKey) -> None:
    """Create an empty store sealed with ``key``; ``FileExistsError`` if there is a file."""
    from clovrix_env.store.identity import new_identity, write

    identity = new_identity(key)
    lay_out(path, lambda connection: write(connection, identity))


def lay_out(path: str, fill: Callable[[Executes], None]) -> None:
    """Create a file with the tables of a store, which ``fill`` adds rows to."""
    from clovrix_env.store.migrate import bring_up
    from clovrix_env.system import private_file

    path = os.path.abspath(path)
    _check_sides(path)

    def write(name: str) -> None:
        # In memory first: VACUUM INTO then refuses a file that is not empty.
        connection = sqlite3.connect(":memory:", isolation_level=None)
        try:
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            bring_up(connection, 0)
            fill(connection)
            connection.execute(_COPY, (os.fsencode(name),))
        except FAILURES as error:
            raise server_error(path, error) from None
        finally:
            connection.close()

    private_file.make_folders(os.path.dirname(path))
    private_file.create_by_name(path, write)


def _check_sides(path: str) -> None:
    # SQLite would apply the journal of an old store to the new one. The journal is checked first: a
    # process that is creating this store names the file before it has a journal.
    for side in (path + "-journal", path + "-wal"):
        if has_content(side) and not os.path.lexists(path):
            raise ClovrixConfigError(
                f"{side} belongs to a store that no longer exists: it would damage a new one",
                f"put that store back at {path}, or remove {side}",
            )


class Database:
    """The file of a store, with one connection for all threads of this process.

    SQLite's locks belong to a process: a child would consider its parent's locks its own. So all
    connections are closed before a fork, and opened again on the next use.
    """

    is_file = True

    def __init__(self, path: str, busy_ms: int, deadline: float | None = None) -> None:
        self.path: str = os.path.abspath(path)
        self._busy_ms = busy_ms
        self._closed = False
        self._pid = os.getpid()
        self._writers: dict[int, Writers] = {}
        self._inherited: Connection | None = None
        with _lock:
            self._connection: Connection | None
            self.identity: Identity
            self._connection, self.identity = self._opened(deadline)
        _databases.add(self)

    def reading(self, deadline: float | None = None) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the store and writes nothing."""
        return self._transaction(deadline, _READ)

    def writing(self, deadline: float | None = None) -> AbstractContextManager[Connection]:
        """A transaction that is on the disk when the block ends, and undone if it raises."""
        return self._transaction(deadline, _WRITE, converts=True)

    def read(self, act: Callable[[Connection], _T], deadline: float | None = None) -> _T:
        """The result of ``act`` in ``reading``."""
        with self.reading(deadline) as connection:
            return act(connection)

    def write(self, act: Callable[[Connection], _T], deadline: float | None = None) -> _T:
        """The result of ``act`` in ``writing``, which waits for its lock before it begins."""
        with self.writing(deadline) as connection:
            return act(connection)

    def write_together(
        self, acts: Sequence[Callable[[Connection], _T]], deadline: float | None = None
    ) -> list[Callable[[], _T]]:
        """The outcomes of several writes, which share a transaction, also with other threads."""
        # By process: the threads that wait do not exist in a child.
        pid = os.getpid()
        writers = self._writers.get(pid)
        if writers is None:
            from clovrix_env.store.group_commit import Writers  # a launch only reads

            # Without a lock, which a fork could inherit: the first of two threads sets it.
            writers = self._writers.setdefault(pid, Writers())
        return writers.run(self, acts, deadline)

    def write_if_possible(self, statement: str, bound: tuple[object, ...]) -> None:
        """Execute one statement, unless the store is locked, read-only or of an older format.

        It does not wait and raises no failure of the store: reading does not depend on it.
        """
        with suppress(ServerError), self._transaction(time.monotonic(), _WRITE) as connection:
            if connection.format == FORMAT and not is_unsafe_to_write(connection):
                connection.execute(statement, bound)

    def migrate(self) -> None:
        """Convert a store of an older format to the present one."""
        self.write(lambda _: None)

    def _check_writable(self, connection: Connection) -> None:
        if is_unsafe_to_write(connection):
            raise ServerError(
                f"the store {self.path} is open elsewhere with a newer SQLite, "
                "in a mode that this program's SQLite cannot write safely",
                BUSY,
                1.0,
            )

    def _bring_up(self, connection: Connection) -> None:
        """Convert a store of an older format. Another program may have converted it to a newer."""
        if connection.format == FORMAT:
            return
        if connection.format > FORMAT:
            raise ServerError(
                f"the store {self.path} now has format {connection.format}, which a newer version "
                "of clovrix-env writes: update clovrix-env",
                REFUSED,
            )
        from clovrix_env.store.migrate import bring_up

        bring_up(connection, connection.format)
        connection.format = FORMAT

    def copy_to(self, name: str) -> None:
        """Fill an empty file with a consistent copy of the store, while other processes write."""
        with _lock:
            try:
                copy = self._current().execute, _COPY, (os.fsencode(name),)
                patiently(self._until(None), *copy)
            except FAILURES as error:
                if is_full(error):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name) from None
                raise server_error(self.path, error) from None

    def compact(self) -> None:
        """Rewrite the file without free pages, if it has some; all of it or nothing."""
        with _lock:
            connection = self._current()
            try:
                (free,) = connection.execute("PRAGMA freelist_count").fetchone()
                # Larger than its pages: an earlier VACUUM was killed.
                is_larger = os.stat(self.path).st_size > used_size(connection)
                if (free or is_larger) and not is_unsafe_to_write(connection):
                    patiently(self._until(None), prepare_to_write, connection, self.path)
                    patiently(self._until(None), connection.execute, "VACUUM")
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except FAILURES as error:
                raise server_error(self.path, error) from None

    @contextmanager
    def _transaction(
        self, deadline: float | None, begin: str, *, converts: bool = False
    ) -> Generator[Connection, None, None]:
        # Only ``begin``, which locks, and COMMIT, which waits for readers, can be busy.
        lock = self._lock(deadline)
        try:
            connection = self._current(deadline)
            try:
                connection = self._begun(connection, deadline, begin)
                if converts:
                    self._check_writable(connection)
                    self._bring_up(connection)
                yield connection
                patiently(self._until(deadline), connection.execute, "COMMIT")
            except BaseException as error:
                self._undo(connection)
                if isinstance(error, FAILURES):
                    raise server_error(self.path, error) from None
                raise
        finally:
            lock.release()

    def _begun(self, connection: Connection, deadline: float | None, begin: str) -> Connection:
        """Begin, on another connection if the file was replaced while this one waited."""
        while True:
            if begin == _WRITE:
                patiently(self._until(deadline), prepare_to_write, connection, self.path)
            patiently(self._until(deadline), connection.execute, begin)
            # BEGIN alone takes no lock: the first statement that reads does.
            found = patiently(self._until(deadline), format_of, connection)
            if not isinstance(found, int) or found < 1:
                raise ServerError(
                    f"the store {self.path} is damaged: its format is missing", REFUSED
                )
            connection.format = found
            if self._file == file_at(self.path):
                return connection
            self._undo(connection)
            connection = self._current(deadline)

    def _lock(self, deadline: float | None) -> LockType:
        """Exclude the other threads of this process; waits until ``deadline``."""
        lock = _lock
        left = -1 if deadline is None else max(0.0, deadline - time.monotonic())
        if not lock.acquire(timeout=left):
            raise self.late()
        return lock

    def late(self) -> ServerError:
        return ServerError(f"the store {self.path} is busy in another thread", BUSY, 1.0)

    def _until(self, deadline: float | None) -> float:
        """The end of the wait for a lock of another process."""
        until = time.monotonic() + self._busy_ms / 1000
        return until if deadline is None else min(until, deadline)

    def _undo(self, connection: Connection) -> None:
        # After some failures SQLite has already rolled back. If ROLLBACK fails, the connection is
        # closed: the next one finds the journal and rolls back.
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self.let_go()

    def _current(self, deadline: float | None = None) -> Connection:
        if self._closed:
            raise ServerError(f"the store {self.path} was closed", REFUSED)
        if self._pid != os.getpid():
            # Only a fork without Python's hooks leaves a connection here. It is neither used nor
            # closed; the reference keeps the garbage collector from closing it.
            self._inherited, self._connection, self._pid = self._connection, None, os.getpid()
        if self._connection is not None and self._file != file_at(self.path):
            self.let_go()  # a restored backup, for example, has replaced the file
        if self._connection is None:
            try:
                connection, identity = self._opened(deadline)
            except ClovrixConfigError as error:
                raise ServerError("; ".join(error.problems), REFUSED) from None
            if identity.store_id != self.identity.store_id:
                connection.close()
                raise ServerError(f"{self.path} was replaced by a different store", REFUSED)
            self._connection = connection
        return self._connection

    def _opened(self, deadline: float | None) -> tuple[Connection, Identity]:
        # Before it is opened: the next use then notices a file that is replaced meanwhile.
        self._file = file_at(self.path)
        return opened(self.path, self._until(deadline))

    def let_go(self) -> None:
        """Close the connection if this process opened it; the next use opens another."""
        if self._connection is not None and self._pid == os.getpid():
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        with _lock:
            self._closed = True
            self.let_go()


# One lock for all stores of a process, so that a fork can wait for the end of each transaction.
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
