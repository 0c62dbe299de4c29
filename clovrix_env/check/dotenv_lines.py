"""Finds valid lines of a ``.env`` file that probably do not mean what they seem to. Pure.

No sentence contains a part of a value, because it may be secret: not even the name after a ``$``.
"""

from __future__ import annotations

import re

from clovrix_env.check.rules import Finding
from clovrix_env.model.layer import FILE, Location
from clovrix_env.model.type_checks import is_name
from clovrix_env.sources.template import BadTemplate, written_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovrix_env.sources.dotenv_reader import Statement

    # Rule, text after the name, remedy.
    Issue = tuple[str, str, str]

_QUOTE = "put the value in single quotes, where a $ means the same everywhere"
_SLASHES = "write / for \\, or put the value in single quotes"
# A dollar sign as python-dotenv, docker compose and clovrix-env read it.
_DOLLARS = re.compile(
    r"(?P<escaped>\\\$)|(?P<double>\$\$)|(?P<braced>\$\{)|(?P<bare>\$)|\\.", re.DOTALL
)
_BEFORE_BRACES = re.compile(
    r"(?P<escaped>\\\$(?=\{))|(?P<double>\$\$)|(?P<braced>\$\{)|(?P<bare>\$)"
)
# A reference that python-dotenv expands in any quotes.
_EXPANDED = re.compile(r"\$\{[^}:]{0,200}(?::-[^}]{0,200})?\}")
# A path of Windows: a drive and one backslash, or a server's name, followed by an escape.
_WINDOWS = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]:(?:\\[^\\\n][^\n]{0,260}?)?\\[abfnrtv]")
_SHARE = re.compile(r"\\\\[\w.$-]{1,64}\\[abfnrtv]")
# Escapes that are never written on purpose: bell, backspace, form feed, vertical tab.
_ODD = re.compile(r"(?<!\\)(?:\\\\)*\\[abfv]")
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")


def findings_in(lines: Iterable[Statement], source: str) -> Iterator[Finding]:
    """Yield the findings of a file's lines."""
    seen: dict[str, int] = {}
    for key, line, parsed in lines:
        if parsed.error or key is None or not is_name(key):
            continue
        place = Location(FILE, source, line)
        if parsed.value is None:
            yield Finding(
                "bare-key",
                place,
                "",
                "the line has no =, so it sets nothing",
                "write NAME= for an empty value, or remove the line",
            )
            continue
        try:
            quote, written = written_value(parsed.original.string, parsed.value)
        except BadTemplate:
            continue  # reported by the resolution
        if key in seen and f"${{{key}" not in written:
            yield Finding(
                "duplicate",
                place,
                key,
                f"{key} is also set in line {seen[key]}; this line counts",
                "remove one of the two lines",
            )
        seen[key] = line
        for rule, what, remedy in _issues(quote, written, parsed.value):
            yield Finding(rule, place, key, f"{key} {what}", remedy)


def _issues(quote: str, written: str, value: str) -> Iterator[Issue]:
    if quote == "'":
        if _EXPANDED.search(value):
            yield (
                "single-quoted-reference",
                "has ${…} in single quotes: it is not expanded here; python-dotenv expands it",
                "write it in double quotes if it is a reference, otherwise without braces",
            )
    else:
        yield from _dollar_issues(quote, written)
    if quote == '"' and not value.isprintable() and _makes_control_characters(written):
        yield (
            "control-character",
            "has a backslash in double quotes that becomes a control character",
            _SLASHES,
        )
    elif _CONTROL.search(value):
        yield "control-character", "contains a control character", "remove it from the value"


def _makes_control_characters(written: str) -> bool:
    """Whether an escape is probably part of a path, unlike the newlines of a PEM or a text."""
    return bool(_WINDOWS.search(written) or _SHARE.match(written) or _ODD.search(written))


def _dollar_issues(quote: str, written: str) -> Iterator[Issue]:
    dollars = _DOLLARS if quote else _BEFORE_BRACES
    kinds = {found.lastgroup for found in dollars.finditer(written)}
    if "escaped" in kinds:
        yield (
            "escaped-dollar",
            "has \\$ for a dollar sign; python-dotenv keeps the backslash",
            "put the value in single quotes if it contains no reference",
        )
    if "double" in kinds:
        yield "double-dollar", "has $$, which docker compose reads as one $", _QUOTE
    if "bare" in kinds:
        yield (
            "bare-dollar",
            "has a $ without braces: it is not expanded here; docker compose expands it",
            f"write ${{…}} if it is a reference; otherwise {_QUOTE}",
        )
