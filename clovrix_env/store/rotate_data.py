"""Replaces the data key of a project: a new one for new values, then old versions are sealed again.

The first transaction adds the key and retires the others. Each of the next seals some versions
with the new key, and the last removes the retired keys. A kill between two of them loses nothing:
every version names its key, and the next call resumes.
"""

from __future__ import annotations

import time
from functools import partial

from clovrix_env.model.record import Record
from clovrix_env.store import audit
from clovrix_env.store.projects import project_named
from clovrix_env.store.verify import place_of, rest_of
from clovrix_env.system.seal import BrokenSeal, key_id_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection, Database

_BATCH = 100
_RETIRED = "SELECT key_id FROM data_key WHERE project_id = ? AND retired_at IS NOT NULL"
_VERSIONS = (
    "SELECT version.entry_id, version.environment_id, version.number, version.sealed,"
    " version.deleted, environment.name, entry.key, entry.is_secret FROM version"
    " JOIN entry ON entry.id = version.entry_id"
    " JOIN environment ON environment.id = version.environment_id"
    " WHERE entry.project_id = ?"
    " AND (version.entry_id, version.environment_id, version.number) > (?, ?, ?)"
    " ORDER BY version.entry_id, version.environment_id, version.number LIMIT ?"
)
_SEALED = "UPDATE version SET sealed = ? WHERE entry_id = ? AND environment_id = ? AND number = ?"


class Rotated(Record):
    """The number of versions that were sealed again, and a line for each that did not open.

    The retired keys are kept while ``problems`` has lines.
    """

    versions: int
    problems: tuple[str, ...] = ()


def rotate(database: Database, keys: DataKeys, project: str) -> Rotated:
    """Give a project a new data key, or complete a rotation that was interrupted."""
    project_id = database.write(lambda connection: _begun(connection, keys, project))
    count, after = 0, (0, 0, 0)
    problems: list[str] = []
    while True:
        rows, done, found = database.write(
            partial(_batch, keys, (project_id, project), after, not problems)
        )
        count, problems = count + done, problems + found
        if not rows:
            return Rotated(count, tuple(problems))
        after = rows[-1][:3]


def _begun(connection: Connection, keys: DataKeys, project: str) -> int:
    """Add a data key and retire the others, unless there are retired ones; the project's id."""
    project_id = project_named(connection, project)
    connection.lock(project_id)
    if not connection.execute(_RETIRED, (project_id,)).fetchall():
        connection.execute(
            "UPDATE data_key SET retired_at = ? WHERE project_id = ?",
            (int(time.time()), project_id),
        )
        keys.create(connection, project_id)
        done = [(project, None, None)]
        audit.note_acts(connection, keys, "rotate_data", done, chain=project_id)
    return project_id


def _batch(
    keys: DataKeys,
    project: tuple[int, str],
    after: tuple[int, int, int],
    all_open: bool,
    connection: Connection,
) -> tuple[list[Any], int, list[str]]:
    """The next versions, how many of them were sealed again, and their problems.

    After the last one the retired keys are removed, if all versions have opened.
    """
    project_id, name = project
    connection.lock(project_id)
    rows = connection.execute(_VERSIONS, (project_id, *after, _BATCH)).fetchall()
    count = 0
    problems: list[str] = []
    if not rows and all_open:
        _remove_retired(connection, project_id)
    current = keys.current(connection, project_id)
    for row in rows:
        try:
            count += _seal_again(connection, keys, project, current, row)
        except BrokenSeal as error:
            problems.append(f"{name}/{row[5]}: {row[6]}: version {row[2]} does not open: {error}")
    return rows, count, problems


def _seal_again(
    connection: Connection,
    keys: DataKeys,
    project: tuple[int, str],
    current: bytes,
    row: tuple[Any, ...],
) -> bool:
    entry_id, environment_id, number, sealed, deleted, environment, key, is_secret = row
    if not isinstance(sealed, bytes):
        raise BrokenSeal("its content is missing")
    old = key_id_of(sealed)
    if old == current:
        return False
    place = place_of(keys, *project, environment_id, environment)
    rest = rest_of(entry_id, key, is_secret, number, deleted)
    plain = keys.sealer(connection, project[0], old, place).unseal(rest, sealed)
    new = keys.sealer(connection, project[0], current, place).seal(rest, plain)
    connection.execute(_SEALED, (new, entry_id, environment_id, number))
    return True


def _remove_retired(connection: Connection, project_id: int) -> None:
    connection.execute(
        "DELETE FROM data_key WHERE project_id = ? AND retired_at IS NOT NULL", (project_id,)
    )
