"""Writes JSON as ``json.dumps`` does, in its most compact form, without loading ``json``. Pure.

Importing json costs a run 0.8 times as much as ``python -c pass``. A string with a quote, a
backslash or a character outside printable ASCII still goes through json. A test compares both.
"""

from __future__ import annotations

from clovrix_env.model.type_checks import as_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def dumps(value: Any) -> str:
    """The JSON of strings, integers, booleans, ``None``, and lists and dicts of them.

    >>> dumps({"name": ["text", 1, None]})
    '{"name":["text",1,null]}'
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if value is None:
        return "null"
    found = as_object(value)
    if found is not None:
        members = (f"{_text(name)}:{dumps(item)}" for name, item in found.items())
        return f"{{{','.join(members)}}}"
    return f"[{','.join(map(dumps, value))}]"


def _text(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    import json

    return json.dumps(text)
