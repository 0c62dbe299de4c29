"""A name and its value as a line of a ``.env`` file: the one place that spells it. Pure.

What is written is read back by clovrix-env's own reader, which is tried on each line, and by
python-dotenv, but for what that one cannot read (``export.dotenv`` refuses it).
"""

from __future__ import annotations

import re

from clovrix_env.errors import Problems
from clovrix_env.sources import dotenv_reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Without quotes: what a shell that sources the file takes for itself, too.
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
# Also without them: before 1.2.3 python-dotenv takes a backslash in front of the closing quote for
# that quote's escape.
_BACKSLASH_LAST = re.compile(r"[A-Za-z0-9_./:@%+,=$!&*()\[\]{}<>|;^~?\\-]*\\")
_DOUBLE = str.maketrans({"\\": "\\\\", '"': '\\"', "\r": "\\r"})
_SINGLE = str.maketrans({"\\": "\\\\", "'": "\\'"})


def line(name: str, value: str) -> str | None:
    """``NAME=value``, quoted where it has to be; ``None`` for a value that no line can hold."""
    if dotenv_reader.has_long_space(value):  # a short file may have it, and a longer one not
        return None
    for spelling in _spellings(value):
        written = f"{name}={spelling}"
        if _is_read_back(written, name, value):
            return written
    return None


def needs_quotes(value: str) -> bool:
    """Whether a value cannot be written as it is."""
    if value == "=":  # NAME== reads like the end of base64 that was wrapped
        return True
    return not (_PLAIN.fullmatch(value) or _BACKSLASH_LAST.fullmatch(value))


def _spellings(value: str) -> Iterator[str]:
    """The ways to write a value, the plainest first; between quotes a newline stays a newline."""
    if not needs_quotes(value):
        yield value
    if not any(character in value for character in "'\\\r"):
        yield f"'{value}'"
    double = value.translate(_DOUBLE)
    yield from sorted((f'"{double}"', f"'{value.translate(_SINGLE)}'"), key=len)
    yield '"' + double.replace("$", "\\$") + '"'
    yield value


def _is_read_back(written: str, name: str, value: str) -> bool:
    """Whether a line gives the value, and leaves the lines below it alone."""
    problems = Problems()
    text = f"{written}\nBELOW='x'\nLAST=\"x\"\n"
    read = dotenv_reader.read(text, "", problems, names_alone=False)
    bindings = sorted((*read.settings, *read.layer.bindings), key=lambda found: found.place.line)
    found = [(binding.name, binding.parts) for binding in bindings]
    return not problems and found == [(name, (value,)), ("BELOW", ("x",)), ("LAST", ("x",))]
