"""The values that clients and servers exchange."""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


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


class Call(Record, hidden=("items", "token")):
    """One of the four operations, with its scope, its arguments and the token.

    ``operation`` is ``get_entries``, ``get_entry``, ``set_entry`` or ``set_entries``. ``key`` is
    empty for the operations on all entries. A call without a token is anonymous over HTTP, and
    comes from the owner in the embedded store.
    """

    operation: str
    project: str
    environment: str
    key: str = ""
    items: tuple[WriteItem, ...] = ()
    token: str | None = None

    @property
    def writes(self) -> bool:
        """Whether a second execution could have another effect."""
        return self.operation in ("set_entry", "set_entries")


class Reply(Record, hidden=("data", "text")):
    """An answer: its status and its JSON object, or ``None`` for any other body.

    ``text`` is the start of the raw body, for statuses other than 2xx only. ``retry_after`` and
    ``date`` are the unchanged headers. ``final`` is the same as in ``Failure``.
    """

    status: int
    data: Mapping[str, Any] | None
    text: str = ""
    retry_after: str | None = None
    date: str | None = None
    final: bool = False


class Failure(Record):
    """A call without an answer. ``reason`` is a message without values.

    ``sent`` is true if the call may have arrived. ``final`` is true if another attempt cannot
    succeed, for example with an invalid certificate.
    """

    reason: str
    sent: bool
    final: bool = False
