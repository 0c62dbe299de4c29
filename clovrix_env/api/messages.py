"""The values that travel between who asks and who answers.

They are plain immutable records, written by hand: a dataclass would cost every start 15 ms, and a
tuple would show its values to whatever prints tuples item by item.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_HIDDEN = "<hidden>"


class Record:
    """An immutable record of its ``__slots__``: equal by content, picklable, hidden where told."""

    __slots__: tuple[str, ...] = ()
    _hidden: frozenset[str] = frozenset()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be set: it is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted: it is immutable")

    def _fill(self, *values: object) -> None:
        for name, value in zip(self.__slots__, values):
            object.__setattr__(self, name, value)

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._values() == self._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        shown = (
            f"{name}={_HIDDEN if name in self._hidden else repr(getattr(self, name))}"
            for name in self.__slots__
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), self._values()


class Entry(Record):
    """One entry as Clovrix holds it. Its ``repr`` does not show the value."""

    __slots__ = ("key", "value", "is_secret")
    __match_args__ = ("key", "value", "is_secret")
    _hidden = frozenset({"value"})
    key: str
    value: str
    is_secret: bool

    def __init__(self, key: str, value: str, is_secret: bool) -> None:
        self._fill(key, value, is_secret)


class WriteItem(Record):
    """One entry to write. ``is_secret`` counts only when the key is first created.

    Left out, a new key is not secret. Its ``repr`` does not show the value.
    """

    __slots__ = ("key", "value", "is_secret")
    __match_args__ = ("key", "value", "is_secret")
    _hidden = frozenset({"value"})
    key: str
    value: str
    is_secret: bool | None

    def __init__(self, key: str, value: str, is_secret: bool | None = None) -> None:
        self._fill(key, value, is_secret)


class WriteResult(Record):
    """What a write did: ``created`` is true for a key new in the project, false for a new version."""

    __slots__ = ("key", "created")
    __match_args__ = ("key", "created")
    key: str
    created: bool

    def __init__(self, key: str, created: bool) -> None:
        self._fill(key, created)


class Call(Record):
    """One of the four operations, with its place, its arguments and the token that asks.

    ``operation`` is ``get_entries``, ``get_entry``, ``set_entry`` or ``set_entries``; ``key`` is
    empty where the operation has none. Without a token the caller is nobody over HTTP and the
    owner in the embedded store.
    """

    __slots__ = ("operation", "project", "environment", "key", "items", "token")
    _hidden = frozenset({"items", "token"})
    operation: str
    project: str
    environment: str
    key: str
    items: tuple[WriteItem, ...]
    token: str | None

    def __init__(
        self,
        operation: str,
        project: str,
        environment: str,
        key: str = "",
        items: tuple[WriteItem, ...] = (),
        token: str | None = None,
    ) -> None:
        self._fill(operation, project, environment, key, items, token)

    @property
    def writes(self) -> bool:
        """Whether carrying this out twice could differ from carrying it out once."""
        return self.operation in ("set_entry", "set_entries")


class Reply(Record):
    """An answer: its status and its JSON object, or ``None`` where the body was none.

    ``text`` is the start of the raw body, kept for statuses other than 2xx only. ``retry_after``
    and ``date`` are those headers as they came.
    """

    __slots__ = ("status", "data", "text", "retry_after", "date")
    _hidden = frozenset({"data", "text"})
    status: int
    data: Mapping[str, Any] | None
    text: str
    retry_after: str | None
    date: str | None

    def __init__(
        self,
        status: int,
        data: Mapping[str, Any] | None,
        text: str = "",
        retry_after: str | None = None,
        date: str | None = None,
    ) -> None:
        self._fill(status, data, text, retry_after, date)


class Failure(Record):
    """No answer. ``reason`` is a sentence without values; ``sent`` whether the call may have arrived.

    ``final`` marks what another attempt cannot mend, such as a certificate that does not hold.
    """

    __slots__ = ("reason", "sent", "final")
    reason: str
    sent: bool
    final: bool

    def __init__(self, reason: str, sent: bool, final: bool = False) -> None:
        self._fill(reason, sent, final)
