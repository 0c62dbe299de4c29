"""Reads the simplest TOML: tables, strings, whole numbers, booleans, lists of strings. Pure.

For any other text it returns ``None``, and ``tomllib`` reads it, which costs a run 1.1 times as
much as ``python -c pass``. A test checks that both read the same values.
"""

from __future__ import annotations

from clovrix_env.model.type_checks import as_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    Document = Optional[dict[str, Any]]

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")

# Each part of a header is a table.
MOST_PARTS = 100


class _NotPlain(Exception):
    """The text contains something that only ``tomllib`` reads."""


def loads(text: str) -> Document:
    """Return the document of a simple text, or ``None`` for any other.

    >>> loads('project = "backend"')
    {'project': 'backend'}
    >>> loads("port = 0x10") is None
    True
    """
    document: dict[str, Any] = {}
    table, headers = document, set[str]()
    try:
        for line in (written.strip(" \t") for written in text.split("\n")):
            if not line or line.startswith("#"):
                if not line.replace("\t", " ").isprintable():
                    return None
            elif line.startswith("["):
                if line in headers:  # tomllib reports it with its line
                    return None
                headers.add(line)
                table = _table(document, line)
            else:
                name, equals, value = line.partition("=")
                name = name.rstrip(" \t")
                if not equals or not name or not _BARE.issuperset(name) or name in table:
                    return None
                table[name] = _value(value.lstrip(" \t"))
    except _NotPlain:
        return None
    return document


def _table(document: dict[str, Any], header: str) -> dict[str, Any]:
    """Return the table of ``[a.b]``; create it if it does not exist."""
    if not header.endswith("]") or header.count(".") > MOST_PARTS:
        raise _NotPlain
    table = document
    for name in header[1:-1].split("."):
        if not name or not _BARE.issuperset(name):
            raise _NotPlain
        found = as_object(table.setdefault(name, {}))
        if found is None:
            raise _NotPlain
        table = found
    return table


def _value(text: str) -> Any:
    if text.startswith("[") and text.endswith("]"):
        inside = text[1:-1].strip(" \t")
        return [_string(item.strip(" \t")) for item in inside.split(",")] if inside else []
    if text in ("true", "false"):
        return text == "true"
    if text.isascii() and text.isdigit() and len(text) < 16 and (text == "0" or text[0] != "0"):
        return int(text)
    return _string(text)


def _string(text: str) -> str:
    inside = text[1:-1]
    if len(text) < 2 or text[0] != '"' or text[-1] != '"' or '"' in inside or "\\" in inside:
        raise _NotPlain
    if not inside.isprintable():
        raise _NotPlain
    return inside
