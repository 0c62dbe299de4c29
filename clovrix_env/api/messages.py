"""The values that travel between who asks and who answers."""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Entry(Record, hidden=("value",)):
    """One entry as Clovrix holds it. Its ``repr`` hides the value."""

    key: str
    value: str
    is_secret: bool


class WriteItem(Record, hidden=("value",)):
    """One entry to write. ``is_secret`` counts only when the key is first created.

    Left out, a new key is not secret. Its ``repr`` hides the value.
    """

    key: str
    value: str
    is_secret: bool | None = None


class WriteResult(Record):
    """What a write did: ``created`` is true for a key new in the project, else false."""

    key: str
    created: bool


class Call(Record, hidden=("items", "token")):
    """One of the four operations, with its place, its arguments and the token that asks.

    ``operation`` is ``get_entries``, ``get_entry``, ``set_entry`` or ``set_entries``; ``key`` is
    empty where the operation has none. Without a token the caller is nobody over HTTP and the
    owner in the embedded store.
    """

    operation: str
    project: str
    environment: str
    key: str = ""
    items: tuple[WriteItem, ...] = ()
    token: str | None = None

    @property
    def writes(self) -> bool:
        """Whether carrying this out twice could differ from carrying it out once."""
        return self.operation in ("set_entry", "set_entries")


class Reply(Record, hidden=("data", "text")):
    """An answer: its status and its JSON object, or ``None`` where the body was none.

    ``text`` is the start of the raw body, kept for statuses other than 2xx only. ``retry_after``
    and ``date`` are those headers as they came. ``final`` as of a ``Failure``.
    """

    status: int
    data: Mapping[str, Any] | None
    text: str = ""
    retry_after: str | None = None
    date: str | None = None
    final: bool = False


class Failure(Record):
    """No answer. ``reason`` is a sentence without values; ``sent``: may the call have arrived?

    ``final`` marks what another attempt cannot mend, such as a certificate that does not hold.
    """

    reason: str
    sent: bool
    final: bool = False
