"""Writes one YAML mapping of strings, with keys and values always in double quotes.

Without quotes ``NO``, ``1e3`` and ``2001-01-01`` are not strings in YAML 1.1.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# A longer key would need another syntax.
_LONGEST_KEY = 1024
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Yaml:
    """A mapping with the same meaning in YAML 1.1 and 1.2."""

    def why_not(self, name: str, value: str) -> str:
        return "is too long for a YAML key" if len(quoted(name)) > _LONGEST_KEY else ""

    def text(self, values: Mapping[str, str]) -> str:
        lines = [f"{quoted(name)}: {quoted(value)}\n" for name, value in values.items()]
        return "".join(lines) or "{}\n"


def quoted(text: str) -> str:
    """Return a text in double quotes; characters that are not printable are escaped."""
    return '"' + "".join(_written(character) for character in text) + '"'


def _written(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
