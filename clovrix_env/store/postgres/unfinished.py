"""A store in a database while a copy writes to it: transactions that need no identity."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg import errors

from clovrix_env.store.postgres.connection import Connection
from clovrix_env.store.postgres.failures import FAILURES, server_error
from clovrix_env.store.postgres.migrate import alone
from clovrix_env.store.postgres.pool import connect
from clovrix_env.store.unfinished import Misfit

if TYPE_CHECKING:
    from collections.abc import Generator

    from clovrix_env.store.postgres.address import Address

# A constraint, a trigger, and a cell of another type than its column has, which only SQLite stores.
_MISFITS = (
    errors.IntegrityError,
    errors.RaiseException,
    errors.DataError,
    errors.DatatypeMismatch,
    UnicodeEncodeError,
)
_CONTINUE = "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"


class UnfinishedDatabase:
    """``database.Unfinished`` says what its methods do."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._raw = connect(address)

    @contextmanager
    def writing(self) -> Generator[Connection, None, None]:
        """A transaction that excludes other writers."""
        try:
            with alone(self._raw):
                yield Connection(self._raw)
        except _MISFITS:
            raise Misfit from None
        except FAILURES as error:
            raise server_error(self._address.name, error) from None
        finally:
            if not self._raw.closed:
                self._raw.rollback()

    def continue_ids(self, connection: Connection, table: str) -> None:
        """Continue after the highest id of a table."""
        connection.execute(_CONTINUE.format(table=table))

    def close(self) -> None:
        self._raw.close()
