"""Reads the plainest ``.env``: ``NAME=value`` without quotes, comments and blank lines. Pure.

Any other line gives ``None``, and the text goes to python-dotenv's parser, which costs a run at
least 0.7 times what ``python -c pass`` does. What is read here is what the full reader reads, held
by a test.
"""

from __future__ import annotations

from clovrix_env.model.type_checks import is_name

# A name is part of messages.
LONGEST_NAME = 1_000
# Each can change what a value is, or where it ends.
_SPECIAL = frozenset("\"'\\$#")


def read(text: str) -> list[tuple[int, str, str]] | None:
    """Line, name and value of each statement of a plain text, or ``None`` for any other.

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
            # The second can be the end of base64 that was wrapped without quotes.
            if not _SPECIAL.isdisjoint(value) or line.endswith("=="):
                return None
            found.append((number, name, value))
        elif line.strip(" \t")[:1] not in ("", "#"):
            return None
    return found
