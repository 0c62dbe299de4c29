"""Reads the simplest ``.env``: ``NAME=value`` without quotes, comments and blank lines. Pure.

For any other text it returns ``None``, and python-dotenv's parser reads it, which costs a run at
least 0.7 times as much as ``python -c pass``. A test checks that both read the same values.
"""

from __future__ import annotations

from clovrix_env.model.type_checks import is_name

# Names appear in messages.
LONGEST_NAME = 1_000
# Each of these can change a value, or its end.
_SPECIAL = frozenset("\"'\\$#")


def read(text: str) -> list[tuple[int, str, str]] | None:
    """Return line, name and value of each statement of a simple text, or ``None`` for any other.

    >>> read("# a comment\\nPORT=8000\\n")
    [(2, 'PORT', '8000')]
    >>> read('PORT="8000"') is None
    True
    """
    found: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if "\r" in line:
            return None
        name, equals, value = line.partition("=")
        if equals and is_name(name) and len(name) <= LONGEST_NAME:
            if value[:1] == " " or value[-1:] == " " or not value.isprintable():
                return None
            # "==" can be the end of base64 that was wrapped without quotes.
            if not _SPECIAL.isdisjoint(value) or line.endswith("=="):
                return None
            found.append((number, name, value))
        elif line.strip(" \t")[:1] not in ("", "#"):
            return None
    return found
