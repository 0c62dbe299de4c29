"""The tables that a copy of a store has, and their rows in the order of their keys."""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from clovrix_env.store.database import Connection

    Key = tuple[Any, ...]
    Cells = tuple[Any, ...]
    Rows = dict[Key, Cells]

# A version can have 32 KiB: pages of both stores are in memory at once.
_PAGE = 400


_COUNT = "SELECT count(*) FROM {table}"
_FIRST = "SELECT {key}, {columns} FROM {table} ORDER BY {key} LIMIT {rows}"
_NEXT = "SELECT {key}, {columns} FROM {table} WHERE ({key}) > ({marks}) ORDER BY {key} LIMIT {rows}"
_INSERT = "INSERT INTO {table} ({columns})"
_UPDATE = "UPDATE {table} SET {changes} WHERE {where}"
_DELETE = "DELETE FROM {table} WHERE {where}"


class Table(Record):
    """A table: its columns, and the expressions that are its key and are never NULL."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ("id",)

    def count(self, connection: Connection) -> int:
        return int(connection.execute(self._statement(_COUNT)).fetchone()[0])

    def page(self, connection: Connection, after: Key | None) -> list[Cells]:
        """Rows after a key, in the order of their keys. Each begins with its key."""
        statement = self._statement(_FIRST if after is None else _NEXT)
        return connection.execute(statement, after or ()).fetchall()

    def insert(self, connection: Connection, rows: Sequence[Cells]) -> None:
        connection.batch(self._statement(_INSERT), rows)

    def update(self, connection: Connection, key: Key, old: Cells, new: Cells) -> bool:
        """Write the cells of a row that differ; false if none does."""
        # SQLite stores any type in any column, and 1 equals 1.0.
        changed = {
            name: cell
            for name, before, cell in zip(self.columns, old, new)
            if before != cell or type(before) is not type(cell)
        }
        if changed:
            changes = ", ".join(f"{name} = ?" for name in changed)
            statement = self._statement(_UPDATE, changes=changes)
            connection.execute(statement, (*changed.values(), *key))
        return bool(changed)

    def delete(self, connection: Connection, keys: Sequence[Key]) -> None:
        connection.each(self._statement(_DELETE), keys)

    def _statement(self, template: str, **parts: str) -> str:
        return template.format(
            table=self.name,
            columns=", ".join(self.columns),
            key=", ".join(self.key),
            where=" AND ".join(f"{part} = ?" for part in self.key),
            marks=", ".join("?" * len(self.key)),
            rows=_PAGE,
            **parts,
        )

    def pages(self, connection: Connection) -> Iterator[list[Cells]]:
        after = None
        while page := self.page(connection, after):
            yield page
            after = page[-1][: len(self.key)]

    def common(self, *pages: list[Cells]) -> tuple[list[Rows], Key | None]:
        """The rows of pages that begin after the same key, up to the key to which all reach.

        That key is ``None`` if there are no more rows.
        """
        size = len(self.key)
        ends = [page[-1][:size] for page in pages if len(page) == _PAGE]
        end = min(ends) if ends else None
        return [
            {row[:size]: row[size:] for row in page if end is None or row[:size] <= end}
            for page in pages
        ], end


# Each after those that it refers to. ``migration`` is left out: it has the conversions of each
# database itself.
SETTING = Table("setting", ("name", "value"), ("name",))
TABLES = (
    Table("project", ("id", "name")),
    Table("data_key", ("project_id", "key_id", "sealed", "retired_at"), ("project_id", "key_id")),
    Table("environment", ("id", "project_id", "name")),
    Table("entry", ("id", "project_id", "key", "is_secret")),
    Table(
        "token",
        ("id", "hash", "role", "expires_at", "revoked_at", "last_used", "proof", "name"),
    ),
    Table(
        "token_scope",
        ("token_id", "project_id", "environment_id"),
        ("token_id", "project_id", "coalesce(environment_id, -1)"),
    ),
    Table("former_token", ("id",)),
    Table(
        "version",
        (
            *("entry_id", "environment_id", "number", "sealed", "at", "token_id"),
            *("restored", "deleted"),
        ),
        ("entry_id", "environment_id", "number"),
    ),
    Table("head", ("environment_id", "entry_id", "number"), ("environment_id", "entry_id")),
    Table(
        "audit",
        (
            *("id", "at", "token_id", "action", "project", "environment", "key", "version"),
            *("status", "chain", "position", "mac"),
        ),
    ),
    Table("audit_chain", ("chain", "position", "mac", "begun", "begun_mac", "proof"), ("chain",)),
)
# Their ids are never used twice, because seals name them.
WITH_IDS = ("project", "environment", "entry", "audit")


class Sum:
    """The number of rows of a table, and a digest of all of them in the order of their keys."""

    def __init__(self) -> None:
        from hashlib import sha256

        self.rows: int = 0
        self._digest = sha256()

    def add(self, rows: Sequence[Cells]) -> None:
        for row in rows:
            self._digest.update(repr(row).encode())
        self.rows += len(rows)

    @property
    def result(self) -> tuple[int, str]:
        return self.rows, self._digest.hexdigest()


def sum_of(connection: Connection, table: Table) -> tuple[int, str]:
    """The sum of a table as it is now."""
    found = Sum()
    for page in table.pages(connection):
        found.add([row[len(table.key) :] for row in page])
    return found.result
