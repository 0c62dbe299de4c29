"""Operations of clovrix-env's own: the history of a key, the way back, and the log of a project.

The public API of Clovrix has none of them. An embedded store does, and so does its server, under
paths that start with ``wire.HISTORY_PREFIX``:

    GET     …/projects/P/environments/E/entries/K/history
    POST    …/projects/P/environments/E/entries/K/restore     {"version": N}
    DELETE  …/projects/P/environments/E/entries/K
    GET     …/projects/P/environments/E/log?after=ID
    GET     …/projects/P/log?after=ID

Every answer to them has the field ``operation``: a 404 or 405 without it comes from an address that
does not know the path. A launch does not load this module.
"""

from __future__ import annotations

from clovrix_env.api import limits, operations
from clovrix_env.api.messages import Call, EntryVersion, LogEvent, Reply
from clovrix_env.errors import (
    ClovrixAPIError,
    ClovrixConnectionError,
    ClovrixError,
    NotFoundError,
    ValidationError,
)
from clovrix_env.model.type_checks import as_list, as_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, NoReturn

    from clovrix_env.api.messages import Failure
    from clovrix_env.api.operations import Scope

CREATED, CHANGED, RESTORED, DELETED = "created", "changed", "restored", "deleted"
OPERATIONS = ("get_history", "restore_entry", "delete_entry", "get_log")
_CHANGES = (CREATED, CHANGED, RESTORED, DELETED)
# SQLite's largest integer.
_MOST = 2**63 - 1


def get_history(place: Scope, key: str) -> Call:
    limits.check_key(key)
    return Call("get_history", place.project, place.environment, key, token=place.token)


def restore_entry(place: Scope, key: str, version: int) -> Call:
    limits.check_key(key)
    check_number("the version", version, 1)
    at = place.project, place.environment
    return Call("restore_entry", *at, key, token=place.token, number=version)


def delete_entry(place: Scope, key: str) -> Call:
    limits.check_key(key)
    return Call("delete_entry", place.project, place.environment, key, token=place.token)


def get_log(place: Scope, after: int = 0) -> Call:
    check_number("after", after, 0)
    at = place.project, place.environment
    return Call("get_log", *at, token=place.token, number=after)


def project_scope(project: str, token: str | None) -> Scope:
    """The scope of a log of all environments of a project."""
    limits.check_segment("project", project)
    return operations.Scope(project, "", token)


def check_number(what: str, number: object, least: int) -> None:
    if isinstance(number, bool) or not isinstance(number, int):
        raise ValidationError(f"{what} must be an integer, not {type(number).__name__}", 400)
    if not least <= number <= _MOST:
        raise ValidationError(f"{what} must be from {least} to {_MOST}", 422)


def history(outcome: Reply | Failure, address: str) -> list[EntryVersion]:
    found = _list(_answer(outcome, address), "versions")
    return [_version(item) for item in found]


def restored(outcome: Reply | Failure, address: str) -> tuple[int, bool]:
    """The number of the current version, and whether it is new."""
    data = _answer(outcome, address)
    changed = data.get("changed")
    if not isinstance(changed, bool):
        _broken("it lacks 'changed'")
    return _number(data, "version"), changed


def deleted(outcome: Reply | Failure, address: str) -> int:
    return _number(_answer(outcome, address), "version")


def log(outcome: Reply | Failure, address: str) -> list[LogEvent]:
    return [_event(item) for item in _list(_answer(outcome, address), "events")]


def has_more(outcome: Reply | Failure) -> bool:
    """Whether the answer leaves out older versions or events, or later ones of ``after``."""
    return (
        isinstance(outcome, Reply) and outcome.data is not None and bool(outcome.data.get("more"))
    )


def error_of(outcome: Reply | Failure, address: str, about: str = "") -> ClovrixError | None:
    """The exception for an outcome, or ``None`` for a 2xx with a JSON object."""
    if isinstance(outcome, Reply) and outcome.status in (404, 405):
        if "operation" not in (outcome.data or {}):
            kind = NotFoundError if outcome.status == 404 else ClovrixAPIError
            why = f"{address} does not offer history: only an embedded store and its server do"
            return kind(about + why, outcome.status)
    return operations.error_of(outcome, about)


def _answer(outcome: Reply | Failure, address: str) -> Mapping[str, Any]:
    error = error_of(outcome, address)
    if error is not None:
        raise error
    assert isinstance(outcome, Reply)
    assert outcome.data is not None
    return outcome.data


def _list(data: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = as_list(data.get(name))
    if found is None:
        _broken(f"it has no list '{name}'")
    return found


def _version(item: object) -> EntryVersion:
    data = as_object(item) or {}
    change = data.get("change")
    if change not in _CHANGES:
        _broken("a version is not valid")
    number, at = _number(data, "number"), _number(data, "at")
    return EntryVersion(number, at, _text(data, "token"), change, _optional(data, "restored"))


def _event(item: object) -> LogEvent:
    data = as_object(item) or {}
    action = _text(data, "action")
    if action is None:
        _broken("an event has no action")
    return LogEvent(
        _number(data, "id"),
        _number(data, "at"),
        _text(data, "token"),
        action,
        _text(data, "environment"),
        _text(data, "key"),
        _optional(data, "version"),
    )


def _number(data: Mapping[str, Any], name: str) -> int:
    number = _optional(data, name)
    if number is None:
        _broken(f"it lacks the number '{name}'")
    return number


def _optional(data: Mapping[str, Any], name: str) -> int | None:
    number = data.get(name)
    if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
        _broken(f"'{name}' is not a number")
    return number


def _text(data: Mapping[str, Any], name: str) -> str | None:
    text = data.get(name)
    if text is not None and not (isinstance(text, str) and limits.is_utf8(text)):
        _broken(f"'{name}' is not a text")
    return text


def _broken(why: str) -> NoReturn:
    raise ClovrixConnectionError(f"the answer cannot be used: {why}", True)
