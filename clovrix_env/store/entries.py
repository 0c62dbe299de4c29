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
from clovrix_env.system.seal import BrokenSeal, key_id_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from clovrix_env.api.messages import Call
    from clovrix_env.store.access import Grant
    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection
    from clovrix_env.system.seal import Sealer

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
# The last number is that of the versions, not of the head: a head that was set back must not
# repeat a number.
_KNOWN = (
    "SELECT key, id, is_secret, (SELECT coalesce(max(number), 0) FROM version"
    " WHERE entry_id = entry.id AND environment_id = ?)"
    " FROM entry WHERE project_id = ? AND key IN ({keys})"
)
_MOST = 2**63 - 1  # of a column


def get_entries(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> Reply:
    # No variable for the cursor: if it failed half way, the traceback would keep its lock.
    rows = connection.execute(_ALL_HEADS, (grant.environment_id,)).fetchall()
    tag = None if call.known_tag is None else _tag_of(keys, grant, rows)
    if tag is not None and tag == call.known_tag:
        return Reply(304, {}, tag=tag)
    seals = Seals(connection, keys, grant, call)
    return Reply(200, {"entries": {row[0]: seals.value_of(row) for row in rows}}, tag=tag)


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
    value = Seals(connection, keys, grant, call).value_of(row)
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


class Seals:
    """The seals of the values in an environment, and their data keys.

    A version is entry id, key, ``is_secret`` and number.
    """

    def __init__(self, connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> None:
        self._connection = connection
        self._keys = keys
        self._project_id = grant.project_id
        self._place = place_of(keys, grant, call)
        self._sealing: Sealer | None = None

    def value_of(self, row: tuple[Any, ...]) -> str:
        """The value of a row with key, entry id, ``is_secret``, number and sealed value."""
        key, entry_id, is_secret, number, sealed = row
        if not isinstance(key, str) or not isinstance(sealed, bytes):
            raise BrokenSeal("an entry has lost its key or its value")
        try:
            sealer = self._named(key_id_of(sealed))
            rest = (str(entry_id), key, str(is_secret), str(number))
            return sealer.unseal(rest, sealed).decode()
        except BrokenSeal as error:
            raise BrokenSeal(f"the value of {key!a} does not open: {error}") from None

    def seal(self, version: Iterable[object], plain: bytes) -> bytes:
        """Seal a value with the key for new values of the project."""
        if self._sealing is None:
            self._sealing = self._named(self._keys.current(self._connection, self._project_id))
        return self._sealing.seal(map(str, version), plain)

    def _named(self, key_id: bytes) -> Sealer:
        return self._keys.sealer(self._connection, self._project_id, key_id, self._place)


def place_of(keys: DataKeys, grant: Grant, call: Call) -> tuple[str, ...]:
    """The first parts of the context of each seal in an environment; a version follows."""
    environment_id = str(grant.environment_id)
    return keys.store_id, str(grant.project_id), call.project, environment_id, call.environment


def _write(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> int:
    """Write all items of the call, and return the number of keys that are new in the project."""
    if not call.items:
        return 0
    named = [item.key for item in call.items]
    known = known_entries(connection, grant, named)
    new = [
        (grant.project_id, item.key, int(bool(item.is_secret)))
        for item in call.items
        if item.key not in known
    ]
    if new:
        _check_room(connection, grant, len(new))
        connection.batch("INSERT INTO entry (project_id, key, is_secret)", new)
        known = known_entries(connection, grant, named)
    seals = Seals(connection, keys, grant, call)
    versions: list[tuple[int, int, bytes]] = []
    for item in call.items:
        entry_id, is_secret, last = known[item.key]
        number = number_after(last)
        sealed = seals.seal((entry_id, item.key, is_secret, number), item.value.encode())
        versions.append((entry_id, number, sealed))
    now = int(time.time())
    append(connection, grant, versions, now)
    created = {key for _, key, _ in new}
    done = [
        (key, number, 201 if key in created else 200)
        for key, (_, number, _) in zip(named, versions)
    ]
    note(connection, keys, grant, call, done, now)
    return len(new)


def known_entries(
    connection: Connection, grant: Grant, keys: Sequence[str]
) -> dict[str, tuple[int, int, int]]:
    """The id, ``is_secret`` and the last number in the environment of each key that exists."""
    statement = _KNOWN.format(keys=", ".join("?" * len(keys)))
    values = (grant.environment_id, grant.project_id, *keys)
    return {row[0]: row[1:] for row in connection.execute(statement, values).fetchall()}


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


def number_after(last: object) -> int:
    """The number of the next version."""
    if not isinstance(last, int) or last >= _MOST:
        raise BrokenSeal("a version has lost its number")
    return last + 1


def append(
    connection: Connection,
    grant: Grant,
    versions: Sequence[tuple[int, int, bytes]],
    now: int,
    restored: int | None = None,
) -> None:
    """Add versions and make them the current ones. ``restored`` is the version that is repeated."""
    add_versions(connection, grant, versions, now, restored)
    connection.batch(
        "INSERT INTO head (environment_id, entry_id, number)",
        [(grant.environment_id, entry_id, number) for entry_id, number, _ in versions],
        "ON CONFLICT (environment_id, entry_id) DO UPDATE SET number = excluded.number",
    )


def add_versions(
    connection: Connection,
    grant: Grant,
    versions: Sequence[tuple[int, int, bytes]],
    now: int,
    restored: int | None = None,
    *,
    deleted: bool = False,
) -> None:
    """Add versions: entry id, number and sealed value. The current versions stay."""
    kind = now, grant.token_id, restored, int(deleted)
    connection.batch(
        "INSERT INTO version"
        " (entry_id, environment_id, number, sealed, at, token_id, restored, deleted)",
        [
            (entry_id, grant.environment_id, number, sealed, *kind)
            for entry_id, number, sealed in versions
        ],
    )


def note(
    connection: Connection,
    keys: DataKeys,
    grant: Grant,
    call: Call,
    done: Iterable[tuple[str | None, int | None, int]],
    now: int | None = None,
) -> None:
    """Write the key, the number and the status of each version, written or read, to the audit."""
    from clovrix_env.store import audit  # a launch only reads

    audit.note_call(connection, keys, grant, call, done, now)
