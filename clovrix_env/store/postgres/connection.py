"""A connection within a transaction: the statements of the store, as PostgreSQL takes them."""

from __future__ import annotations

import selectors
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import ExecStatus

from clovrix_env.store.postgres.failures import checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Cursor
    from psycopg.pq.abc import PGresult

    Raw = psycopg.Connection[tuple[Any, ...]]

# A statement of PostgreSQL can have 65,535 values.
_ROWS = 1000
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)  # Windows has no poll
# Every write has it, shared; exclusively, it excludes them all.
_KEY = 0x436C7658  # the application id of a store in a file
LOCK = f"SELECT pg_advisory_xact_lock({_KEY})"
LOCK_SHARED = f"SELECT pg_advisory_xact_lock_shared({_KEY})"
_LOCK_PROJECT = "SELECT 1 FROM project WHERE id = ? FOR NO KEY UPDATE"


@lru_cache(maxsize=1024)
def translated(statement: str) -> bytes:
    """A statement with ``%s`` for each ``?`` outside of a literal, and ``%%`` for each ``%``."""
    parts = statement.replace("%", "%%").split("'")
    parts[::2] = [part.replace("?", "%s") for part in parts[::2]]
    return "'".join(parts).encode()


def sent(raw: Raw, statements: bytes, deadline: float | None) -> PGresult:
    """The result of the last of several statements without values, which are one message.

    Raises the first error. The end of the wait is here, because PostgreSQL has no limit for a
    COMMIT that waits for a replica.
    """
    pgconn = raw.pgconn
    pgconn.send_query(statements)
    pgconn.flush()
    last: PGresult | None = None
    with _Selector() as selector:
        selector.register(pgconn.socket, selectors.EVENT_READ)
        while True:
            while pgconn.is_busy():
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                if not selector.select(left) and left is not None:
                    raise psycopg.OperationalError("the deadline has passed")
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:
                return checked(last)
            if last is None or last.status != ExecStatus.FATAL_ERROR:
                last = result


class Connection:
    """``database.Connection`` says what its methods do."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self.format: int = 0
        self.has_begun: bool = False

    def begin(self, statements: bytes, deadline: float | None) -> None:
        """Begin with these statements, the last of which selects the format of the store."""
        result = sent(self._raw, statements, deadline)
        self.format = int(result.get_value(0, 0) or 0) if result.ntuples else 0
        self.has_begun = True

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Cursor[tuple[Any, ...]]:
        cursor = self._raw.cursor(binary=True)
        if values:
            return cursor.execute(translated(statement), values)
        return cursor.execute(statement.encode())  # its % and ? are those of literals

    def insert(self, statement: str, values: Sequence[Any]) -> int | None:
        row = self.execute(f"{statement} RETURNING id", values).fetchone()
        return None if row is None else int(row[0])

    def batch(self, insert: str, rows: Sequence[Sequence[Any]], then: str = "") -> None:
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            marks = ", ".join([f"({', '.join('?' * len(part[0]))})"] * len(part))
            self.execute(f"{insert} VALUES {marks} {then}", [cell for row in part for cell in row])

    def each(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            self._raw.cursor().executemany(translated(statement), rows)

    def lock(self, project_id: int) -> bool:
        self.execute(_LOCK_PROJECT, (project_id,)).fetchone()
        return True

    def lock_all(self) -> None:
        self.execute(LOCK)

    def damage(self) -> list[str]:
        """Nothing: PostgreSQL reports a damaged page to the statement that reads it."""
        return []

    @staticmethod
    def blob(column: str) -> str:
        return column
