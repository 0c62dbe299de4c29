"""SQLite's failures in our words: which of them are the caller's, and which the store's."""

from __future__ import annotations

import os
import sqlite3

from clovrix_env.errors import ClovrixConfigError, ServerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    Failure = Union[sqlite3.Error, UnicodeDecodeError]

REFUSED, BUSY, UNWRITABLE = 500, 503, 507
# Python raises the second where SQLite's message quotes a damaged schema.
FAILURES = (sqlite3.Error, UnicodeDecodeError)


def config_error(path: str, error: Failure) -> ClovrixConfigError | ServerError:
    """Why a store cannot be opened."""
    said = str(error)
    if is_locked(error):
        return server_error(path, error)
    if "not a database" in said:
        return ClovrixConfigError(f"{path} is not a store: it is no SQLite database")
    if "malformed" in said:
        return ClovrixConfigError(
            f"the store {path} is damaged or cut short: {said}", "Restore it from a backup."
        )
    if has_content(path + "-journal"):
        return ClovrixConfigError(
            f"the store {path} was left in the middle of a write, and {path}-journal, "
            f"which undoes it, cannot be applied: {_words(error)}",
            "Open it once where the file and its folder can be written.",
        )
    return ClovrixConfigError(f"the store {path} cannot be opened: {_words(error)}")


def server_error(path: str, error: Failure) -> ServerError:
    """Why an open store did not do what it was asked."""
    if is_locked(error):
        # Nothing was done, and another attempt may find it free.
        return ServerError(f"the store {path} is locked by another process", BUSY, 1.0)
    if "readonly" in str(error):
        return ServerError(
            f"the store {path} cannot be written: it or its folder is read-only", UNWRITABLE
        )
    if is_full(error):
        return ServerError(f"the store {path} cannot be written: its disk is full", UNWRITABLE)
    return ServerError(f"the store {path} failed: {_words(error)}", REFUSED)


def is_locked(error: Failure) -> bool:
    """Whether another connection has the lock: a later attempt may find it free."""
    return "locked" in str(error)


def is_full(error: Failure) -> bool:
    """Whether the disk that was written to has no room left."""
    return "disk is full" in str(error)


def has_content(path: str) -> bool:
    """Whether a file is there with anything in it."""
    try:
        return os.stat(path).st_size > 0
    except OSError:
        return False


def _words(error: Failure) -> str:
    # SQLite's own words name tables and columns, never a bound value. Python's two about texts hold
    # what stands in the row.
    said = str(error)
    if isinstance(error, UnicodeDecodeError) or said.startswith("Could not decode"):
        return "a text in it is not UTF-8"
    return said
