"""The JSON Schema of ``.clovrix``, with which editors complete and check the file. Pure.

It is generated from the reader's tables. Only the reader checks rules that a schema cannot express,
such as whether a default fits its type, or whether a pattern is valid in Python.
"""

from __future__ import annotations

from clovrix_env.contract.keys import DURATION
from clovrix_env.contract.value_types import TYPES
from clovrix_env.contract.variable import KEYS
from clovrix_env.model.ages import DURATION as DURATION_PATTERN
from clovrix_env.settings.keys import TABLES, TOP_LEVEL, VARIABLE_NAME, VARIABLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from clovrix_env.contract.keys import Key

    Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
# The type of a declaration without one.
_USUAL_TYPE = "str"


def schema() -> Schema:
    """Return the schema as JSON types."""
    tables = {name: _object(table.keys, table.about) for name, table in TABLES.items()}
    top = _object(TOP_LEVEL, "The configuration of a project.")
    top["properties"].update(tables)
    top["properties"]["variables"] = {
        "type": "object",
        "description": VARIABLES,
        "propertyNames": {"pattern": VARIABLE_NAME},
        "additionalProperties": {"$ref": "#/$defs/variable"},
    }
    return {
        "$schema": DRAFT,
        "title": ".clovrix",
        **top,
        "$defs": {
            "duration": {"type": "string", "pattern": f"^{DURATION_PATTERN}$"},
            "variable": {**_object(KEYS, "One variable of the program."), "allOf": [*_by_type()]},
        },
    }


def _object(keys: Mapping[str, Key], about: str) -> Schema:
    return {
        "type": "object",
        "description": about,
        "additionalProperties": False,
        "properties": {name: _property(key) for name, key in keys.items()},
    }


def _property(key: Key) -> Schema:
    usual = {} if key.default is None else {"default": key.default}
    return {**key.form.schema, "description": key.about, **usual}


def _by_type() -> Iterator[Schema]:
    """Yield the rules for a variable's other keys that depend on its type."""
    yield {"if": _is_one_of("enum"), "then": {"required": ["choices"]}}
    unbounded = [name for name, kind in TYPES.items() if kind.bound is None]
    numbers = [name for name, kind in TYPES.items() if kind.bound and kind.bound(0) is not None]
    others = [name for name in TYPES if name not in (*unbounded, *numbers)]
    for names, bound in (
        (unbounded, False),
        (numbers, {"type": "number"}),
        (others, DURATION.schema),
    ):
        then = {"properties": {"min": bound, "max": bound}}
        yield {"if": _is_one_of(*names), "then": then}


def _is_one_of(*types: str) -> Schema:
    is_written: Schema = {"properties": {"type": {"enum": list(types)}}}
    return is_written if _USUAL_TYPE in types else {**is_written, "required": ["type"]}
