"""The history of keys and the log of a project, on a connection within a transaction.

A deletion is a version without a value and without a head: reading needs no other statement. Its
seal is over nothing and bound to the word ``deleted``, so that it never opens as an empty value.
"""

from __future__ import annotations

import time

from clovrix_env.api import limits
from clovrix_env.api.history import CHANGED, CREATED, DELETED, RESTORED, check_number
from clovrix_env.api.messages import Reply
from clovrix_env.errors import NotFoundError, ValidationError
from clovrix_env.store import entries
from clovrix_env.system.seal import BrokenSeal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clovrix_env.api.messages import Call
    from clovrix_env.store.access import Grant
    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection

_OF_ONE_KEY = " FROM version WHERE entry_id = ? AND environment_id = ?"
_HEAD = (
    "SELECT head.number, version.sealed FROM head LEFT JOIN version"
    " ON version.entry_id = head.entry_id AND version.environment_id = head.environment_id"
    " AND version.number = head.number WHERE head.environment_id = ? AND head.entry_id = ?"
)
# Without the reads that `serve --audit-reads` adds.
_EVENTS = (
    "SELECT id, at, token_id, action, environment, key, version FROM audit"
    " WHERE project = ? AND id > ?"
    " AND action NOT IN ('get_entries', 'get_entry', 'get_history', 'get_log')"
)
# The environments of a token whose scope is not the whole project.
_IN_SCOPE = (
    " AND (EXISTS (SELECT 1 FROM token_scope WHERE token_id = ? AND project_id = ?"
    " AND environment_id IS NULL) OR environment IN (SELECT name FROM environment"
    " JOIN token_scope AS scope ON scope.environment_id = environment.id"
    " WHERE scope.token_id = ? AND scope.project_id = ?))"
)


def get_history(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> Reply:
    del keys
    entry_id, is_secret, _ = _entry(connection, grant, call)
    columns = "restored, deleted" if has_kinds(connection) else "NULL, 0"
    rows = connection.execute(
        f"SELECT number, at, token_id, {columns}{_OF_ONE_KEY} ORDER BY number DESC LIMIT ?",
        (entry_id, grant.environment_id, limits.HISTORY_VERSIONS + 1),
    ).fetchall()
    versions = [_version(*row) for row in reversed(rows[: limits.HISTORY_VERSIONS])]
    if not versions:
        raise _no_history(call)
    more = len(rows) > limits.HISTORY_VERSIONS
    found = {"key": call.key, "is_secret": bool(is_secret), "versions": versions, "more": more}
    return Reply(200, found)


def restore_entry(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> Reply:
    """Write an earlier value as a new version, unless it is the current value already."""
    check_number("the version", call.number, 1)
    entry_id, is_secret, last = _entry(connection, grant, call)
    old = connection.execute(
        f"SELECT sealed, deleted{_OF_ONE_KEY} AND number = ?",
        (entry_id, grant.environment_id, call.number),
    ).fetchone()
    if old is None:
        if last == 0:
            raise _no_history(call)
        raise NotFoundError(f"{call.key} has no version {call.number} in this environment", 404)
    if old[1]:
        raise ValidationError(
            f"version {call.number} of {call.key} is a deletion and has no value to restore", 422
        )
    seals = entries.Seals(connection, keys, grant, call)
    value = seals.value_of((call.key, entry_id, is_secret, call.number, old[0]))
    head = connection.execute(_HEAD, (grant.environment_id, entry_id)).fetchone()
    if head is not None and _is_current(seals, (call.key, entry_id, is_secret, *head), value):
        return Reply(200, {"key": call.key, "version": head[0], "changed": False})
    number, now = entries.number_after(last), int(time.time())
    sealed = seals.seal((entry_id, call.key, is_secret, number), value.encode())
    entries.append(connection, grant, [(entry_id, number, sealed)], now, call.number)
    entries.note(connection, keys, grant, call, [(call.key, number, 200)], now)
    return Reply(200, {"key": call.key, "version": number, "changed": True})


def delete_entry(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> Reply:
    """Write a version without a value. The key and its other versions remain."""
    entry_id, is_secret, last = _entry(connection, grant, call)
    gone = connection.execute(
        "DELETE FROM head WHERE environment_id = ? AND entry_id = ?",
        (grant.environment_id, entry_id),
    )
    if not gone.rowcount:
        raise NotFoundError(f"{call.key} has no value in this environment", 404)
    number, now = entries.number_after(last), int(time.time())
    seals = entries.Seals(connection, keys, grant, call)
    sealed = seals.seal((entry_id, call.key, is_secret, number, DELETED), b"")
    entries.add_versions(connection, grant, [(entry_id, number, sealed)], now, deleted=True)
    entries.note(connection, keys, grant, call, [(call.key, number, 200)], now)
    return Reply(200, {"key": call.key, "version": number})


def get_log(connection: Connection, keys: DataKeys, grant: Grant, call: Call) -> Reply:
    """The newest events, or those after ``call.number``; in the order in which they happened."""
    del keys
    check_number("after", call.number, 0)
    statement, bound = _EVENTS, [call.project, call.number]
    if call.environment:
        statement += " AND environment = ?"
        bound.append(call.environment)
    elif grant.token_id is not None:
        statement += _IN_SCOPE
        bound += [grant.token_id, grant.project_id] * 2
    order = "ASC" if call.number > 0 else "DESC"
    rows = connection.execute(
        f"{statement} ORDER BY id {order} LIMIT ?", (*bound, limits.LOG_EVENTS + 1)
    ).fetchall()
    events = [_event(*row) for row in rows[: limits.LOG_EVENTS]]
    events = events if call.number > 0 else events[::-1]
    return Reply(200, {"events": events, "more": len(rows) > limits.LOG_EVENTS})


OPERATIONS = {
    "get_history": get_history,
    "restore_entry": restore_entry,
    "delete_entry": delete_entry,
    "get_log": get_log,
}


def has_kinds(connection: Connection) -> bool:
    """Whether versions have the columns of format 2. A store of format 1 may be read-only."""
    return connection.format > 1


def _entry(connection: Connection, grant: Grant, call: Call) -> tuple[int, int, int]:
    """The id, ``is_secret`` and the last number of the key's entry."""
    limits.check_key(call.key)
    entry = entries.known_entries(connection, grant, [call.key]).get(call.key)
    if entry is None:
        raise _no_history(call)
    return entry


def _no_history(call: Call) -> NotFoundError:
    return NotFoundError(f"{call.key} never had a value in this environment", 404)


def _is_current(seals: entries.Seals, row: tuple[Any, ...], value: str) -> bool:
    try:
        return seals.value_of(row) == value
    except BrokenSeal:  # a damaged value differs from every other
        return False


def _version(number: Any, at: Any, token: Any, restored: Any, deleted: Any) -> dict[str, object]:
    _check_numbers(number, at, restored or 0)
    change = DELETED if deleted else RESTORED if restored else CREATED if number == 1 else CHANGED
    return {
        "number": number,
        "at": at,
        "token": _text(token),
        "change": change,
        "restored": restored,
    }


def _event(
    at_id: Any, at: Any, token: Any, action: Any, environment: Any, key: Any, version: Any
) -> dict[str, object]:
    _check_numbers(at_id, at, version or 0)
    return {
        "id": at_id,
        "at": at,
        "token": _text(token),
        "action": _text(action),
        "environment": _text(environment),
        "key": _text(key),
        "version": version,
    }


def _check_numbers(*cells: Any) -> None:
    # SQLite stores any type in any column.
    if not all(isinstance(cell, int) for cell in cells):
        raise BrokenSeal("a version or an event has lost its number")


def _text(cell: Any) -> str | None:
    if cell is not None and not isinstance(cell, str):
        raise BrokenSeal("a version or an event has lost its names")
    return cell
