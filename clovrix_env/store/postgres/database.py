"""A store in PostgreSQL: transactions on it.

A write is READ COMMITTED, and locks the row of its project first. A read that is more than one
statement, as almost all are, has to see one state: REPEATABLE READ, which takes a snapshot once
and waits for nothing.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.store.opening import FORMAT, Identity, unidentified
from clovrix_env.store.postgres import migrate
from clovrix_env.store.postgres.connection import LOCK_SHARED, Connection, sent
from clovrix_env.store.postgres.failures import (
    FAILURES,
    is_lost,
    repeated,
    server_error,
)
from clovrix_env.store.postgres.pool import Pool
from clovrix_env.store.sqlite_failures import BUSY, REFUSED

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from contextlib import AbstractContextManager
    from typing import Any, TypeVar

    from clovrix_env.store.postgres.address import Address
    from clovrix_env.store.postgres.connection import Raw

    _T = TypeVar("_T")

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
_WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {LOCK_SHARED};"
_FORMAT = "SELECT format FROM store"
_UNDO_SECONDS = 2.0
# For a note that may be lost: it does not wait for another transaction.
_NOTE_MS = 20


class Database:
    """``database.Database`` says what its methods do."""

    is_file = False

    def __init__(self, address: Address, deadline: float | None = None) -> None:
        self._address = address
        self.path: str = address.name
        self._pool = Pool(address)
        try:
            self.identity: Identity = self._identity(deadline)
        except BaseException:
            self._pool.close()
            raise

    def reading(self, deadline: float | None = None) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the store and writes nothing."""
        return self._transaction(deadline, _READ)

    @contextmanager
    def writing(self, deadline: float | None = None) -> Generator[Connection, None, None]:
        """A transaction that is on the disk when the block ends, and undone if it raises."""
        with self._transaction(deadline, _WRITE) as connection:
            self._check_format(connection)
            yield connection

    def read(self, act: Callable[[Connection], _T], deadline: float | None = None) -> _T:
        """The result of ``act`` in ``reading``, which is repeated after a conflict."""
        return repeated(partial(_run, self.reading, act, deadline))

    def write(self, act: Callable[[Connection], _T], deadline: float | None = None) -> _T:
        """The result of ``act`` in ``writing``, which is repeated after a conflict."""
        return repeated(partial(_run, self.writing, act, deadline))

    def write_together(
        self, acts: Sequence[Callable[[Connection], _T]], deadline: float | None = None
    ) -> list[Callable[[], _T]]:
        """The outcomes of several writes, each of which runs when its outcome is called."""
        return [partial(self.write, act, deadline) for act in acts]

    def write_if_possible(self, statement: str, bound: tuple[object, ...]) -> None:
        """Execute one statement, unless its row is locked or the store has an older format."""
        deadline = time.monotonic() + _NOTE_MS / 1000
        with suppress(ServerError), self._transaction(deadline, _WRITE) as connection:
            if connection.format == FORMAT:
                connection.execute(statement, bound)

    def migrate(self) -> None:
        """Convert a store of an older format to the present one."""
        migrate.convert(self._address)

    def close(self) -> None:
        self._pool.close()

    def _identity(self, deadline: float | None) -> Identity:
        found, rows = self.read(_format_and_identity, deadline)
        if found > FORMAT:
            raise ClovrixConfigError(
                f"the store {self.path} has format {found}; "
                f"this version of clovrix-env reads up to {FORMAT}",
                "update clovrix-env",
            )
        if len(rows) != 1:
            raise self.read(lambda connection: unidentified(connection, self.path), deadline)
        return Identity(*rows[0])

    def _check_format(self, connection: Connection) -> None:
        if connection.format < FORMAT:
            raise ServerError(
                f"the store {self.path} has format {connection.format}: "
                "run clovrix-env local migrate",
                BUSY,
                1.0,
            )
        if connection.format > FORMAT:
            raise ServerError(
                f"the store {self.path} now has format {connection.format}, which a newer version "
                "of clovrix-env writes: update clovrix-env",
                REFUSED,
            )

    @contextmanager
    def _transaction(self, deadline: float | None, begin: str) -> Generator[Connection, None, None]:
        raw, connection = self._begun(deadline, f"{begin}{_limits(deadline)}{_FORMAT}".encode())
        lost = False
        try:
            yield connection
            done = sent(raw, b"COMMIT", deadline)
            if done.command_status != b"COMMIT":
                raise ServerError(f"the store {self.path} has undone a transaction", REFUSED)
        except FAILURES as error:
            lost = is_lost(error)
            raise server_error(self.path, error) from None
        finally:
            self._ended(raw, lost=lost)

    def _begun(self, deadline: float | None, statements: bytes) -> tuple[Raw, Connection]:
        """Begin, on a new connection if the idle one was lost: nothing has happened on it yet."""
        while True:
            raw, was_used = self._pool.take(deadline)
            connection, lost = Connection(raw), False
            try:
                connection.begin(statements, deadline)
            except (errors.UndefinedTable, errors.UndefinedColumn):
                raise migrate.no_store(self._address) from None
            except FAILURES as error:
                lost = is_lost(error)
                if not (lost and was_used):
                    raise server_error(self.path, error) from None
            finally:
                if not connection.has_begun:
                    self._ended(raw, lost=lost)
            if connection.has_begun:
                return raw, connection

    def _ended(self, raw: Raw, *, lost: bool) -> None:
        """Return a connection to the pool, undoing its transaction if it has not ended."""
        try:
            if not lost and raw.pgconn.transaction_status != TransactionStatus.IDLE:
                sent(raw, b"ROLLBACK", time.monotonic() + _UNDO_SECONDS)
        except psycopg.Error:
            lost = True
        if lost or raw.closed:
            self._pool.drop(raw)
        else:
            self._pool.give(raw)


def _run(
    begun: Callable[[float | None], AbstractContextManager[Connection]],
    act: Callable[[Connection], _T],
    deadline: float | None,
) -> _T:
    with begun(deadline) as connection:
        return act(connection)


def _format_and_identity(connection: Connection) -> tuple[int, list[tuple[Any, ...]]]:
    statement = "SELECT id, key_label, check_blob FROM store"
    return connection.format, connection.execute(statement).fetchall()


def _limits(deadline: float | None) -> str:
    """The time that each statement and each pause between two may take."""
    if deadline is None:
        return ""
    left = max(1, int((deadline - time.monotonic()) * 1000))
    return (
        f"SET LOCAL statement_timeout = {left};"
        f"SET LOCAL idle_in_transaction_session_timeout = {left};"
    )
