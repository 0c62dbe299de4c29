"""Lines of a ``.env`` file that a start takes, and that hardly mean what they say. Pure.

No sentence holds anything of a value, for it may be a secret: not even the name behind a ``$``.
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

    Said = tuple[str, str, str]

_KEEP = "put the value in single quotes: there a $ means the same everywhere"
_SLASHES = "write / for \\, or put the value in single quotes"
# A dollar sign as python-dotenv, docker compose and we see it.
_DOLLARS = re.compile(
    r"(?P<escaped>\\\$)|(?P<double>\$\$)|(?P<braced>\$\{)|(?P<bare>\$)|\\.", re.DOTALL
)
_BEFORE_BRACES = re.compile(
    r"(?P<escaped>\\\$(?=\{))|(?P<double>\$\$)|(?P<braced>\$\{)|(?P<bare>\$)"
)
# What python-dotenv expands, wherever it stands.
_EXPANDED = re.compile(r"\$\{[^}:]{0,200}(?::-[^}]{0,200})?\}")
# A path of Windows: a drive and one single backslash, or a server's name, and soon an escape.
_WINDOWS = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]:(?:\\[^\\\n][^\n]{0,260}?)?\\[abfnrtv]")
_SHARE = re.compile(r"\\\\[\w.$-]{1,64}\\[abfnrtv]")
# Escapes that nobody writes on purpose: bell, backspace, form feed, vertical tab.
_ODD = re.compile(r"(?<!\\)(?:\\\\)*\\[abfv]")
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")


def findings_in(lines: Iterable[Statement], source: str) -> Iterator[Finding]:
    """What the lines of a file have that somebody should look at."""
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
                "has no =, and so sets nothing",
                "write NAME= for an empty value, or remove the line",
            )
            continue
        try:
            quote, written = written_value(parsed.original.string, parsed.value)
        except BadTemplate:
            continue  # a start refuses it, and says so
        if key in seen and f"${{{key}" not in written:
            yield Finding(
                "duplicate",
                place,
                key,
                f"{key} stands in line {seen[key]} too; this one counts",
                "remove one of the two",
            )
        seen[key] = line
        for rule, what, remedy in _about(quote, written, parsed.value):
            yield Finding(rule, place, key, f"{key} {what}", remedy)


def _about(quote: str, written: str, value: str) -> Iterator[Said]:
    if quote == "'":
        if _EXPANDED.search(value):
            yield (
                "single-quoted-reference",
                "has ${…} in single quotes: it stays as it is, and python-dotenv expands it",
                "write it without braces if it is no reference, or in double quotes if it is one",
            )
    else:
        yield from _about_dollars(quote, written)
    if quote == '"' and not value.isprintable() and _makes_control_characters(written):
        yield (
            "control-character",
            "has a backslash in double quotes that makes a control character",
            _SLASHES,
        )
    elif _CONTROL.search(value):
        yield "control-character", "holds a control character", "write the value anew, without it"


def _makes_control_characters(written: str) -> bool:
    """Whether an escape was meant as a path; the line ends of a PEM or a text are not."""
    return bool(_WINDOWS.search(written) or _SHARE.match(written) or _ODD.search(written))


def _about_dollars(quote: str, written: str) -> Iterator[Said]:
    dollars = _DOLLARS if quote else _BEFORE_BRACES
    kinds = {found.lastgroup for found in dollars.finditer(written)}
    if "escaped" in kinds:
        yield (
            "escaped-dollar",
            "has a \\$ for a dollar sign; python-dotenv keeps the backslash",
            "put the value in single quotes if it refers to nothing",
        )
    if "double" in kinds:
        yield "double-dollar", "has $$, which docker compose reads as one $", _KEEP
    if "bare" in kinds:
        yield (
            "bare-dollar",
            "has a $ without braces: it stays as it is, and docker compose expands it",
            f"write ${{…}} if it is a reference; else {_KEEP}",
        )
