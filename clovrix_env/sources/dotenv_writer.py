"""A name and its value as a line of a ``.env`` file, which our own reader reads back. Pure."""

from __future__ import annotations

import re

from clovrix_env.errors import Problems
from clovrix_env.sources import dotenv_reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./?&-]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# What stands below must not become part of a quote that does not close.
_BELOW = "\nBELOW='x'\nLAST=\"x\"\n"


def line(name: str, value: str) -> str | None:
    """``NAME=value``, quoted where it has to be; ``None`` for a value that no line can say."""
    for spelling in _spellings(value):
        written = f"{name}={spelling}"
        problems = Problems()
        found = dotenv_reader.read(written + _BELOW, "", problems).layer.bindings
        read = [(binding.name, binding.parts) for binding in found]
        if not problems and read == [(name, (value,)), ("BELOW", ("x",)), ("LAST", ("x",))]:
            return written
    return None


def _spellings(value: str) -> Iterator[str]:
    """The ways to write a value, the plainest first."""
    if _PLAIN.fullmatch(value):
        yield value
    if value.isprintable():
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        yield f"'{escaped}'"
    yield '"' + "".join(_ESCAPES.get(char, char) for char in value) + '"'
    yield value
