"""Replaces a store by a backup: checked first, then swapped in one step. The old store is kept.

SQLite applies a journal or a log beside a store to whatever file has the store's name. The files
beside the old store are moved away with it, so they never reach the backup.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager

from clovrix_env.errors import ClovrixConfigError, ClovrixError
from clovrix_env.model.record import Record
from clovrix_env.store import opening
from clovrix_env.store.answer import Store
from clovrix_env.store.sqlite_failures import FAILURES, has_content, is_locked
from clovrix_env.system import private_file
from clovrix_env.system.swap import swap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from clovrix_env.store.master_key import MasterKey
    from clovrix_env.store.tokens import HeldToken

SIDES = ("-journal", "-wal", "-shm")
_LOCK_SECONDS = 5.0


class Restored(Record):
    """The result of a restore. With ``problems``, lines about the backup, nothing was replaced.

    ``kept`` is the path of the old store, or ``None`` if there was none; ``tokens`` are its tokens,
    if it could be read.
    """

    problems: tuple[str, ...] = ()
    kept: str | None = None
    tokens: tuple[HeldToken, ...] = ()


def restore(backup: str, path: str, key: MasterKey) -> Restored:
    """Put a copy of ``backup`` in the place of the store at ``path``. The backup is not changed.

    Raises ``ClovrixConfigError`` or ``OSError``, and then leaves the old store in place.
    """
    for side in SIDES[:2]:
        if has_content(backup + side):
            raise ClovrixConfigError(
                f"{backup}{side} has writes that {backup} lacks: it is a copy of a store in use",
                "restore a copy that clovrix-env local backup wrote",
            )
    staged = f"{path}.restored"
    _remove(staged)  # of a restore that was killed
    try:
        private_file.make_folders(os.path.dirname(path))
        private_file.copy(backup, staged)
        problems = _problems(backup, staged, key)
        if problems:
            return Restored(problems)
        tokens = _tokens(path, key)
        with _alone(path):
            kept = _kept(path)
            existed = swap(staged, path, kept, SIDES)
        return Restored((), kept if existed else None, tokens)
    finally:
        _remove(staged)


def _problems(backup: str, staged: str, key: MasterKey) -> tuple[str, ...]:
    try:
        with Store.open(staged, key) as store:
            return tuple(store.verify())
    except ClovrixConfigError as error:
        said = "; ".join(error.problems).replace(staged, backup)
        raise ClovrixConfigError(said, error.remedy.replace(staged, backup)) from None


def _tokens(path: str, key: MasterKey) -> tuple[HeldToken, ...]:
    try:
        with Store.open(path, key) as store:
            return tuple(store.tokens())
    except ClovrixError:  # a damaged store is what a backup replaces
        return ()


@contextmanager
def _alone(path: str) -> Generator[None, None, None]:
    """Exclude every writer and reader of the old store, unless it is too damaged to lock."""
    if not os.path.lexists(path):
        yield
        return
    connection = sqlite3.connect(opening.uri_of(path), isolation_level=None, uri=True, timeout=0.01)
    try:
        try:
            until = time.monotonic() + _LOCK_SECONDS
            # Without a log: SQLite would remove one by name when this connection is closed.
            for statement in ("PRAGMA journal_mode=DELETE", "BEGIN EXCLUSIVE"):
                opening.patiently(until, connection.execute, statement)
        except FAILURES as error:
            if is_locked(error):
                raise ClovrixConfigError(
                    f"the store {path} is in use", "stop the programs that use it, and try again"
                ) from None
        yield
    finally:
        connection.close()


def _kept(path: str) -> str:
    """A new name for the old store, with the time of the restore."""
    name = f"{path}.before-{time.strftime('%Y-%m-%dT%H%M%S')}"
    number = 1
    found = name
    while os.path.lexists(found):
        number += 1
        found = f"{name}-{number}"
    return found


def _remove(path: str) -> None:
    for name in (path, *(path + side for side in SIDES)):
        try:
            os.unlink(name)
        except OSError:
            continue
