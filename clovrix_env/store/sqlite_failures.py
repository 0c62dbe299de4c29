"""SQLite's failures as errors of this package, for the caller or of the store."""

from __future__ import annotations

import os
import sqlite3

from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    Failure = Union[sqlite3.Error, UnicodeDecodeError]

REFUSED, BUSY, UNWRITABLE = 500, 503, 507
# Python raises the second if SQLite's message quotes a damaged schema.
FAILURES = (sqlite3.Error, UnicodeDecodeError)


def config_error(path: str, error: Failure) -> ClovrixConfigError | ServerError:
    """The error for a store that cannot be opened."""
    said = str(error)
    if is_locked(error):
        return server_error(path, error)
    if "not a database" in said:
        return not_a_store(path, "it is not a SQLite database")
    if "malformed" in said:
        return ClovrixConfigError(
            f"the store {path} is damaged or truncated: {said}", "restore it from a backup"
        )
    if has_content(path + "-journal"):
        return ClovrixConfigError(
            f"a write to the store {path} was interrupted, and {path}-journal, "
            f"which undoes it, cannot be applied: {_words(error)}",
            "open the store once as a user who can write to the file and its folder",
        )
    if "unable to open" in said and _has_log(path):
        return ClovrixConfigError(
            f"the store {path} is in WAL mode, and SQLite cannot write to its folder, "
            "which this mode needs even for reading",
            "use a copy that clovrix-env local backup wrote: it can be read from anywhere",
        )
    return not_opened(path, _words(error))


def not_a_store(path: str, why: str) -> ClovrixConfigError:
    """The error for a file that is something else."""
    return ClovrixConfigError(
        f"{path} is not a store: {why}",
        "name a file that clovrix-env local init or local backup wrote",
    )


def _has_log(path: str) -> bool:
    """Whether a store that can be read is in WAL mode, by its header."""
    try:
        return files.read(path, 20, cut=True)[0][18:20] == b"\2\2"
    except files.Unreadable:
        return False


def not_opened(path: str, why: object) -> ClovrixConfigError:
    """The error for a store that cannot be opened, with the owner of what is closed to this user.

    A path with a NUL character has no owner.
    """
    from clovrix_env.system.permissions import denial

    closed, remedy = ("", "") if "\0" in path else denial(path)
    if closed:
        why = f"permission denied: {closed}"
    return ClovrixConfigError(f"the store {path} cannot be opened: {why}", remedy)


def server_error(path: str, error: Failure) -> ServerError:
    """The error for a failed operation on an open store."""
    if is_locked(error):
        # Nothing was written, and another attempt may succeed.
        return ServerError(f"the store {path} is locked by another process", BUSY, 1.0)
    if "readonly" in str(error):
        return ServerError(
            f"the store {path} cannot be written: it or its folder is read-only", UNWRITABLE
        )
    if is_full(error):
        return ServerError(f"the store {path} cannot be written: its disk is full", UNWRITABLE)
    if "malformed" in str(error):
        return ServerError(f"the store {path} is damaged: a page cannot be read", REFUSED)
    return ServerError(f"the store {path} failed: {_words(error)}", REFUSED)


def is_locked(error: Failure) -> bool:
    """Whether another connection has the lock: a later attempt may succeed."""
    return "locked" in str(error)


def is_full(error: Failure) -> bool:
    """Whether the disk is full."""
    return "disk is full" in str(error)


def has_content(path: str) -> bool:
    """Whether a file exists and is not empty."""
    try:
        return os.stat(path).st_size > 0
    except OSError:
        return False


def _words(error: Failure) -> str:
    # SQLite's messages name tables and columns, never a bound value. Python's two messages about
    # texts contain data of the row.
    said = str(error)
    if isinstance(error, UnicodeDecodeError) or said.startswith("Could not decode"):
        return "a text in it is not UTF-8"
    return said
