"""Opens every seal of a store, those of earlier versions too, and names what does not open.

The chains of the audit are verified too.

It reads in many short transactions, so that writers need not wait.
"""

from __future__ import annotations

from functools import partial

from clovrix_env.api.history import DELETED
from clovrix_env.api.messages import Call
from clovrix_env.store import audit_log, entries, history, tokens
from clovrix_env.store.access import Grant
from clovrix_env.system.seal import BrokenSeal, key_id_of, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection, Database

_BATCH = 100
_VERSIONS = (
    "SELECT version.entry_id, version.environment_id, version.number, project.id, project.name,"
    " environment.id, environment.name, entry.id, entry.key, entry.is_secret, version.number,"
    " {sealed}, {deleted} FROM version"
    " LEFT JOIN entry ON entry.id = version.entry_id"
    " LEFT JOIN environment ON environment.id = version.environment_id"
    " LEFT JOIN project ON project.id = environment.project_id"
    " WHERE (version.entry_id, version.environment_id, version.number) > (?, ?, ?)"
    " ORDER BY version.entry_id, version.environment_id, version.number LIMIT ?"
)
_KEYS = (
    "SELECT entry.key FROM head JOIN entry ON entry.id = head.entry_id"
    " JOIN environment ON environment.id = head.environment_id"
    " JOIN project ON project.id = environment.project_id"
    " WHERE project.name = ? AND environment.name = ? ORDER BY entry.key"
)
_HEADS = (
    "SELECT project.name, environment.name, entry.key FROM head"
    " LEFT JOIN version ON version.entry_id = head.entry_id"
    " AND version.environment_id = head.environment_id AND version.number = head.number"
    " LEFT JOIN entry ON entry.id = head.entry_id"
    " LEFT JOIN environment ON environment.id = head.environment_id"
    " LEFT JOIN project ON project.id = environment.project_id"
    " WHERE version.number IS NULL OR {deleted} <> 0"
)


def keys_of(connection: Connection, project: str, environment: str) -> list[str]:
    """The keys that have a value in an environment, whether it opens or not."""
    rows = connection.execute(_KEYS, (project, environment)).fetchall()
    return [key for (key,) in rows if isinstance(key, str)]


def problems(database: Database, keys: DataKeys) -> Iterator[str]:
    """One line for each problem; none if the store is sound."""
    yield from database.read(lambda connection: list(_of_store(connection, keys)))
    after: tuple[int, ...] | None = (-1, -1, -1)
    while after is not None:
        after, found = database.read(partial(_of_versions, keys, after))
        yield from found
    yield from audit_log.problems(database, keys)


def _of_store(connection: Connection, keys: DataKeys) -> Iterator[str]:
    for line in connection.damage():
        yield f"the file: {line}"
    for token in tokens.held(connection, keys):
        if not token.proven:
            yield f"token {token.id}: its rights were changed in the file"
    for project, environment, key in connection.execute(
        _HEADS.format(deleted=_deleted(connection))
    ):
        yield f"{project}/{environment}: {key}: its current version is missing"


def _deleted(connection: Connection) -> str:
    return "version.deleted" if history.has_kinds(connection) else "0"


def _of_versions(
    keys: DataKeys, after: tuple[int, ...], connection: Connection
) -> tuple[tuple[int, ...] | None, list[str]]:
    """The last of the next versions, if there are any, and their problems."""
    statement = _VERSIONS.format(
        sealed=connection.blob("version.sealed"), deleted=_deleted(connection)
    )
    rows = connection.execute(statement, (*after, _BATCH)).fetchall()
    found = [problem for row in rows for problem in _of_version(connection, keys, row)]
    return (rows[-1][:3] if rows else None), found


def _of_version(connection: Connection, keys: DataKeys, row: tuple[Any, ...]) -> Iterator[str]:
    project_id, project, environment_id, environment, *version, sealed, deleted = row[3:]
    entry_id, key, is_secret, number = version
    try:
        if not isinstance(sealed, bytes) or project is None or key is None:
            raise BrokenSeal("its key, its environment or its content is missing")
        place = place_of(keys, project_id, project, environment_id, environment)
        rest = rest_of(entry_id, key, is_secret, number, deleted)
        unseal(keys.named(connection, project_id, key_id_of(sealed)), (*place, *rest), sealed)
    except BrokenSeal as error:
        yield f"{project}/{environment}: {key}: version {number} does not open: {error}"


def place_of(
    keys: DataKeys, project_id: int, project: str, environment_id: int, environment: str
) -> tuple[str, ...]:
    """The first parts of the place of each seal in an environment."""
    grant, call = Grant(project_id, environment_id, None), Call("", project, environment)
    return entries.place_of(keys, grant, call)


def rest_of(
    entry_id: int, key: str, is_secret: int, number: int, deleted: object
) -> tuple[str, ...]:
    """The other parts of the place of a version's seal."""
    parts = (entry_id, key, is_secret, number, *([DELETED] if deleted else []))
    return tuple(map(str, parts))
