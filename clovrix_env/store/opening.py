"""Opens the file of a store after checking its type, size, mode and format."""

from __future__ import annotations

import os
import sqlite3
import stat
import time

from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.model.record import Record
from clovrix_env.store.sqlite_failures import (
    FAILURES,
    config_error,
    has_content,
    is_locked,
    not_a_store,
    not_opened,
)
from clovrix_env.system import files
from clovrix_env.system.files import reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from clovrix_env.store.database import Connection as AnyConnection

    _T = TypeVar("_T")

FORMAT = 4
APPLICATION_ID = 0x436C7658  # "ClvX"
# The part of a SQLite file that ends with the application id, and where the id begins.
_HEADER_BYTES, _ID_AT = 72, 68
# SQLite waits ever longer between two attempts to lock, so that a busy writer can keep a reader out
# for more than a second. So it does not wait itself.
_BUSY_STEP = 0.002
# The setting of a store that a copy has not completed.
COPYING = "copying"
# Before 3.32 a statement of SQLite can have 999 values.
_VALUES = 999


class Identity(Record):
    """The ``store`` row: the id in the context of every seal, and the proof of the master key."""

    store_id: str
    key_label: str
    check_blob: bytes


class Connection(sqlite3.Connection):
    """A connection of this package: ``database.Connection`` says what its methods do."""

    format = 0

    def insert(self, statement: str, values: Sequence[Any]) -> int | None:
        done = self.execute(statement, values)
        return done.lastrowid if done.rowcount else None

    def batch(self, insert: str, rows: Sequence[Sequence[Any]], then: str = "") -> None:
        most = _VALUES // len(rows[0]) if rows else 1
        for start in range(0, len(rows), most):
            part = rows[start : start + most]
            marks = ", ".join([f"({', '.join('?' * len(part[0]))})"] * len(part))
            self.execute(f"{insert} VALUES {marks} {then}", [cell for row in part for cell in row])

    def each(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self.executemany(statement, rows)

    def lock(self, project_id: int) -> bool:
        """Nothing: a transaction that writes excludes all other writers of the file."""
        return False

    def lock_all(self) -> None:
        """Nothing: it has excluded them already."""

    def damage(self) -> list[str]:
        lines = self.execute("PRAGMA integrity_check(20)").fetchall()
        return [line for (line,) in lines if line != "ok"]

    def blob(self, column: str) -> str:
        # SQLite stores any type in any column: a text may not be UTF-8.
        return f"CASE typeof({column}) WHEN 'blob' THEN {column} END"


def opened(path: str, until: float) -> tuple[Connection, Identity]:
    """A connection to the store at ``path``, and its identity.

    Waits for a lock until ``until`` (``time.monotonic``). Raises ``ServerError`` for a store that
    stays locked, and ``ClovrixConfigError`` for a file that is damaged or not a store.
    """
    _check_file(path)
    try:
        return patiently(until, _connect, path)
    except FAILURES as error:
        raise config_error(path, error) from None


def _connect(path: str) -> tuple[Connection, Identity]:
    connection = _unchecked(path)
    try:
        return connection, _checked(connection, path)
    except BaseException:
        connection.close()
        raise


def _unchecked(path: str) -> Connection:
    # mode=rw creates no file, and opens a read-only file for reading.
    return sqlite3.connect(
        uri_of(path),
        timeout=0,
        isolation_level=None,
        check_same_thread=False,
        factory=Connection,
        uri=True,
    )


def opened_unfinished(path: str) -> Connection:
    """A connection to a store that may have no identity yet. Raises as ``opened`` does."""
    _check_file(path)
    connection = _unchecked(path)
    try:
        if _pragma(connection, "application_id") != APPLICATION_ID:
            raise _of_another_program(path)
        _set_up(connection)
    except BaseException as error:
        connection.close()
        if isinstance(error, FAILURES):
            raise config_error(path, error) from None
        raise
    return connection


def format_of(connection: Connection) -> Any:
    """The format of a store. Another program may convert it while this one has it open."""
    return connection.execute("SELECT max(format) FROM store").fetchone()[0]


def check_there(path: str) -> None:
    """Report a store that is missing or cannot be reached, before a missing key."""
    _state_of(path)


def label_of(path: str) -> str | None:
    """The label of the key that a store needs, or ``None`` if the store cannot be opened."""
    try:
        connection, identity = opened(path, time.monotonic())
    except (ClovrixConfigError, ServerError):
        return None
    connection.close()
    return identity.key_label


def _missing(path: str) -> ClovrixConfigError:
    return ClovrixConfigError(
        f"no store at {path}", "run clovrix-env local init PROJECT to create one"
    )


def _state_of(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except FileNotFoundError:
        raise _missing(path) from None
    except (OSError, ValueError) as error:
        raise not_opened(path, reason(error) if isinstance(error, OSError) else error) from None


def _check_file(path: str) -> None:
    status = _state_of(path)
    if stat.S_ISDIR(status.st_mode):
        raise ClovrixConfigError(
            f"{path} is a folder, not a store", f"name the file in it: {path}/store.db"
        )
    if not stat.S_ISREG(status.st_mode):
        raise not_a_store(path, "it is not a regular file")
    if status.st_size == 0:
        raise ClovrixConfigError(
            f"{path} is empty: it was truncated, or its creation did not finish",
            "restore it from a backup, or remove the file and run clovrix-env local init PROJECT",
        )
    if os.name != "nt" and status.st_mode & 0o077:
        _check_header(path)
        raise ClovrixConfigError(
            f"the store {path} can be read by others (mode {stat.S_IMODE(status.st_mode):04o})",
            f"chmod 600 {path}",
        )


def _check_header(path: str) -> None:
    """Refuse a file that is not a store, without opening it as a database."""
    try:
        header, _ = files.read(path, _HEADER_BYTES, cut=True)
    except files.Unreadable as error:
        raise not_opened(path, error) from None
    if not header.startswith(b"SQLite format 3\0"):
        raise not_a_store(path, "it is not a SQLite database")
    if header[_ID_AT:] != APPLICATION_ID.to_bytes(4, "big"):
        raise _of_another_program(path)


def _of_another_program(path: str) -> ClovrixConfigError:
    return not_a_store(path, "it is another program's database")


def uri_of(path: str) -> str:
    """The address of a file for SQLite: mode=rw creates no file."""
    named = path.replace("\\", "/") if os.name == "nt" else path
    for character in "%?#":
        named = named.replace(character, f"%{ord(character):02x}")
    return f"file://{named if named.startswith('/') else '/' + named}?mode=rw"


def _checked(connection: Connection, path: str) -> Identity:
    # In one transaction, because the file must not grow between its page count and its size.
    connection.execute("BEGIN")
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise _of_another_program(path)
    # First and alone: a newer format may have other columns.
    written_by = format_of(connection)
    if isinstance(written_by, int) and written_by > FORMAT:
        raise ClovrixConfigError(
            f"the store {path} has format {written_by}; "
            f"this version of clovrix-env reads up to {FORMAT}",
            "update clovrix-env",
        )
    rows = connection.execute("SELECT id, format, key_label, check_blob FROM store").fetchall()
    if [[type(cell) for cell in row] for row in rows] != [[str, int, str, bytes]]:
        raise unidentified(connection, path)
    store_id, _, key_label, check_blob = rows[0]
    _check_size(connection, path)
    connection.execute("COMMIT")
    _set_up(connection)
    return Identity(store_id, key_label, check_blob)


def unidentified(connection: AnyConnection, name: str) -> ClovrixConfigError:
    """The error for a store without its identity, which a copy writes last."""
    found = connection.execute("SELECT 1 FROM setting WHERE name = ?", (COPYING,)).fetchone()
    if found is not None:
        return incomplete(name)
    return ClovrixConfigError(
        f"the store {name} is damaged: its identity is missing", "restore it from a backup"
    )


def incomplete(name: str) -> ClovrixConfigError:
    return ClovrixConfigError(
        f"the store {name} is incomplete: a copy to it has not finished",
        "run clovrix-env local copy again, with the same arguments",
    )


def _check_size(connection: Connection, path: str) -> None:
    # SQLite itself accepts a file without its last byte.
    size, expected = os.stat(path).st_size, used_size(connection)
    # The page count includes pages that are in the log only.
    if size == expected or has_content(path + "-wal"):
        return
    # Whole pages more: VACUUM was killed between its commit and the end of the file.
    if size > expected and (size - expected) % _pragma(connection, "page_size") == 0:
        return
    raise ClovrixConfigError(
        f"the store {path} is truncated or too long: it has {size} bytes, not {expected}",
        "restore it from a backup",
    )


def used_size(connection: Connection) -> int:
    """The bytes of all pages of the store."""
    return int(_pragma(connection, "page_count") * _pragma(connection, "page_size"))


def patiently(until: float, act: Callable[..., _T], *arguments: object) -> _T:
    """Call ``act`` again while the file is locked, until ``until`` (``time.monotonic``)."""
    while True:
        try:
            return act(*arguments)
        except sqlite3.OperationalError as error:
            left = until - time.monotonic()
            if not is_locked(error) or left <= 0:
                raise
            time.sleep(min(_BUSY_STEP, left))


def has_sound_wal(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug.

    In 3.7.0 to 3.51.2 two connections that write and checkpoint at once can lose committed pages.
    Fixed in 3.51.3, and in 3.50.7 and 3.44.6 for their series.
    """
    if version[:2] == (3, 50):
        return version >= (3, 50, 7)
    if version[:2] == (3, 44):
        return version >= (3, 44, 6)
    return version >= (3, 51, 3)


def is_unsafe_to_write(connection: Connection) -> bool:
    """Whether the file is in WAL mode, and this SQLite could lose what it writes there."""
    return not has_sound_wal(sqlite3.sqlite_version_info) and _journal_mode(connection) == "wal"


def _journal_mode(connection: Connection) -> Any:
    return connection.execute("PRAGMA journal_mode").fetchone()[0]


def _set_up(connection: Connection) -> None:
    connection.executescript(
        # In a log, EXTRA is the same as FULL.
        "PRAGMA synchronous=EXTRA; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
        "PRAGMA cell_size_check=ON; PRAGMA secure_delete=ON;"
    )


def prepare_to_write(connection: Connection, path: str) -> None:
    """Choose the journal for the next write: a log (WAL) where that is safe.

    It needs a SQLite without the bug above, and memory that all users of the file share. A read
    changes nothing, so that a copy or a store on a read-only file system stays as it is.
    """
    from clovrix_env.system.mounts import is_local

    if has_sound_wal(sqlite3.sqlite_version_info) and is_local(path):
        connection.execute("PRAGMA journal_mode=WAL")
        return
    mode = _journal_mode(connection)
    if mode != "truncate" and (mode != "wal" or _leaves_wal(connection)):
        connection.execute("PRAGMA journal_mode=TRUNCATE")


def _leaves_wal(connection: Connection) -> bool:
    # Refused while another process uses the WAL: the file can then be read but not written.
    try:
        connection.execute("PRAGMA journal_mode=TRUNCATE")
    except sqlite3.OperationalError:
        return False
    return True


def _pragma(connection: Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]
