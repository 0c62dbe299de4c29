"""The four operations: arguments to a ``Call``, and a ``Reply`` to a result or an error.

Both clients, the launcher and the embedded store use this module. It checks the arguments, so
that a request that Clovrix would refuse is not sent.
"""

from __future__ import annotations

from itertools import count

from clovrix_env.api import limits
from clovrix_env.api.messages import Call, Entry, Failure, Reply, WriteItem, WriteResult
from clovrix_env.errors import (
    AuthenticationError,
    BillingError,
    ClovrixAPIError,
    ClovrixConnectionError,
    ClovrixError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    ValidationError,
)
from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import as_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, NoReturn

_ITEM_FIELDS = ("key", "value", "is_secret")
_ERRORS: dict[int, type[ClovrixAPIError]] = {
    400: ValidationError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    413: ValidationError,
    422: ValidationError,
}


class Scope(Record, hidden=("token",)):
    """A project, an environment and the token for both."""

    project: str
    environment: str
    token: str | None = None


def checked_place(project: str, environment: str, token: str | None = None) -> Scope:
    """The scope, after both names were checked."""
    limits.check_segment("project", project)
    limits.check_segment("environment", environment)
    return Scope(project, environment, token)


def get_entries(place: Scope) -> Call:
    return Call("get_entries", place.project, place.environment, token=place.token)


def get_entry(place: Scope, key: str) -> Call:
    limits.check_key(key)
    return Call("get_entry", place.project, place.environment, key, token=place.token)


def set_entry(place: Scope, item: WriteItem) -> Call:
    check_item(item)
    return Call("set_entry", place.project, place.environment, item.key, (item,), place.token)


def set_entries(place: Scope, items: Iterable[WriteItem | Mapping[str, Any]]) -> Call:
    """A bulk write of at most 100 items, each a ``WriteItem`` or a mapping of its fields."""
    batch = tuple(map(_item, count(1), items))  # with map, so that no frame contains an item
    for item in batch:
        check_item(item)
    limits.check_batch(item.key for item in batch)
    return Call("set_entries", place.project, place.environment, items=batch, token=place.token)


def check_item(item: WriteItem) -> None:
    limits.check_key(item.key)
    limits.check_value(item.key, item.value)
    limits.check_secrecy(item.key, item.is_secret)


def _item(number: int, item: WriteItem | Mapping[str, Any]) -> WriteItem:
    if isinstance(item, WriteItem):
        return item
    try:
        fields = dict(item)
    except (TypeError, ValueError):
        raise ValidationError(
            f"item {number} must be a WriteItem or a mapping, not {type(item).__name__}", 400
        ) from None
    for name in ("key", "value"):
        if name not in fields:
            raise ValidationError(f"item {number} has no {name!r}", 400)
    for name in fields:
        if name not in _ITEM_FIELDS:
            raise ValidationError(
                f"item {number} has an unknown field {name!r}; use key, value and is_secret", 400
            )
    return WriteItem(**fields)


def entries(outcome: Reply | Failure) -> dict[str, str]:
    found = as_object(_answer(outcome).get("entries", {}))
    why = _why_no_entries(found)
    if found is None or why:
        found = None  # so that no frame of the traceback contains a value
        _broken(why)
    return found


def entry(outcome: Reply | Failure) -> Entry:
    fields: dict[str, Any] = {name: _answer(outcome).get(name) for name in _ITEM_FIELDS}
    found = Entry(**fields)
    del fields  # only the Entry remains, which hides its value in a traceback
    if not isinstance(found.key, str) or not isinstance(found.is_secret, bool):
        _broken("it is not a valid entry")
    why = _why_no_text(found.key, found.value)
    if why:
        _broken(why)
    return found


def _why_no_entries(found: dict[str, Any] | None) -> str:
    if found is None:
        return "'entries' is not an object"
    reasons = (_why_no_text(key, value) for key, value in found.items())
    return next(filter(None, reasons), "")


def _why_no_text(key: str, value: object) -> str:
    if len(key) > limits.KEY_CHARACTERS:
        return f"a key has {len(key)} characters; at most {limits.KEY_CHARACTERS}"
    if not isinstance(value, str):
        return f"the value of {key!a} is not a string"
    if not limits.is_utf8(key) or not limits.is_utf8(value):
        return f"{key!a} or its value is not UTF-8"
    return ""


def write_result(outcome: Reply | Failure) -> WriteResult:
    data = _answer(outcome)
    key, created = data.get("key"), data.get("created")
    if not isinstance(key, str) or not isinstance(created, bool):
        _broken("it lacks 'key' or 'created'")
    return WriteResult(key, created)


def written(outcome: Reply | Failure) -> int:
    number = _answer(outcome).get("written")
    if isinstance(number, bool) or not isinstance(number, int):
        _broken("it lacks 'written', the number of entries")
    return number


def _answer(outcome: Reply | Failure) -> Mapping[str, Any]:
    """The JSON object of a 2xx. Any other outcome raises its exception."""
    error = error_of(outcome)
    if error is not None:
        raise error
    assert isinstance(outcome, Reply)
    assert outcome.data is not None
    return outcome.data


def error_of(outcome: Reply | Failure, about: str = "") -> ClovrixError | None:
    """The exception for an outcome, or ``None`` for a 2xx with a JSON object.

    ``about`` is the prefix of its message, which identifies one of several calls.
    """
    if isinstance(outcome, Failure):
        return ClovrixConnectionError(about + outcome.reason, outcome.sent)
    status, data = outcome.status, outcome.data
    if 200 <= status < 300:
        if data is not None:
            return None
        return ClovrixConnectionError(
            f"{about}the answer (status {status}) is not a JSON object", True
        )
    given = data.get("error") if data is not None else None
    message = given if isinstance(given, str) and given else outcome.text or f"HTTP {status}"
    message = about + message
    retry_after = seconds_to_wait(outcome)
    if status == 402:
        billing = data.get("billing_status") if data is not None else None
        return BillingError(
            message, status, retry_after, billing if isinstance(billing, str) else None
        )
    kind = ServerError if status >= 500 else _ERRORS.get(status, ClovrixAPIError)
    return kind(message, status, retry_after)


def seconds_to_wait(reply: Reply) -> float | None:
    """The wait that ``Retry-After`` requests, in seconds, or ``None``.

    The header is a number of seconds or a date (RFC 9110 §10.2.3). A date is relative to the
    ``Date`` of the answer, because the local clock may be wrong. Without ``Date`` it is ignored.
    """
    text = (reply.retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    if not text or not reply.date:
        return None
    from email.utils import parsedate_to_datetime

    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(reply.date)
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, wait.total_seconds())


def _broken(why: str) -> NoReturn:
    raise ClovrixConnectionError(f"the answer cannot be used: {why}", True)
