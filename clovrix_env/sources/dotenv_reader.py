"""The text of a ``.env`` file to a layer: python-dotenv reads it, we are strict about what it read.

A line that does not parse, a key that is no name, a NUL: the whole file is refused, with the line
and the key, and never with the line's text, which may be a secret.
"""

from __future__ import annotations

import io
import sys

from clovrix_env.model.layer import FILE, Binding, Layer, Location
from clovrix_env.model.names import OURS
from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import is_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any, Optional

    from clovrix_env.errors import Problems
    from clovrix_env.model.layer import Part

    Statement = tuple[Optional[str], int, Any]

# The parser, once it is loaded.
_loaded: ModuleType | None = None
# A log that was named by mistake is not told line by line.
MOST_UNREADABLE = 20
# Nobody writes more by hand; python-dotenv takes a second for some twenty thousand.
MOST_LINES = 20_000
# It is part of messages.
LONGEST_NAME = 1_000
# python-dotenv looks for a comment behind each character of white space: 10¹² steps for a megabyte.
_LONGEST_SPACE = 4_000
_HARMLESS = 10_000


class DotenvFile(Record):
    """What a file says to the program, and what it says to us (``CLOVRIX_TOKEN``)."""

    layer: Layer
    settings: tuple[Binding, ...]


def read(text: str, source: str, problems: Problems, *, names_alone: bool = True) -> DotenvFile:
    """The layer of a file's text. Problems are told as ``file:line: KEY: why``.

    ``names_alone``: a name without ``=`` is nothing, as in every ``.env``; else it is a problem.
    """
    too_much = why_too_much(text)
    if too_much:
        problems.about("unreadable", Location(FILE, source)).add(f"{source}: {too_much}")
        return DotenvFile(Layer(FILE, source, ()), ())
    bindings: list[Binding] = []
    settings: list[Binding] = []
    unreadable = 0
    for key, line, parsed in statements(text):
        place = Location(FILE, source, line)
        here = problems.about("unreadable", place)
        if parsed.error or (parsed.value is None and key is not None and not is_name(key)):
            unreadable += 1
            if unreadable > MOST_UNREADABLE:
                here.add(f"{source}: and more lines like these; is it a .env file?")
                break
            here.add(f"{place}: this line cannot be read as KEY=value")
        elif key is None or parsed.value is None:
            if key is not None and not names_alone:
                problems.add(f"{place}: {key} has no = behind it")
        elif not is_name(key):
            here.add(f"{place}: a key is a letter or _ and then letters, digits and _")
        elif len(key) > LONGEST_NAME:
            here.add(f"{place}: the key has more than {LONGEST_NAME:,} characters")
        elif "\0" in parsed.value:
            here.add(f"{place}: {key}: the value holds a NUL character")
        else:
            parts, wrong = _parts(parsed.original.string, parsed.value)
            if wrong:
                here.add(f"{place}: {key}: {wrong}; quote the value with '…' to keep it as it is")
                continue
            kept = settings if key.startswith(OURS) else bindings
            kept.append(Binding(key, parts, place))
    return DotenvFile(Layer(FILE, source, tuple(bindings)), tuple(settings))


def why_too_much(text: str) -> str:
    """What of a text would take its parser too long; empty where nothing does."""
    if text.count("\n") > MOST_LINES:
        return f"has more than {MOST_LINES:,} lines"
    if len(text) > _HARMLESS:
        import re  # the parser's own

        if any(len(run[0]) > _LONGEST_SPACE for run in re.finditer(r"[^\S\r\n]+", text)):
            return f"has more than {_LONGEST_SPACE:,} spaces in a row"
    return ""


def statements(text: str) -> Iterator[Statement]:
    """Key, line and python-dotenv's binding of each statement, comments and errors included."""
    # Blank lines belong to the statement behind them.
    # One kind of line end: python-dotenv miscounts the lines behind an error in a CRLF file.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for parsed in _parser().parse_stream(io.StringIO(text)):
        written = parsed.original.string
        blank = written[: len(written) - len(written.lstrip())]
        yield parsed.key, parsed.original.line + blank.count("\n"), parsed


def _parts(written: str, value: str) -> tuple[tuple[Part, ...], str]:
    """The parts of a value, and what is wrong with them."""
    if "$" not in value:
        return (value,), ""
    from clovrix_env.sources import template  # its patterns cost a run 0.1 ×

    try:
        quote, text = template.written_value(written, value)
        if quote == "'":
            return (value,), ""
        return template.parse(text, double_quoted=bool(quote)), ""
    except template.BadTemplate as bad:
        return (), str(bad)


def _parser() -> ModuleType:
    """``dotenv.parser``, loaded by its path: ``dotenv/__init__`` costs half as much again."""
    global _loaded
    _loaded = _loaded or sys.modules.get("dotenv.parser") or _load_by_path()
    return _loaded


def _load_by_path() -> ModuleType:
    from importlib.machinery import PathFinder, SourceFileLoader
    from importlib.util import module_from_spec, spec_from_loader

    package = PathFinder.find_spec("dotenv")
    folders = package.submodule_search_locations if package is not None else None
    if folders:
        name = "clovrix_env.sources._dotenv_parser"
        loader = SourceFileLoader(name, f"{next(iter(folders))}/parser.py")
        spec = spec_from_loader(name, loader)
        if spec is not None:
            module = module_from_spec(spec)
            loader.exec_module(module)
            return module
    import dotenv.parser

    return dotenv.parser
