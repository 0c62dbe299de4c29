"""Writes a name and its value as a line of a ``.env`` file; no other module does. Pure.

Each line is checked with clovrix-env's own reader. python-dotenv reads the same value, except for
the few values that it cannot read, which ``export.dotenv`` refuses.
"""

from __future__ import annotations

import re

from clovrix_env.errors import Problems
from clovrix_env.sources import dotenv_reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Values without quotes that a shell reads in the same way when it sources the file.
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
# These have no quotes either: before version 1.2.3 python-dotenv reads a backslash before the
# closing quote as an escape of that quote.
_BACKSLASH_LAST = re.compile(r"[A-Za-z0-9_./:@%+,=$!&*()\[\]{}<>|;^~?\\-]*\\")
_DOUBLE = str.maketrans({"\\": "\\\\", '"': '\\"', "\r": "\\r"})
_SINGLE = str.maketrans({"\\": "\\\\", "'": "\\'"})


def line(name: str, value: str) -> str | None:
    """Return ``NAME=value``, quoted if needed; ``None`` for a value that no line can contain."""
    if dotenv_reader.has_long_space(value):  # allowed in a short file, but not in a longer one
        return None
    for spelling in _spellings(value):
        written = f"{name}={spelling}"
        if _is_read_back(written, name, value):
            return written
    return None


def needs_quotes(value: str) -> bool:
    """Whether a value must be quoted."""
    if value == "=":  # NAME== looks like the end of wrapped base64
        return True
    return not (_PLAIN.fullmatch(value) or _BACKSLASH_LAST.fullmatch(value))


def _spellings(value: str) -> Iterator[str]:
    """Yield the ways to write a value, the simplest first; quoted values may contain newlines."""
    if not needs_quotes(value):
        yield value
    if not any(character in value for character in "'\\\r"):
        yield f"'{value}'"
    double = value.translate(_DOUBLE)
    yield from sorted((f'"{double}"', f"'{value.translate(_SINGLE)}'"), key=len)
    yield '"' + double.replace("$", "\\$") + '"'
    yield value


def _is_read_back(written: str, name: str, value: str) -> bool:
    """Whether a line sets the value, and does not change the lines below it."""
    problems = Problems()
    text = f"{written}\nBELOW='x'\nLAST=\"x\"\n"
    read = dotenv_reader.read(text, "", problems, names_alone=False)
    bindings = sorted((*read.settings, *read.layer.bindings), key=lambda found: found.place.line)
    found = [(binding.name, binding.parts) for binding in bindings]
    return not problems and found == [(name, (value,)), ("BELOW", ("x",)), ("LAST", ("x",))]
