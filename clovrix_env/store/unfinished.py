"""A store in a file while a copy writes to it: transactions that need no identity."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager

from clovrix_env.store.opening import opened_unfinished, patiently, prepare_to_write
from clovrix_env.store.sqlite_failures import FAILURES, server_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from clovrix_env.store.opening import Connection

_LOCK_SECONDS = 5.0


class Misfit(Exception):
    """A row that a table refuses."""


class UnfinishedFile:
    """``database.Unfinished`` says what its methods do."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection = opened_unfinished(path)

    @contextmanager
    def writing(self) -> Generator[Connection, None, None]:
        """A transaction that excludes other writers."""
        connection, until = self._connection, time.monotonic() + _LOCK_SECONDS
        try:
            patiently(until, prepare_to_write, connection, self._path)
            patiently(until, connection.execute, "BEGIN IMMEDIATE")
            yield connection
            patiently(time.monotonic() + _LOCK_SECONDS, connection.execute, "COMMIT")
        except sqlite3.IntegrityError:
            raise Misfit from None
        except FAILURES as error:
            raise server_error(self._path, error) from None
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def continue_ids(self, connection: Connection, table: str) -> None:
        """Nothing: SQLite continues after the highest id that a row ever had."""

    def close(self) -> None:
        self._connection.close()
