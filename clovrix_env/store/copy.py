"""Copies a store to a new file or database, and resumes after an interruption at any moment.

The target gets its tables first, then the rows, and its identity last, in the transaction that has
compared all of its rows with those of the source. No program opens a store without its identity.

Each run copies one state of the source. It reads the rows of both stores in the order of their
keys, and writes those that differ, in many transactions. So a run after an interruption writes
only the rest, and what has changed in the source since.

Each run has a number, which is in the target until the copy is complete. A run that finds another
one ends, so that two runs at once cannot mix two states.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record
from clovrix_env.store import identity
from clovrix_env.store.copy_rows import SETTING, TABLES, WITH_IDS, Sum, sum_of
from clovrix_env.store.opening import COPYING, FORMAT, Identity
from clovrix_env.store.sqlite import Database as FileDatabase
from clovrix_env.store.unfinished import Misfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager
    from typing import Any

    from clovrix_env.store.copy_rows import Table
    from clovrix_env.store.database import Connection, Database, Unfinished
    from clovrix_env.store.location import Location

    Sums = dict[str, tuple[int, str]]

_NEW = "name a file or a database without a store"

_SET, _UNSET = (
    "INSERT INTO setting (name, value) VALUES (?, ?)",
    "DELETE FROM setting WHERE name = ?",
)


class Copied(Record):
    """The result of a copy: the rows of each table, which are equal in both stores.

    ``written`` is the number of rows that this run has written; ``was_begun`` is whether there were
    rows before it. ``has_changed`` is whether the source was written to since its state was copied.
    """

    rows: dict[str, int]
    written: int
    was_begun: bool
    has_changed: bool


def copy(
    source: Location, target: Location, show: Callable[[int, int], object] | None = None
) -> Copied:
    """Copy a store. No seal is opened, so that no key is needed.

    ``show`` gets the number of rows that were read, and of all there are to read. Raises
    ``ClovrixConfigError`` if the target has other content, and ``ServerError`` if a store fails.
    """
    database = source.database()
    try:
        with _snapshot(database) as rows:
            copying = _Copy(source.name, target, rows, show)
            sums = copying.run()
            ends = _ends(rows)
        if copying.is_complete:
            _compare(source.name, target, sums)
        with database.reading() as connection:
            has_changed = _ends(connection) != ends
    finally:
        database.close()
    counts = {name: count for name, (count, _) in sums.items()}
    return Copied(counts, copying.written, copying.was_begun, has_changed)


class _Copy:
    """One run: it copies ``rows``, one state of the source."""

    def __init__(
        self,
        source: str,
        target: Location,
        rows: Connection,
        show: Callable[[int, int], object] | None,
    ) -> None:
        if rows.format != FORMAT:
            raise ClovrixConfigError(
                f"the store {source} has format {rows.format}; a copy has format {FORMAT}",
                "run clovrix-env local migrate with --store and its address first",
            )
        self.written = 0
        self.was_begun = self.is_complete = False
        self._source, self._target, self._rows, self._show = source, target, rows, show
        found = rows.execute("SELECT id, key_label, check_blob FROM store").fetchone()
        self._identity = Identity(*found)
        self._mark = f"{self._identity.store_id} {os.urandom(8).hex()}"
        self._total = 2 * sum(table.count(rows) for table in TABLES)  # copied, then compared
        self._done = 0

    def run(self) -> Sums:
        """Copy all rows and complete the target, unless it is complete."""
        mark = COPYING, self._mark
        self.was_begun = not self._target.lay_out(lambda new: new.execute(_SET, mark))
        unfinished = self._target.unfinished()
        try:
            if self.was_begun:
                with unfinished.writing() as there:
                    self.is_complete = self._taken_over(there)
            if self.is_complete:
                return {table.name: self._sum(self._rows, table) for table in TABLES}
            sums: Sums = {}
            excess: list[Table] = []
            for table in TABLES:
                with self._named(table):
                    sums[table.name] = self._copied(unfinished, table, excess)
            for table in reversed(excess):
                with self._named(table):
                    self._without_excess(unfinished, table)
            self._complete(unfinished, sums)
            return sums
        finally:
            unfinished.close()

    def _taken_over(self, there: Connection) -> bool:
        """Whether a target that exists is complete; otherwise resume it."""
        target, store_id = self._target.name, self._identity.store_id
        found = there.execute("SELECT id FROM store").fetchone()
        if found is not None:
            if found[0] != store_id:
                raise ClovrixConfigError(f"{target} has another store", _NEW)
            return True
        statement = "SELECT value FROM setting WHERE name = ?"
        found = there.execute(statement, (COPYING,)).fetchone()
        if found is None or found[0].split()[0] != store_id:
            raise ClovrixConfigError(f"{target} is an unfinished copy of another store", _NEW)
        (number,) = there.execute("SELECT max(number) FROM migration").fetchone()
        if number != FORMAT:
            raise ClovrixConfigError(
                f"the copy to {target} was begun by a version of clovrix-env with format {number}",
                _NEW,
            )
        there.execute("UPDATE setting SET value = ? WHERE name = ?", (self._mark, COPYING))
        return False

    @contextmanager
    def _batch(self, unfinished: Unfinished) -> Generator[Connection, None, None]:
        """A transaction on the target, which still belongs to this run."""
        with unfinished.writing() as there:
            statement = "SELECT 1 FROM setting WHERE name = ? AND value = ?"
            if there.execute(statement, (COPYING, self._mark)).fetchone() is None:
                raise ClovrixConfigError(
                    f"another copy to {self._target.name} has begun", "wait for its end"
                )
            yield there

    def _copied(self, unfinished: Unfinished, table: Table, excess: list[Table]) -> tuple[int, str]:
        """Write the rows of a table that the target lacks, or has with other cells."""
        found, end, more = Sum(), None, True
        while more:
            here = table.page(self._rows, end)
            with self._batch(unfinished) as there:
                (rows, present), end = table.common(here, table.page(there, end))
                new = [row for key, row in rows.items() if key not in present]
                table.insert(there, new)
                both = rows.keys() & present.keys()
                changed = sum(table.update(there, key, present[key], rows[key]) for key in both)
            if present.keys() - rows.keys() and table not in excess:
                excess.append(table)
            found.add(list(rows.values()))
            self.written += len(new) + changed
            self._advance(len(rows))
            more = end is not None
        return found.result

    def _without_excess(self, unfinished: Unfinished, table: Table) -> None:
        """Remove the rows of a table that the source has no longer, for example after a prune."""
        end, more = None, True
        while more:
            here = table.page(self._rows, end)
            with self._batch(unfinished) as there:
                (rows, present), end = table.common(here, table.page(there, end))
                removed = list(present.keys() - rows.keys())
                there.execute(_SET, ("pruning", "1"))  # see the triggers of the tables
                table.delete(there, removed)
                there.execute(_UNSET, ("pruning",))
            self.written += len(removed)
            more = end is not None

    def _complete(self, unfinished: Unfinished, sums: Sums) -> None:
        """Compare all rows, and then make the target a store, in one transaction."""
        with self._batch(unfinished) as there:
            different = [
                table.name for table in TABLES if self._sum(there, table) != sums[table.name]
            ]
            if different:
                raise ClovrixConfigError(
                    f"{self._target.name} differs from {self._source} in: {', '.join(different)}",
                    "another program has changed it: run the command again",
                )
            there.execute(_UNSET, (COPYING,))
            with self._named(SETTING):
                for page in SETTING.pages(self._rows):
                    SETTING.insert(there, [row[1:] for row in page])
            for name in WITH_IDS:
                unfinished.continue_ids(there, name)
            identity.write(there, self._identity)

    def _sum(self, connection: Connection, table: Table) -> tuple[int, str]:
        found = sum_of(connection, table)
        self._advance(found[0])
        return found

    def _advance(self, rows: int) -> None:
        self._done += rows
        if self._show is not None:
            self._show(self._done, self._total)

    @contextmanager
    def _named(self, table: Table) -> Generator[None, None, None]:
        """Name the table of a row that the target refuses."""
        try:
            yield
        except (Misfit, TypeError):
            raise ClovrixConfigError(
                f"a row of the table {table.name} in {self._source} does not fit "
                f"{self._target.name}: the row is damaged, or the source was replaced by "
                "another state since the copy began",
                "run clovrix-env local verify with --store and the address of the source; if it "
                "finds nothing, copy to an empty file or database",
            ) from None


def _snapshot(database: Database) -> AbstractContextManager[Connection]:
    """A transaction that sees one state of a store, whose writers need not wait."""
    if isinstance(database, FileDatabase):
        from clovrix_env.store.backup import snapshot

        return snapshot(database)
    return database.reading()


def _ends(connection: Connection) -> list[Any]:
    """The ends of the chains of the audit, which each write moves."""
    return connection.execute("SELECT chain, position FROM audit_chain ORDER BY chain").fetchall()


def _compare(source: str, target: Location, sums: Sums) -> None:
    """Refuse a complete target that is not equal: it may be in use."""
    database = target.database()
    try:
        with database.reading() as rows:
            different = [table.name for table in TABLES if sum_of(rows, table) != sums[table.name]]
    finally:
        database.close()
    if different:
        raise ClovrixConfigError(
            f"{target.name} has a complete copy of {source}, and one of them has changed since, "
            f"in: {', '.join(different)}",
            "a complete store is not overwritten: name a file or a database without a store",
        )
