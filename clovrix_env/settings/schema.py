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
_NO_LIST = {"not": {"type": "array"}}
# The type of a declaration, or of a list's items, without one.
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
    yield {"if": _holds("enum"), "then": {"required": ["choices"]}}
    alone: Schema = {"item": False, "default": _NO_LIST, "example": _NO_LIST}
    scalars = [name for name in TYPES if name != "list"]
    yield {"if": _is_one_of(*scalars), "then": {"properties": alone}}
    unbounded = [name for name in scalars if TYPES[name].bound is None]
    numbers = [n for n in scalars if (read := TYPES[n].bound) and read(0) is not None]
    others = [name for name in scalars if name not in (*unbounded, *numbers)]
    for names, bound in (
        (unbounded, False),
        (numbers, {"type": "number"}),
        (others, DURATION.schema),
    ):
        then = {"properties": {"min": bound, "max": bound}}
        yield {"if": _holds(*names), "then": then}


def _holds(*types: str) -> Schema:
    """Whether the value, or each item of a list, has one of these types."""
    is_list, has_items = _is_one_of("list"), _is_one_of(*types, key="item")
    return {"anyOf": [_is_one_of(*types), {"allOf": [is_list, has_items]}]}


def _is_one_of(*types: str, key: str = "type") -> Schema:
    is_written: Schema = {"properties": {key: {"enum": list(types)}}}
    return is_written if _USUAL_TYPE in types else {**is_written, "required": [key]}
