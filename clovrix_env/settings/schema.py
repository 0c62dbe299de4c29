"""JSON Schema of ``.clovrix``, by which editors complete and check it. Pure.

Made from the tables that the reader checks by. What a schema cannot say is the reader's alone: that
a default fits its type and its pattern, that a pattern is one of Python's.
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
# Where no type is declared.
_USUAL_TYPE = "str"


def schema() -> Schema:
    """The whole schema, as JSON's types."""
    tables = {name: _object(table.keys, table.about) for name, table in TABLES.items()}
    top = _object(TOP_LEVEL, "What a project declares about its configuration.")
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
    """What a variable's other keys have to be, by its type."""
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
    said: Schema = {"properties": {"type": {"enum": list(types)}}}
    return said if _USUAL_TYPE in types else {**said, "required": ["type"]}
