"""Writes a backup of a store in a file, and reads one state of it for a long time.

Writers wait while SQLite copies. So it copies to a file beside the store, and that file is then
copied to the backup, which may be on a slow disk.
"""

from __future__ import annotations

import errno
import os
import time
from contextlib import contextmanager

from clovrix_env.store import opening
from clovrix_env.system import private_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from clovrix_env.store.database import Connection
    from clovrix_env.store.sqlite import Database


def write(database: Database, path: str) -> None:
    """Write a copy to a new file, complete or not at all.

    Raises ``FileExistsError`` if ``path`` exists, and ``OSError`` if it cannot be written.
    """
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
    beside = private_file.unfinished_name(database.path)
    try:
        if _copied(database, beside):
            private_file.copy(beside, path, once=True)
        else:  # writers then wait for the backup itself
            private_file.create_by_name(path, database.copy_to)
    finally:
        private_file.remove(beside)


@contextmanager
def snapshot(database: Database) -> Generator[Connection, None, None]:
    """A transaction that sees one state of the store for as long as it takes.

    It reads a copy beside the store, without a name, so that writers need not wait for its end.
    """
    beside = private_file.unfinished_name(database.path)
    try:
        if not _copied(database, beside):
            with database.reading() as connection:
                yield connection
            return
        copy, _ = opening.opened(beside, time.monotonic())
        try:
            if os.name != "nt":  # Windows removes no file that is open
                private_file.remove(beside)
            copy.execute("BEGIN")
            copy.format = opening.format_of(copy)
            yield copy
        finally:
            copy.close()
    finally:
        private_file.remove(beside)


def _copied(database: Database, beside: str) -> bool:
    """Copy a store to a file beside it; false if the disk is full or read-only."""
    try:
        folder = os.path.dirname(database.path)
        private_file.sweep(parts_beside(database.path), folder, locked=False)
        private_file.create_by_name(beside, database.copy_to)
    except OSError:
        return False
    return True


def parts_beside(path: str) -> Iterator[str]:
    """The names of unfinished copies beside a store, also of those that killed backups left."""
    folder, name = os.path.split(path)
    for other in os.listdir(folder):
        final = private_file.finished(other)
        if final is not None and name in (final, private_file.finished(final)):
            yield other
