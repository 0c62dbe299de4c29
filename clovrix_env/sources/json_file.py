"""Reads a JSON file to a layer: one flat object, with numbers as they are written.

Nested values, ``null`` and duplicate keys are refused. Messages contain the key, but no value.
"""

from __future__ import annotations

import json

from clovrix_env.model.layer import FILE, Layer, literal_layer
from clovrix_env.model.type_checks import as_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clovrix_env.errors import Problems

REMEDY = 'write one object of names and strings, such as {"PORT": "8000"}'


class _Object(list["tuple[str, Any]"]):
    """An object as its pairs, including duplicate keys."""


def read(text: str, source: str, problems: Problems) -> Layer:
    """Return the layer of a file's text. Problems are reported as ``file: KEY: why``."""
    pairs = _pairs(text, source, problems)
    values: dict[str, str] = {}
    for name, value in pairs:
        shown = ascii(name) if name != name.strip() or not name.isprintable() else name
        if name in values:
            problems.add(f"{source}: {shown} is a duplicate key", "keep one of them")
        elif isinstance(value, (str, bool)):
            values[name] = value if isinstance(value, str) else str(value).lower()
        elif value is None:
            problems.add(f"{source}: {shown} is null", 'leave it out, or write "" for empty')
        else:
            kind = "object" if isinstance(value, _Object) else "list"
            problems.add(f"{source}: {shown} is a nested {kind}", REMEDY)
    return literal_layer(FILE, source, values.items())


def _pairs(text: str, source: str, problems: Problems) -> list[tuple[str, Any]]:
    try:
        found: Any = json.loads(
            text,
            object_pairs_hook=_Object,
            parse_int=str,
            parse_float=str,
            parse_constant=_refused,
        )
    except json.JSONDecodeError as error:
        at, found = error.pos, None  # error.doc is the whole text, so error ends here
        problems.add(_invalid(text, source, at), REMEDY)
    except RecursionError:
        found = None
        problems.add(f"{source} is nested too deep", REMEDY)
    except _NoNumber:
        found = None
        problems.add(f"{source} contains NaN or Infinity", REMEDY)
    else:
        if not isinstance(found, _Object):
            what = "a list" if as_list(found) is not None else "a single value"
            problems.add(f"{source} is {what}, not an object", REMEDY)
            found = None
    return found or []


def _invalid(text: str, source: str, at: int) -> str:
    """The problem of a text that cannot be parsed at a character, with its line and column."""
    if not text.strip():
        return f"{source} is empty"
    # The place of the error is the comma or the bracket, by the version of Python.
    before = text[: at + (text[at : at + 1] == ",")].rstrip()
    why = ""
    if before.endswith(",") and text[len(before) :].lstrip()[:1] in ("}", "]"):
        at, why = len(before) - 1, ": trailing comma"
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return f"{source}:{line}:{column}: not valid JSON{why}"


class _NoNumber(Exception):
    """``NaN``, ``Infinity`` or ``-Infinity``."""


def _refused(_: str) -> Any:
    raise _NoNumber
