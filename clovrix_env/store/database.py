"""The seam between the store and its database. These are types: no program imports them.

SQL is written once for both databases, ``sqlite`` and ``postgres``, with ``?`` for each value. A
database translates its errors to a ``ClovrixError`` when a transaction ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from clovrix_env.store.opening import Identity

    _T = TypeVar("_T")


class Result(Protocol):
    """The rows of a statement, as tuples."""

    @property
    def rowcount(self) -> int:
        """The number of rows that an UPDATE or a DELETE changed."""
        ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection within a transaction. ``format`` is that of the store at its beginning."""

    format: int

    def execute(self, statement: str, values: Sequence[Any] = ..., /) -> Result: ...

    def insert(self, statement: str, values: Sequence[Any]) -> int | None:
        """Insert one row and return its id; ``None`` if ``ON CONFLICT DO NOTHING`` kept it out."""
        ...

    def batch(self, insert: str, rows: Sequence[Sequence[Any]], then: str = "") -> None:
        """Insert rows at once: ``INSERT INTO table (columns)``, and ``ON CONFLICT``."""
        ...

    def each(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute a statement for each row of values."""
        ...

    def lock(self, project_id: int) -> bool:
        """Exclude the other writers of a project until the transaction ends.

        Returns whether another transaction may have written since this one began.
        """
        ...

    def lock_all(self) -> None:
        """Wait for the writes that have begun, and exclude all others until this one ends."""
        ...

    def damage(self) -> list[str]:
        """The damage of the file, found without opening a seal."""
        ...

    def blob(self, column: str) -> str:
        """An expression for a column of bytes: NULL if its value has another type."""
        ...


class Database(Protocol):
    """A database, which the threads of a process share.

    ``is_file``: a read whose deadline has passed waits for nothing but the disk, and writes can
    share a transaction.
    """

    path: str
    identity: Identity
    is_file: bool

    def reading(self, deadline: float | None = None) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the store and writes nothing."""
        ...

    def writing(self, deadline: float | None = None) -> AbstractContextManager[Connection]:
        """A transaction that is on the disk when the block ends, and undone if it raises."""
        ...

    def read(self, act: Callable[[Connection], _T], deadline: float | None = None) -> _T:
        """The result of ``act`` in ``reading``. It may run again, after a conflict."""
        ...

    def write(self, act: Callable[[Connection], _T], deadline: float | None = None) -> _T:
        """The result of ``act`` in ``writing``. It may run again, after a conflict."""
        ...

    def write_together(
        self, acts: Sequence[Callable[[Connection], _T]], deadline: float | None = None
    ) -> list[Callable[[], _T]]:
        """The same for several writes, which may share a transaction.

        The outcome of each returns its result, which is on the disk, or raises its error.
        """
        ...

    def write_if_possible(self, statement: str, bound: tuple[object, ...]) -> None:
        """Execute one statement if it need not wait. It raises no failure of the store."""
        ...

    def migrate(self) -> None:
        """Convert a store of an older format to the present one."""
        ...

    def close(self) -> None: ...


class Unfinished(Protocol):
    """A store that a copy writes to, and that has no identity yet: no program can open it."""

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that excludes other writers, and is undone if the block raises.

        Raises ``Misfit`` if a table refuses a row.
        """
        ...

    def continue_ids(self, connection: Any, table: str) -> None:
        """Give the next new row of a table an id above those it has."""
        ...

    def close(self) -> None: ...
