"""Removes old versions, tokens that are no longer valid, and data keys that seal nothing.

The newest version of a key in an environment stays, whatever the rule is: its number must not be
given again, because a seal is bound to it. So does the current one. ``audit_prune`` prunes the log.
"""

from __future__ import annotations

from contextlib import contextmanager

from clovrix_env.model.record import Record
from clovrix_env.store import audit
from clovrix_env.store.projects import project_named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection

_VERSIONS = (
    "SELECT project.name, environment.name, entry.key,"
    " version.entry_id, version.environment_id, version.number FROM version"
    " JOIN entry ON entry.id = version.entry_id JOIN project ON project.id = entry.project_id"
    " JOIN environment ON environment.id = version.environment_id"
    " WHERE version.number < (SELECT other.number FROM version AS other WHERE {same_key}"
    " ORDER BY other.number DESC LIMIT 1 OFFSET ?)"
    " AND NOT EXISTS (SELECT 1 FROM head AS other WHERE {same_key}"
    " AND other.number = version.number)"
)
# The time at which the next version replaced it: until then it was in use.
_REPLACED = (
    " AND (SELECT other.at FROM version AS other WHERE {same_key}"
    " AND other.number > version.number ORDER BY other.number LIMIT 1) < ?"
)
_SAME_KEY = "other.entry_id = version.entry_id AND other.environment_id = version.environment_id"
_ORDER = " ORDER BY project.name, environment.name, entry.key, version.number"
_TOKENS = "SELECT id FROM token WHERE revoked_at < ? OR expires_at < ? ORDER BY id"
_DATA_KEYS = "SELECT project_id, key_id FROM data_key WHERE retired_at IS NOT NULL"
# The key id in a seal follows one byte (system.seal).
_USES = (
    "SELECT entry_id, environment_id, number, token_id, project_id, substr(sealed, 2, 4)"
    " FROM version JOIN entry ON entry.id = version.entry_id"
)


class Rule(Record):
    """Keeps the newest ``keep`` versions of a key in an environment, one or more.

    With ``before``, in seconds since 1970, it also keeps versions that were replaced since, and
    removes tokens that were revoked or expired before.
    """

    keep: int
    before: int | None = None


class Pruning(Record):
    """The rows to remove, or those that were removed."""

    # Project, environment and key by name, then the primary key.
    versions: tuple[tuple[str, str, str, int, int, int], ...]
    tokens: tuple[str, ...]
    data_keys: tuple[tuple[int, bytes], ...]

    def __bool__(self) -> bool:
        return bool(self.versions or self.tokens or self.data_keys)


def found(connection: Connection, rule: Rule) -> Pruning:
    """The rows that the rule does not keep."""
    statement, bound = _VERSIONS, [rule.keep - 1]
    if rule.before is not None:
        statement, bound = statement + _REPLACED, [*bound, rule.before]
    statement = statement.format(same_key=_SAME_KEY) + _ORDER
    versions = tuple(connection.execute(statement, bound).fetchall())
    tokens: list[str] = []
    if rule.before is not None:
        tokens = [name for (name,) in connection.execute(_TOKENS, (rule.before, rule.before))]
    data_keys = connection.execute(_DATA_KEYS).fetchall()
    if tokens or data_keys:
        removed = {row[3:] for row in versions}
        uses = [row[3:] for row in connection.execute(_USES) if row[:3] not in removed]
        by_tokens, by_keys = {use[0] for use in uses}, {use[1:] for use in uses}
        tokens = [token for token in tokens if token not in by_tokens]
        data_keys = [key for key in data_keys if key not in by_keys]
    return Pruning(versions, tuple(tokens), tuple(data_keys))


@contextmanager
def removing(connection: Connection) -> Generator[None, None, None]:
    """Allow rows to be removed from tables that are append-only."""
    connection.execute("INSERT INTO setting VALUES ('pruning', '1')")
    yield
    connection.execute("DELETE FROM setting WHERE name = 'pruning'")


def remove(connection: Connection, keys: DataKeys, rule: Rule) -> Pruning:
    """Remove the rows that the rule does not keep, within the transaction of a write."""
    for (project_id,) in connection.execute("SELECT id FROM project ORDER BY id").fetchall():
        connection.lock(project_id)
    pruned = found(connection, rule)
    with removing(connection):
        connection.each(
            "DELETE FROM version WHERE entry_id = ? AND environment_id = ? AND number = ?",
            [row[3:] for row in pruned.versions],
        )
    tokens = [(token,) for token in pruned.tokens]
    connection.each("DELETE FROM token_scope WHERE token_id = ?", tokens)
    connection.each("DELETE FROM token WHERE id = ?", tokens)
    connection.batch("INSERT INTO former_token (id)", tokens)
    connection.each("DELETE FROM data_key WHERE project_id = ? AND key_id = ?", pruned.data_keys)
    places = dict.fromkeys(row[:2] for row in pruned.versions)
    for project in dict.fromkeys(project for project, _ in places):
        done = [(*place, None) for place in places if place[0] == project]
        chain = project_named(connection, project)
        audit.note_acts(connection, keys, "prune_versions", done, chain=chain)
    done_tokens = [(None, None, token) for token in pruned.tokens]
    audit.note_acts(connection, keys, "prune_token", done_tokens)
    return pruned
