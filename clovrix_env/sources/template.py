"""Parses a value of a ``.env`` file into texts and references: ``${NAME}`` and its POSIX forms.

Only names in braces are references. ``$NAME`` stays unchanged, as in other Python tools, so that a
password may contain a dollar sign. Commands are not substituted.
"""

from __future__ import annotations

import re

from clovrix_env.model.layer import Reference
from clovrix_env.model.names import OURS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.model.layer import Part

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")
_ESCAPES = dict(zip("$\\'\"abfnrtv", "$\\'\"\a\b\f\n\r\t\v"))
# The text before a value: python-dotenv returns the value, but not how it was quoted.
_HEAD = re.compile(r"\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=#\s]+)[^\S\r\n]*=[^\S\r\n]*")
_DOUBLE_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"[^\S\n]*(?:#[^\n]*)?\n?', re.DOTALL)


class BadTemplate(Exception):
    """A ``${`` that cannot be parsed. The text is the reason, without the value."""


def written_value(written: str, value: str) -> tuple[str, str]:
    """Return the quote of a statement's value, ``'``, ``"`` or empty, and the text as written.

    Raises ``BadTemplate``.
    """
    head = _HEAD.match(written)
    quote = written[head.end() : head.end() + 1] if head else ""
    if quote == '"' and head is not None:
        # Not python-dotenv's end: before 1.2.3 it is wrong if the last character is a backslash.
        raw = _DOUBLE_QUOTED.fullmatch(written, head.end())
        if raw is None:
            raise BadTemplate("its quotes cannot be told apart")
        return quote, raw.group(1)
    return quote if quote == "'" else "", value


def parse(text: str, *, double_quoted: bool) -> tuple[Part, ...]:
    """Return the parts of a raw value. Escapes and references are read in a single pass.

    Double quotes support ``\\n`` and similar escapes, and ``\\$`` for a dollar sign; text without
    quotes supports ``\\${``. Raises ``BadTemplate``.
    """
    try:
        parts, _ = _Reader(text, double_quoted).parts(0, inside_braces=False)
    except RecursionError:
        raise BadTemplate("its ${ are nested too deep") from None
    return parts


class _Reader:
    def __init__(self, text: str, double_quoted: bool) -> None:
        self._text = text
        self._double_quoted = double_quoted

    def parts(self, at: int, *, inside_braces: bool) -> tuple[tuple[Part, ...], int]:
        """Return the parts from ``at`` up to the end or the closing brace, and that position."""
        text = self._text
        found: list[Part] = []
        plain: list[str] = []
        depth = 0  # braces that are part of the text: ${X:-{}} is "{}"
        while at < len(text):
            char = text[at]
            if text.startswith("${", at):
                if plain:
                    found.append("".join(plain))
                    plain = []
                reference, at = self._reference(at + 2)
                found.append(reference)
                continue
            if char == "\\":
                written, at = self._escape(at)
                plain.append(written)
                continue
            if inside_braces and char == "}" and depth == 0:
                break
            if inside_braces:
                depth += (char == "{") - (char == "}")
            plain.append(char)
            at += 1
        else:
            if inside_braces:
                raise BadTemplate("a ${ is not closed")
        if plain:
            found.append("".join(plain))
        return tuple(found), at

    def _escape(self, at: int) -> tuple[str, int]:
        if self._text.startswith("${", at + 1):
            return "${", at + 3
        following = self._text[at + 1 : at + 2]
        if self._double_quoted and following in _ESCAPES:
            return _ESCAPES[following], at + 2
        return "\\", at + 1

    def _reference(self, at: int) -> tuple[Reference, int]:
        """Return the reference whose name begins at ``at``, and its end."""
        name = _NAME.match(self._text, at)
        if name is None:
            raise BadTemplate("a ${ is not followed by a name")
        if name.group().startswith(OURS):
            raise BadTemplate(f"refers to {name.group()}, which values cannot contain")
        at = name.end()
        if self._text.startswith("}", at):
            return Reference(name.group()), at + 1
        operator = _OPERATOR.match(self._text, at)
        if operator is None:
            if at == len(self._text):
                raise BadTemplate("a ${ is not closed")
            raise BadTemplate("the name in a ${ must be followed by one of } :- - :? ? :+ +")
        argument, end = self.parts(operator.end(), inside_braces=True)
        return Reference(name.group(), operator.group(), argument), end + 1
