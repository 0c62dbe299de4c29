"""Checks whether a value from JSON or TOML is an object or a list."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# issubclass, not isinstance: type checkers would narrow to a dict of unknown types.


def as_object(value: Any) -> dict[str, Any] | None:
    """The value if it is a JSON object or a TOML table, otherwise ``None``. Keys are strings."""
    return value if issubclass(type(value), dict) else None


def as_list(value: Any) -> list[Any] | None:
    return value if issubclass(type(value), list) else None


def is_texts(value: Any) -> bool:
    """Whether the value is a list of strings."""
    found = as_list(value)
    return found is not None and all(isinstance(item, str) for item in found)


def is_name(text: str) -> bool:
    """Whether a string is a variable name: an ASCII letter or ``_``, then also digits."""
    return text.isascii() and text.isidentifier()
