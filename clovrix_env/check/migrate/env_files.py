"""Compares the values that a library and clovrix-env read from the text of a ``.env`` file.

Both read it in an environment that has only names of the system. The other readers are described
here by the lines that differ from clovrix-env's: python-dotenv's own expansion, and the line
formats of django-environ and python-decouple. No value leaves this module.
"""

from __future__ import annotations

import re

from clovrix_env.check.migrate.findings import DECOUPLE, DJANGO_ENVIRON, SYSTEM
from clovrix_env.errors import Problems
from clovrix_env.model.layer import PROCESS, literal_layer
from clovrix_env.resolution import interpolate, precedence
from clovrix_env.resolution.guard import refusal_reason
from clovrix_env.sources import dotenv_reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from clovrix_env.check.migrate.findings import Findings
    from clovrix_env.errors import Problem

_ASSIGNMENT = re.compile(r"\A(?:export )?([A-Za-z_0-9]+)=(.*)\Z")
# A reference as python-dotenv reads it: in any quotes, and with a default for unset names. Without
# limits, a file of unclosed references would take minutes.
_REFERENCE = re.compile(r"\$\{(?P<name>[^}:]{0,200})(?::-(?P<default>[^}]{0,4000}))?\}")
_QUOTES = ("'", '"')
_REFERS = re.compile(r"refers to (\w+), which is (not set|empty|defined below it \(line \d+\))")
_MISSING = "write NAME=value without spaces around the =, or remove the line"


def compare(
    text: str, file: str, library: str, found: Findings, *, interpolates: bool = True
) -> dict[str, str]:
    """Add each line that the two read differently; return what clovrix-env reads."""
    too_much = dotenv_reader.why_too_much(text)
    if too_much:
        found.means("refused", file, 0, f"the file {too_much}", "name the real .env file")
        return {}
    problems = Problems()
    read = dotenv_reader.read(text, file, problems)
    own = {binding.name: binding.place.line for binding in read.layer.bindings}
    named = {reference["name"] for reference in _REFERENCE.finditer(text)}
    system = {name: f"the {name} of a process" for name in named - {*own} if SYSTEM.match(name)}
    around = literal_layer(PROCESS, "process environment", system.items())
    definitions = precedence.merge([read.layer, around])
    new = interpolate.expand(definitions, own, problems)
    known = {read.name for read in found.reads} | found.also_read
    refused: set[str] = set()
    for problem in problems:
        refused.add(problem.name)
        _refused(problem, file, {*filter(str.isupper, own), *known}, found)
    for binding in (*read.layer.bindings, *read.settings):
        does = refusal_reason(binding.name)
        if does is not None:
            remedy = f"remove the line, or allow it: --allow {binding.name}"
            sentence = f"{binding.name} is refused: it {does}"
            found.means("guard", file, binding.place.line, sentence, remedy)
            refused.add(binding.name)
    old = _read_as(library, text, system if interpolates else None)
    for name in dict.fromkeys((*own, *old)):
        if name in refused or (name in old and name in new and old[name][0] == new[name]):
            continue
        line = own.get(name) or old[name][1]
        # The name may be part of a value, such as the last line of a key.
        shown = name if name.isupper() or name in known or found.is_field(name) else "a name"
        if name not in old:
            if name in new:
                sentence = f"{shown} is set by clovrix-env, but not by {library}"
                found.means("value", file, line, sentence, "remove the line if it must not be set")
        elif name in new:
            sentence = f"{shown} has another value with clovrix-env than with {library}"
            found.means("value", file, line, sentence, _remedy(text, line, old[name][0], library))
        elif not any(m.file == file and m.line == line for m in found.meanings):
            sentence = f"a name is set by {library}, but not by clovrix-env"
            found.means("value", file, line, sentence, _MISSING)
    return new


def _refused(problem: Problem, file: str, known: Collection[str], found: Findings) -> None:
    """Add a line that clovrix-env refuses; the text of a reference may be part of a password."""
    line = problem.place.line if problem.place else 0
    sentence = problem.sentence.split(": ", 1)[-1] if problem.place else problem.sentence
    remedy = problem.remedy or "write the line as NAME=value, or remove it"
    refers = _REFERS.search(sentence)
    if refers is not None:
        is_known = refers[1] in known or SYSTEM.match(refers[1])
        other = f"{refers[1]}, which" if is_known else "a name that"
        sentence = f"{problem.name}: refers to {other} is {refers[2]}"
        remedy = "move the line of this name above the reference"
        if not refers[2].startswith("defined"):
            sentence += ": it depends on the process environment"
            remedy = "set the name above the line or in the process environment, or write ${NAME:-}"
    elif "refers to" in sentence:
        sentence = f"{problem.name}: refers to itself"
    found.means("refused", file, line, sentence, remedy)


def _remedy(text: str, line: int, old: str, library: str) -> str:
    """Return how to write a value so that clovrix-env reads it as the library does."""
    written = "".join(text.split("\n")[line - 1 : line]).partition("=")[2].lstrip()
    if written.startswith("'") and "${" in written:
        return "put the value in double quotes to expand it, below the names that it refers to"
    if any(character in old for character in "'\\\n"):
        return f'write the value that {library} reads in double quotes, with \\ before $, " and \\'
    return f"write the value that {library} reads in single quotes"


def _read_as(
    library: str, text: str, system: Mapping[str, str] | None
) -> dict[str, tuple[str, int]]:
    """Return each name with the value and the line by which a library sets it.

    ``system`` are names of the process environment; ``None`` if the library expands no reference.
    """
    if library == DJANGO_ENVIRON:
        return _by_django_environ(text)
    if library == DECOUPLE:
        return _by_decouple(text)
    return _by_dotenv(text, system)


def _by_dotenv(text: str, system: Mapping[str, str] | None) -> dict[str, tuple[str, int]]:
    values: dict[str, str | None] = {}
    lines: dict[str, int] = {}
    for statement in dotenv_reader.parsed_by_dotenv(text):
        key, value = statement.key, statement.value
        if key is None:
            continue
        if value is not None and system is not None:
            value = _REFERENCE.sub(lambda found: _expanded(found, {**system, **values}), value)
        values[key] = value
        lines[key] = statement.original.line + _blank_lines(statement.original.string)
    return {n: (v, lines[n]) for n, v in values.items() if v is not None}


def _expanded(found: re.Match[str], values: Mapping[str, str | None]) -> str:
    return values.get(found["name"], found["default"]) or ""


def _blank_lines(written: str) -> int:
    return written[: len(written) - len(written.lstrip())].count("\n")


def _by_django_environ(text: str) -> dict[str, tuple[str, int]]:
    values: dict[str, tuple[str, int]] = {}
    for number, line in _lines(text):
        found = _ASSIGNMENT.match(line)
        if found is None:
            continue
        name, value = found.groups()
        if _is_in(value, "'"):
            value = value[1:-1]
        if _is_in(value, '"'):
            value = re.sub(r"\\(.)", _unescaped, value[1:-1])
        values[name] = value, number
    return values


def _lines(text: str) -> list[tuple[int, str]]:
    """Return lines with their numbers; python's other line ends count for the library only."""
    return [
        (number, part)
        for number, line in enumerate(text.split("\n"), 1)
        for part in line.splitlines()
    ]


def _unescaped(found: re.Match[str]) -> str:
    character = found[1]
    return f"\\{character}" if character in "rnt" else character


def _is_in(value: str, quote: str) -> bool:
    return len(value) >= 2 and value[0] == quote == value[-1]


def _by_decouple(text: str) -> dict[str, tuple[str, int]]:
    values: dict[str, tuple[str, int]] = {}
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as open() does
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#") and "=" in stripped:
            name, _, value = stripped.partition("=")
            name, value = name.strip(), value.strip()
            if any(_is_in(value, quote) for quote in _QUOTES):
                value = value[1:-1]
            values[name] = value, number
    return values
