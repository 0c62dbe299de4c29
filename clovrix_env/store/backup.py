"""Writes a backup of a store.

Writers wait while SQLite copies. So it copies to a file beside the store, and that file is then
copied to the backup, which may be on a slow disk.
"""

from __future__ import annotations

import errno
import os

from clovrix_env.system import private_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.store.sqlite import Database


def write(database: Database, path: str) -> None:
    """Write a copy to a new file, complete or not at all.

    Raises ``FileExistsError`` if ``path`` exists, and ``OSError`` if it cannot be written.
    """
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
    folder = os.path.dirname(database.path)
    private_file.sweep(parts_beside(database.path), folder, locked=False)
    beside = private_file.unfinished_name(database.path)
    try:
        private_file.create_by_name(beside, database.copy_to)
    except OSError:  # a full or read-only disk: writers then wait for the backup itself
        private_file.create_by_name(path, database.copy_to)
    else:
        private_file.copy(beside, path, once=True)
    finally:
        private_file.remove(beside)


def parts_beside(path: str) -> Iterator[str]:
    """The names of unfinished copies beside a store, also of those that killed backups left."""
    folder, name = os.path.split(path)
    for other in os.listdir(folder):
        final = private_file.finished(other)
        if final is not None and name in (final, private_file.finished(final)):
            yield other
