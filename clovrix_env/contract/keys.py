"""A key of a TOML table: the form of its value as words, check and JSON Schema. Pure."""

from __future__ import annotations

from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import is_texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class Form(Record):
    """The form of a value: ``words`` for messages, a check, and JSON Schema as far as possible."""

    words: str
    fits: Callable[[object], bool]
    schema: Mapping[str, Any]


class Key(Record):
    """A key: the form of its value, its description, and its default."""

    form: Form
    about: str
    default: object = None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_names(value: Any) -> bool:
    return is_texts(value) and "" not in value


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_duration(value: object) -> bool:
    from clovrix_env.model.ages import duration

    return isinstance(value, str) and duration(value) is not None


TEXT = Form("string", _is_text, {"type": "string"})
NAME = Form("non-empty string", _is_name, {"type": "string", "minLength": 1})
NAMES = Form("list of non-empty strings", _is_names, {"type": "array", "items": NAME.schema})
FLAG = Form("boolean", _is_flag, {"type": "boolean"})
DURATION = Form(
    "duration such as 90s, 5m, 1h30m or 24h (not 1d)",
    _is_duration,
    {"$ref": "#/$defs/duration"},
)
