"""Removes the oldest rows from the audit of each project, whose chain then begins after them.

The proof of a chain covers the last row that was removed, so that ``verify`` holds for the rest.
The store's own chain stays whole: it has the acts on projects, tokens and keys.
"""

from __future__ import annotations

import time
from functools import partial

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import audit, audit_log
from clovrix_env.store.prune import removing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection, Database

ACTION = "prune_audit"
_CHAINS = (
    "SELECT project.id, name, begun, position FROM audit_chain JOIN project ON project.id = chain"
    " ORDER BY name"
)
_KEPT = "SELECT min(position) FROM audit WHERE chain = ? AND at >= ?"


def pruned(database: Database) -> dict[str, int]:
    """The number of rows that are not in the audit any more, by project."""
    rows = database.read(_chains)
    return {name: begun for _, name, begun, _ in rows if begun}


def prunable(database: Database, before: int) -> dict[str, int]:
    """The number of rows older than ``before``, in seconds since 1970, by project."""
    found = database.read(lambda connection: list(_found(connection, before)))
    return {name: end - begun for _, name, begun, end in found}


def prune(database: Database, keys: DataKeys, before: int) -> dict[str, int]:
    """Remove them, project by project; their number by project.

    Raises ``ClovrixConfigError`` if the audit was changed: nothing could show that afterwards.
    """
    problems = list(audit_log.problems(database, keys))
    if problems:
        raise ClovrixConfigError(
            "the audit was changed, so nothing was removed", "run clovrix-env local audit verify"
        )
    removed: dict[str, int] = {}
    for project_id, name, _, _ in database.read(_chains):
        count = database.write(partial(_cut, keys, project_id, before))
        if count:
            removed[name] = count
    return removed


def _chains(connection: Connection) -> list[tuple[int, str, int, int]]:
    if connection.format < audit_log.FORMAT:
        return []
    return connection.execute(_CHAINS).fetchall()


def _found(
    connection: Connection, before: int, only: int | None = None
) -> Iterator[tuple[int, str, int, int]]:
    """The id and the name of each project, and its rows: after the first number, to the second."""
    for project_id, name, begun, last in _chains(connection):
        if only not in (None, project_id):
            continue
        (kept,) = connection.execute(_KEPT, (project_id, before)).fetchone()
        end = last if kept is None else kept - 1
        if end > begun:
            yield project_id, name, begun, end


def _cut(keys: DataKeys, project: int, before: int, connection: Connection) -> int:
    connection.lock(project)
    for _, name, begun, end in _found(connection, before, only=project):
        chains, count = audit.chains_of(keys), end - begun
        chains.cut(connection, project, end)
        with removing(connection):
            statement = "DELETE FROM audit WHERE chain = ? AND position <= ?"
            connection.execute(statement, (project, end))
        row = (int(time.time()), None, ACTION, name, None, None, count, 200)
        chains.append(connection, project, [row])
        return count
    return 0
