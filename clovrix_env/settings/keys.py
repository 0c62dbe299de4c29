"""The keys of ``.clovrix``: what each has to be, in words, as a check and as JSON Schema. Pure.

The reader checks by these tables, and the schema for editors and the reference are made from them.
Those of ``[variables.NAME]`` are in ``variable``.
"""

from __future__ import annotations

from clovrix_env.model.record import Record
from clovrix_env.model.shapes import is_texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class Form(Record):
    """What a value has to be; ``schema`` says it as JSON Schema, as far as that can."""

    words: str
    fits: Callable[[object], bool]
    schema: Mapping[str, Any]


class Key(Record):
    """A key: the form of its value, what it says, and what counts where it is left out."""

    form: Form
    about: str
    default: object = None


class Table(Record):
    """A table of ``.clovrix``: what it says, and its keys."""

    about: str
    keys: Mapping[str, Key]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_names(value: Any) -> bool:
    return is_texts(value) and "" not in value


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_duration(value: object) -> bool:
    from clovrix_env.model.durations import duration

    return isinstance(value, str) and duration(value) is not None


TEXT = Form("text", _is_text, {"type": "string"})
NAME = Form("name", _is_name, {"type": "string", "minLength": 1})
NAMES = Form("list of texts", _is_names, {"type": "array", "items": NAME.schema})
FLAG = Form("boolean", _is_flag, {"type": "boolean"})
DURATION = Form("duration such as 90s, 5m or 1h30m", _is_duration, {"$ref": "#/$defs/duration"})
# Of a file in the folder of .clovrix; the reader says of each what is wrong with it.
_FILE_NAME = r"^(?!\.\.?$)([^/\\{}\u0000]|\{environment\})+$"
_FILE_NAMES = NAMES.replaced(
    schema={"type": "array", "items": {"type": "string", "pattern": _FILE_NAME}}
)

TOP_LEVEL: dict[str, Key] = {
    "project": Key(NAME, "the project on Clovrix; below an argument and `CLOVRIX_PROJECT`"),
    "default_environment": Key(
        NAME, "the environment; below an argument and `CLOVRIX_ENVIRONMENT`"
    ),
    "extends": Key(
        NAMES, "other projects, in the same environment, below this one; the last one wins", []
    ),
}
TABLES: dict[str, Table] = {
    "files": Table(
        "Which `.env` files are read.",
        {
            "names": Key(
                _FILE_NAMES,
                "the default files, lowest first; plain names without `/`; `{environment}` is the "
                "only placeholder",
                [".env", ".env.{environment}", ".env.local", ".env.{environment}.local"],
            ),
            "ignored_in": Key(
                NAMES,
                "environments in which no default file is read, and one that lies there is told",
                ["production", "prod"],
            ),
        },
    ),
    "select": Table(
        "Which of the names from files, Clovrix and defaults are set.",
        {
            "only": Key(NAMES, "globs of the names that are set; empty for all", []),
            "exclude": Key(NAMES, "globs of the names that are not, whatever `only` says", []),
        },
    ),
    "guard": Table(
        "Which of the names that would take over the program pass.",
        {"allow": Key(NAMES, "names that pass when Clovrix has them; from files they do not", [])},
    ),
    "cache": Table(
        "How old last known values may be; the table alone turns them on.",
        {
            "max_age": Key(DURATION, "how old values may be with no request at all", "30s"),
            "stale_if_error": Key(
                DURATION, "how old they may be where Clovrix cannot answer; `0s` for never", "24h"
            ),
        },
    ),
}
VARIABLES = "The contract of the program: what it expects, checked before it starts."
# The names that it may declare: none of ours.
VARIABLE_NAME = r"^(?!(__)?CLOVRIX_)[A-Za-z_][A-Za-z0-9_]*$"
