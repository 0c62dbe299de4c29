"""The operations on entries, on a connection within a transaction.

A value is sealed with its project's data key and bound to store, project, environment, entry,
``is_secret`` and version, by id and by name: a row that was moved, changed or renamed does not
open. The number of the current version is not bound.
"""

from __future__ import annotations

import time

from clovrix_env.api import limits, operations
from clovrix_env.api.messages import Reply
from clovrix_env.errors import NotFoundError, ValidationError
from clovrix_env.system.seal import BrokenSeal, key_id_of, seal, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection
    from typing import Any

    from clovrix_env.api.messages import Call, WriteItem
    from clovrix_env.store.access import Grant
    from clovrix_env.store.data_keys import DataKeys

# The last bytes of a seal, which differ for each version.
_SEAL_END = 16
# Outer joins: a head whose version is missing must not look like a key without a value.
_HEADS = (
    "SELECT entry.key, entry.id, entry.is_secret, head.number, version.sealed FROM head"
    " LEFT JOIN entry ON entry.id = head.entry_id"
    " LEFT JOIN version ON version.entry_id = head.entry_id"
    " AND version.environment_id = head.environment_id AND version.number = head.number"
    " WHERE head.environment_id = ?"
)
_ALL_HEADS = _HEADS + " ORDER BY entry.key"
_OF_ONE_KEY = " AND head.entry_id = (SELECT id FROM entry WHERE project_id = ? AND key = ?)"
_ONE_HEAD = _HEADS + _OF_ONE_KEY


def get_entries(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> Reply:
    # No variable for the cursor: if it failed half way, the traceback would keep its lock.
    rows = connection.execute(_ALL_HEADS, (grant.environment_id,)).fetchall()
    tag = None if call.known_tag is None else _tag_of(keys, grant, rows)
    if tag is not None and tag == call.known_tag:
        return Reply(304, {}, tag=tag)
    found = {row[0]: value_of(connection, keys, grant, call, row) for row in rows}
    return Reply(200, {"entries": found}, tag=tag)


def _tag_of(keys: DataKeys, grant: Grant, rows: Sequence[Sequence[Any]]) -> str:
    """A text that changes with each write to an environment, and reveals no value.

    A number can come twice, after a backup was restored. The end of a seal does not.
    """
    from hashlib import sha256

    state = sha256(f"{keys.store_id} {grant.environment_id}".encode())
    for key, entry_id, is_secret, number, sealed in rows:
        state.update(f" {key!a} {entry_id!a} {is_secret!a} {number!a} ".encode())
        state.update(sealed[-_SEAL_END:] if isinstance(sealed, bytes) else b"")
    return state.hexdigest()[:32]


def get_entry(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> Reply:
    limits.check_key(call.key)
    row = connection.execute(
        _ONE_HEAD, (grant.environment_id, grant.project_id, call.key)
    ).fetchone()
    if row is None:
        raise NotFoundError(f"{call.key} has no value in this environment", 404)
    value = value_of(connection, keys, grant, call, row)
    return Reply(200, {"key": call.key, "value": value, "is_secret": bool(row[2])})


def set_entry(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> Reply:
    created = _write(connection, keys, grant, call) > 0
    return Reply(201 if created else 200, {"key": call.key, "created": created})


def set_entries(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> Reply:
    _write(connection, keys, grant, call)
    return Reply(200, {"written": len(call.items)})


def check_items(call: Call) -> None:
    """Check the items without looking into the store: 422 for an invalid one."""
    for item in call.items:
        operations.check_item(item)
    limits.check_batch(item.key for item in call.items)


def value_of(
    connection: Connection, keys: DataKeys, grant: Grant, call: Call, row: tuple[Any, ...]
) -> str:
    key, entry_id, is_secret, number, sealed = row
    if not isinstance(key, str) or not isinstance(sealed, bytes):
        raise BrokenSeal("an entry has lost its key or its value")
    try:
        data_key = keys.named(connection, grant.project_id, key_id_of(sealed))
        place = place_of(keys, grant, call, (entry_id, key, is_secret, number))
        return unseal(data_key, place, sealed).decode()
    except BrokenSeal as error:
        raise BrokenSeal(f"the value of {key!a} does not open: {error}") from None


def place_of(
    keys: DataKeys, grant: Grant, call: Call, version: Sequence[object]
) -> tuple[str, ...]:
    """The context of a seal; ``version`` is entry id, key, ``is_secret`` and number."""
    return (
        keys.store_id,
        str(grant.project_id),
        call.project,
        str(grant.environment_id),
        call.environment,
        *map(str, version),
    )


def _write(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> int:
    """Write all items of the call, and return the number of keys that are new in the project."""
    known = [known_entry(connection, grant, item.key) for item in call.items]
    created = known.count(None)
    if created:
        _check_room(connection, grant, created)
    key_id, data_key = keys.current(connection, grant.project_id)
    now = int(time.time())
    for item, entry in zip(call.items, known):
        entry_id, is_secret = entry or _create(connection, grant, item)
        number = next_number(connection, grant, entry_id)
        place = place_of(keys, grant, call, (entry_id, item.key, is_secret, number))
        sealed = seal(data_key, key_id, place, item.value.encode())
        append(connection, grant, (entry_id, number, sealed, now))
        status = 201 if entry is None else 200
        note(connection, grant, call, (item.key, number, status, now))
    return created


def known_entry(connection: Connection, grant: Grant, key: str) -> tuple[int, int] | None:
    found: tuple[int, int] | None = connection.execute(
        "SELECT id, is_secret FROM entry WHERE project_id = ? AND key = ?", (grant.project_id, key)
    ).fetchone()
    return found


def _check_room(connection: Connection, grant: Grant, created: int) -> None:
    (held,) = connection.execute(
        "SELECT count(*) FROM entry WHERE project_id = ?", (grant.project_id,)
    ).fetchone()
    if held + created > limits.PROJECT_ENTRIES:
        raise ValidationError(
            f"the project has {held} entries and this would add {created}; "
            f"at most {limits.PROJECT_ENTRIES}",
            422,
        )


def _create(connection: Connection, grant: Grant, item: WriteItem) -> tuple[int, int]:
    is_secret = int(bool(item.is_secret))
    made = connection.execute(
        "INSERT INTO entry (project_id, key, is_secret) VALUES (?, ?, ?)",
        (grant.project_id, item.key, is_secret),
    )
    assert made.lastrowid is not None
    return made.lastrowid, is_secret


def next_number(connection: Connection, grant: Grant, entry_id: int) -> int:
    # From the versions, not the head: a head that was set back must not repeat a number.
    (number,) = connection.execute(
        "SELECT coalesce(max(number), 0) + 1 FROM version"
        " WHERE entry_id = ? AND environment_id = ?",
        (entry_id, grant.environment_id),
    ).fetchone()
    if not isinstance(number, int):
        raise BrokenSeal("a version has lost its number")
    return number


def append(
    connection: Connection, grant: Grant, version: Sequence[Any], restored: int | None = None
) -> None:
    """Add a version and make it the current one. ``restored`` is the version that it repeats."""
    entry_id, number, *_ = version
    add_version(connection, grant, version, restored)
    connection.execute(
        "INSERT INTO head (environment_id, entry_id, number) VALUES (?, ?, ?)"
        " ON CONFLICT (environment_id, entry_id) DO UPDATE SET number = excluded.number",
        (grant.environment_id, entry_id, number),
    )


def add_version(
    connection: Connection,
    grant: Grant,
    version: Sequence[Any],
    restored: int | None = None,
    *,
    deleted: bool = False,
) -> None:
    """Add a version: entry id, number, sealed value and time. The current version stays."""
    entry_id, number, sealed, now = version
    kind = restored, int(deleted)
    connection.execute(
        "INSERT INTO version"
        " (entry_id, environment_id, number, sealed, at, token_id, restored, deleted)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (entry_id, grant.environment_id, number, sealed, now, grant.token_id, *kind),
    )


def note(connection: Connection, grant: Grant, call: Call, done: Sequence[Any]) -> None:
    key, number, status, now = done
    connection.execute(
        "INSERT INTO audit (at, token_id, action, project, environment, key, version, status)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (now, grant.token_id, call.operation, call.project, call.environment, key, number, status),
    )
