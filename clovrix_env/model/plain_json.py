"""Writes JSON as ``json.dumps`` does, in its most compact form, without loading ``json``. Pure.

To load json costs a run 0.8 times what ``python -c pass`` does. A text with anything but printable
ASCII, a quote or a backslash in it is left to json after all. Held equal by a test.
"""

from __future__ import annotations

from clovrix_env.model.type_checks import as_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def dumps(value: Any) -> str:
    """The JSON of texts, whole numbers, booleans, ``None``, and lists and dicts of them.

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
