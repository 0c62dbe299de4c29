"""The values that clients and servers exchange."""

from __future__ import annotations

from clovrix_env.errors import BillingError
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from clovrix_env.errors import ClovrixAPIError

_WRITING = ("set_entry", "set_entries", "restore_entry", "delete_entry")


class Entry(Record, hidden=("value",)):
    """One entry, as Clovrix stores it. Its ``repr`` hides the value.

    Example:
        >>> from clovrix_env import Entry
        >>> Entry("API_KEY", "hunter2", is_secret=True)
        Entry(key='API_KEY', value=<hidden>, is_secret=True)
    """

    key: str
    value: str
    is_secret: bool


class WriteItem(Record, hidden=("value",)):
    """One entry to write. Its ``repr`` hides the value.

    ``is_secret`` applies only to a new key, which is not secret by default.

    Example:
        >>> from clovrix_env import WriteItem
        >>> WriteItem("PORT", "8000")
        WriteItem(key='PORT', value=<hidden>, is_secret=None)
    """

    key: str
    value: str
    is_secret: bool | None = None


class WriteResult(Record):
    """The result of a write. ``created`` is true if the key is new in the project.

    Example:
        >>> from clovrix_env import WriteResult
        >>> WriteResult("PORT", created=True).created
        True
    """

    key: str
    created: bool


class EntryVersion(Record):
    """One version of an entry's value in an environment, without the value.

    ``at`` is in seconds since 1970. ``token`` is the public id of the token that wrote it, or
    ``None`` for the owner of the store. ``change`` is ``created``, ``changed``, ``restored`` or
    ``deleted``; ``restored`` is the number of the version that was restored, or ``None``.

    Example:
        >>> from clovrix_env import EntryVersion
        >>> EntryVersion(1, 1764356400, None, "created").change
        'created'
    """

    number: int
    at: int
    token: str | None
    change: str
    restored: int | None = None


class LogEvent(Record):
    """One event in the log of a project, without a value.

    ``id`` grows with each event of the store. ``at`` is in seconds since 1970. ``token`` is the
    public id of a token, or ``None`` for the owner of the store. ``environment``, ``key`` and
    ``version`` are ``None`` if the event has none.

    Example:
        >>> from clovrix_env import LogEvent
        >>> LogEvent(7, 1764356400, None, "delete_entry", "staging", "PORT", 3).action
        'delete_entry'
    """

    id: int
    at: int
    token: str | None
    action: str
    environment: str | None = None
    key: str | None = None
    version: int | None = None


class Call(Record, hidden=("items", "token")):
    """One operation, with its scope, its arguments and the token.

    ``operation`` is ``get_entries``, ``get_entry``, ``set_entry`` or ``set_entries``, or one of
    ``api.history``. ``key`` is empty for the operations on all entries. ``number`` is a version to
    restore, or the event after which a log begins. A call without a token is anonymous over HTTP,
    and comes from the owner in the embedded store. ``known_tag`` is the tag of the entries that the
    client has already, or empty; with ``None`` the answer has no tag.
    """

    operation: str
    project: str
    environment: str
    key: str = ""
    items: tuple[WriteItem, ...] = ()
    token: str | None = None
    number: int = 0
    known_tag: str | None = None

    @property
    def writes(self) -> bool:
        """Whether a second execution could have another effect."""
        return self.operation in _WRITING


class Reply(Record, hidden=("data", "text")):
    """An answer: its status and its JSON object, or ``None`` for any other body.

    ``text`` is the start of the raw body, for statuses other than 2xx only. ``retry_after`` and
    ``date`` are the unchanged headers. ``final`` is the same as in ``Failure``. ``tag`` changes
    with every write of an entry; status 304 means that the entries with ``known_tag`` are current.
    """

    status: int
    data: Mapping[str, Any] | None
    text: str = ""
    retry_after: str | None = None
    date: str | None = None
    final: bool = False
    tag: str | None = None


class Failure(Record):
    """A call without an answer. ``reason`` is a message without values.

    ``sent`` is true if the call may have arrived. ``final`` is true if another attempt cannot
    succeed, for example with an invalid certificate.
    """

    reason: str
    sent: bool
    final: bool = False


def refusal_of(error: ClovrixAPIError) -> Reply:
    """The answer for an error."""
    data = {"error": error.message}
    if isinstance(error, BillingError) and error.billing_status:
        data["billing_status"] = error.billing_status
    retry_after = None if error.retry_after is None else str(int(error.retry_after))
    return Reply(error.status_code, data, retry_after=retry_after)
