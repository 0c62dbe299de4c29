"""The store's file: making it, opening it with every check, and transactions on it.

Durability before speed: a commit is on the disk when it returns. Writes begin with the lock that
they need, for a transaction that reads first and writes later is refused at once when another one
wrote in between, whatever the busy timeout.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time

# threading.Lock under its own name: threading itself would cost every launch a millisecond.
from _thread import allocate_lock
from contextlib import contextmanager
from weakref import WeakSet

from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.record import Record
from clovrix_env.seal import seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, TypeVar, Union

    from clovrix_env.store.master_key import MasterKey

    _T = TypeVar("_T")
    _Failure = Union[sqlite3.Error, UnicodeDecodeError]

FORMAT = 1
APPLICATION_ID = 0x436C7658  # "ClvX"
REFUSED, BUSY = 500, 503
# SQLite waits ever longer between two looks at a lock, so that a busy writer can keep a reader out
# for a second and more. It is given little time, and asked again.
_BUSY_STEP = 0.01

# Python raises the second where SQLite's message quotes a damaged schema.
_FAILURES = (sqlite3.Error, UnicodeDecodeError)

_MIGRATIONS = os.path.join(os.path.dirname(__file__), "migrations")


class Identity(Record):
    """The ``store`` row: what every seal is bound to, and which master key it needs."""

    store_id: str
    key_label: str
    check_blob: bytes


def create(path: str, key: MasterKey) -> None:
    """Make a new, empty store sealed under ``key``; ``FileExistsError`` where there is a file."""
    from clovrix_env.store import new_file

    key.verify()
    path = os.path.abspath(path)
    _check_sides(path)

    def fill(name: str) -> None:
        connection = sqlite3.connect(name, isolation_level=None)
        try:
            _lay_out(connection, key)
        finally:
            connection.close()

    new_file.make(path, fill)


def _check_sides(path: str) -> None:
    # SQLite would play what is left of another store into the new one. Looked at in this order: who
    # is just making this store gives the file its name before there is a journal.
    for side in (path + "-journal", path + "-wal"):
        if _has_content(side) and not os.path.lexists(path):
            raise ClovrixConfigError(
                f"{side} is left of a store that is gone: it would damage a new one",
                f"Put that store back at {path}, or remove {side}.",
            )


def _lay_out(connection: sqlite3.Connection, key: MasterKey) -> None:
    # new_file syncs the whole file before it gets its name: no journal is needed until then, and
    # one would lie beside the name that goes away.
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    for number in range(1, FORMAT + 1):
        with open(os.path.join(_MIGRATIONS, f"{number:04}.sql"), encoding="utf-8") as file:
            connection.executescript(file.read())
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

    def __init__(self, path: str, busy_ms: int) -> None:
        self.path = os.path.abspath(path)
        self._busy_ms = busy_ms
        self._closed = False
        self._pid = os.getpid()
        self._inherited: sqlite3.Connection | None = None
        with _lock:
            self._connection: sqlite3.Connection | None
            self._connection, self.identity = _open(self.path, busy_ms)
        _databases.add(self)

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        """A transaction that sees one state of the store and changes nothing."""
        with self._transaction("BEGIN", "SELECT id FROM store") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        """A transaction that is on the disk when the block ends, or undone when it raises."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            if _is_unsafe_to_write(connection):
                raise ServerError(
                    f"the store {self.path} is open elsewhere with a newer SQLite, "
                    "in a mode that this program's SQLite cannot write safely",
                    BUSY,
                    1.0,
                )
            yield connection

    @contextmanager
    def _transaction(self, *begin: str) -> Generator[sqlite3.Connection, None, None]:
        # ``begin`` takes the lock, and COMMIT waits for readers: nothing between them is busy.
        with _lock:
            connection = self._current()
            try:
                for statement in begin:
                    _patiently(self._busy_ms, connection.execute, statement)
                yield connection
                _patiently(self._busy_ms, connection.execute, "COMMIT")
            except BaseException as error:
                self._undo(connection)
                if isinstance(error, _FAILURES):
                    raise _server_error(self.path, error) from None
                raise

    def _undo(self, connection: sqlite3.Connection) -> None:
        # After some failures SQLite has undone it already. Where it cannot, closing does: the
        # next connection finds the journal and rolls back.
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self.let_go()

    def _current(self) -> sqlite3.Connection:
        if self._closed:
            raise ServerError(f"the store {self.path} was closed", REFUSED)
        if self._pid != os.getpid():
            # Only a fork that Python was not told of comes here with a connection. It is neither
            # used nor closed: held, so that it is not closed by being forgotten.
            self._inherited, self._connection, self._pid = self._connection, None, os.getpid()
        if self._connection is None:
            try:
                connection, identity = _open(self.path, self._busy_ms)
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


def has_sound_wal(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug.

    In 3.7.0 to 3.51.2 two connections that write and checkpoint at once can lose committed pages;
    mended in 3.51.3, and in 3.50.7 and 3.44.6 for their series.
    """
    if version[:2] == (3, 50):
        return version >= (3, 50, 7)
    if version[:2] == (3, 44):
        return version >= (3, 44, 6)
    return version >= (3, 51, 3)


def _is_unsafe_to_write(connection: sqlite3.Connection) -> bool:
    return not has_sound_wal(sqlite3.sqlite_version_info) and _journal_mode(connection) == "wal"


def _journal_mode(connection: sqlite3.Connection) -> Any:
    return connection.execute("PRAGMA journal_mode").fetchone()[0]


def _set_up(connection: sqlite3.Connection) -> None:
    if has_sound_wal(sqlite3.sqlite_version_info):
        journal = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    elif _journal_mode(connection) != "wal" or _leaves_wal(connection):
        journal = "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=EXTRA;"
    else:
        journal = ""
    connection.executescript(
        journal + "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
        "PRAGMA cell_size_check=ON; PRAGMA secure_delete=ON;"
    )


def _leaves_wal(connection: sqlite3.Connection) -> bool:
    # Refused while somebody else has the file open so: then it can be read, and not written.
    try:
        connection.execute("PRAGMA journal_mode=TRUNCATE")
    except sqlite3.OperationalError:
        return False
    return True


def _patiently(busy_ms: int, act: Callable[..., _T], *arguments: object) -> _T:
    """Do it again while the file is locked, for ``busy_ms``."""
    until = time.monotonic() + busy_ms / 1000
    while True:
        try:
            return act(*arguments)
        except sqlite3.OperationalError as error:
            if not _is_locked(error) or time.monotonic() >= until:
                raise


def _is_locked(error: _Failure) -> bool:
    return "locked" in str(error)


def _open(path: str, busy_ms: int) -> tuple[sqlite3.Connection, Identity]:
    _check_file(path)
    try:
        return _patiently(busy_ms, _connect, path)
    except _FAILURES as error:
        raise _config_error(path, error) from None


def _connect(path: str) -> tuple[sqlite3.Connection, Identity]:
    # mode=rw never makes a file, and takes one that cannot be written for reading. The timeout is
    # set before any statement runs.
    connection = sqlite3.connect(
        _uri(path), timeout=_BUSY_STEP, isolation_level=None, check_same_thread=False, uri=True
    )
    try:
        return connection, _checked(connection, path)
    except BaseException:
        connection.close()
        raise


def missing(path: str) -> ClovrixConfigError:
    return ClovrixConfigError(
        f"there is no store at {path}", "clovrix-env local init PROJECT makes one."
    )


def _check_file(path: str) -> None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise missing(path) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ClovrixConfigError(f"the store {path} cannot be opened: {why}") from None
    if stat.S_ISDIR(status.st_mode):
        raise ClovrixConfigError(
            f"{path} is a folder, not a store", f"Name the file in it: {path}/store.db"
        )
    if not stat.S_ISREG(status.st_mode):
        raise ClovrixConfigError(f"{path} is not a store: it is not a regular file")
    if os.name != "nt" and status.st_mode & 0o077:
        raise ClovrixConfigError(
            f"the store {path} can be read by others (mode {stat.S_IMODE(status.st_mode):04o})",
            f"chmod 600 {path}",
        )
    if status.st_size == 0:
        raise ClovrixConfigError(
            f"{path} is empty: a store was cut down to nothing there, or never made",
            "Restore it from a backup, or remove the file and run clovrix-env local init PROJECT.",
        )


def _uri(path: str) -> str:
    named = path.replace("\\", "/") if os.name == "nt" else path
    for character in "%?#":
        named = named.replace(character, f"%{ord(character):02x}")
    return f"file://{named if named.startswith('/') else '/' + named}?mode=rw"


def _checked(connection: sqlite3.Connection, path: str) -> Identity:
    # In one transaction, for the file must not grow between its page count and its size.
    connection.execute("BEGIN")
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise ClovrixConfigError(f"{path} is not a store: it is another program's database")
    rows = connection.execute("SELECT id, format, key_label, check_blob FROM store").fetchall()
    if [[type(cell) for cell in row] for row in rows] != [[str, int, str, bytes]]:
        raise ClovrixConfigError(f"the store {path} is damaged: it does not say which one it is")
    store_id, written_by, key_label, check_blob = rows[0]
    if written_by > FORMAT:
        raise ClovrixConfigError(
            f"the store {path} has format {written_by}; "
            f"this version of clovrix-env reads up to {FORMAT}",
            "Update clovrix-env.",
        )
    _check_size(connection, path)
    connection.execute("COMMIT")
    _set_up(connection)
    return Identity(store_id, key_label, check_blob)


def _check_size(connection: sqlite3.Connection, path: str) -> None:
    # SQLite itself takes a file without its last byte.
    pages, size = _pragma(connection, "page_count"), os.stat(path).st_size
    expected = pages * _pragma(connection, "page_size")
    # Pages that stand in the log only are counted, and not yet in the file.
    if size == expected or _has_content(path + "-wal"):
        return
    raise ClovrixConfigError(
        f"the store {path} is cut short or grown: it has {size} bytes, not {expected}",
        "Restore it from a backup.",
    )


def _has_content(path: str) -> bool:
    try:
        return os.stat(path).st_size > 0
    except OSError:
        return False


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _config_error(path: str, error: _Failure) -> ClovrixConfigError | ServerError:
    said = str(error)
    if _is_locked(error):
        return _server_error(path, error)
    if "not a database" in said:
        return ClovrixConfigError(f"{path} is not a store: it is no SQLite database")
    if "malformed" in said:
        return ClovrixConfigError(
            f"the store {path} is damaged or cut short: {said}", "Restore it from a backup."
        )
    if _has_content(path + "-journal"):
        return ClovrixConfigError(
            f"the store {path} was left in the middle of a write, and {path}-journal, "
            f"which undoes it, cannot be applied: {_words(error)}",
            "Open it once where the file and its folder can be written.",
        )
    return ClovrixConfigError(f"the store {path} cannot be opened: {_words(error)}")


def _server_error(path: str, error: _Failure) -> ServerError:
    if _is_locked(error):
        # Nothing was done, and another attempt may find it free.
        return ServerError(f"the store {path} is locked by another process", BUSY, 1.0)
    if "readonly" in str(error):
        return ServerError(
            f"the store {path} cannot be written: it or its folder is read-only", REFUSED
        )
    return ServerError(f"the store {path} failed: {_words(error)}", REFUSED)


def _words(error: _Failure) -> str:
    # SQLite's own words name tables and columns, never a bound value. Python's two about texts hold
    # what stands in the row.
    said = str(error)
    if isinstance(error, UnicodeDecodeError) or said.startswith("Could not decode"):
        return "a text in it is not UTF-8"
    return said
