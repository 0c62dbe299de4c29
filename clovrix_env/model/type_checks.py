"""The shape of what JSON or TOML held: an object, a list, or neither."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# issubclass and not isinstance: checkers would narrow to a dict of unknown things.


def as_object(value: Any) -> dict[str, Any] | None:
    """A JSON object or a TOML table; their keys are texts by their grammars."""
    return value if issubclass(type(value), dict) else None


def as_list(value: Any) -> list[Any] | None:
    return value if issubclass(type(value), list) else None


def is_texts(value: Any) -> bool:
    """Whether it is a list of texts."""
    found = as_list(value)
    return found is not None and all(isinstance(item, str) for item in found)


def is_name(text: str) -> bool:
    """Whether a text names a variable: an ASCII letter or ``_``, then letters, digits and ``_``."""
    return text.isascii() and text.isidentifier()
