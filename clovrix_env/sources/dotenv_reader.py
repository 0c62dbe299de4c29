"""Reads the text of a ``.env`` file to a layer: python-dotenv parses it, and strict checks follow.

The simplest texts are read without python-dotenv (``plain_dotenv``), with the same result. A line
that does not parse, an invalid key or a NUL makes the whole file invalid. Messages contain the line
number and the key, but not the text of the line, which may be a secret.
"""

from __future__ import annotations

import io
import os
import sys

import clovrix_env
from clovrix_env.model.layer import FILE, UNREAD, Binding, Layer, Location
from clovrix_env.model.names import OURS
from clovrix_env.model.record import Record
from clovrix_env.model.type_checks import is_name
from clovrix_env.sources import plain_dotenv
from clovrix_env.sources.plain_dotenv import LONGEST_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType
    from typing import Any, Optional

    from clovrix_env.errors import Problems
    from clovrix_env.model.layer import Part

    Statement = tuple[Optional[str], int, Any]

# The parser after it was loaded.
_loaded: ModuleType | None = None
# A log that was named by mistake would have a problem in each line.
MOST_UNREADABLE = 20
# No one writes more by hand; python-dotenv takes a second for so many.
MOST_LINES = 20_000
# Replaces python-dotenv's error for a line that is a part of the value above it.
_WRAPPED = "is directly below a value without quotes and reads like the rest of it"
_BASE64 = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
# python-dotenv searches for a comment after each space character: 10¹² steps for a megabyte.
_LONGEST_SPACE = 2_000
_HARMLESS = 10_000


class DotenvFile(Record):
    """The program's values in a file, and the file's settings of clovrix-env (``CLOVRIX_*``)."""

    layer: Layer
    settings: tuple[Binding, ...]


def read(text: str, source: str, problems: Problems, *, names_alone: bool = True) -> DotenvFile:
    """Return the layer of a file's text. Problems are reported as ``file:line: KEY: why``.

    ``names_alone`` ignores names without ``=``, as usual for ``.env``; otherwise each is a problem.
    """
    too_much = why_too_much(text)
    if too_much:
        problems.about("unreadable", Location(FILE, source)).add(f"{source}: {too_much}")
        return DotenvFile(Layer(FILE, source, ()), ())
    plain = plain_dotenv.read(text)
    if plain is not None:
        places = ((name, value, Location(FILE, source, line)) for line, name, value in plain)
        return _file(source, [Binding(name, (value,), place) for name, value, place in places])
    bindings: list[Binding] = []
    unreadable = wrapped = 0
    for key, line, parsed in statements(text):
        place = Location(FILE, source, line)
        here = problems.about("unreadable", place)
        if parsed.error == _WRAPPED:
            if line != wrapped + 1:  # one problem for all lines of a value
                remedy = "put a value of several lines in quotes (NAME='…'), or remove the line"
                here.add(f"{place}: this line {_WRAPPED}", remedy)
            wrapped = line
        elif parsed.error or (parsed.value is None and key is not None and not is_name(key)):
            unreadable += 1
            if unreadable > MOST_UNREADABLE:
                here.add(f"{source}: and more lines like these; is it a .env file?")
                break
            invisible = _invisible_in(parsed.original.string.partition("=")[0].strip())
            here.add(f"{place}: {invisible or _why_unreadable(parsed.original.string)}")
            bindings.extend(_unread(_first_word(parsed.original.string), place))
        elif key is None or parsed.value is None:
            if key is not None and not names_alone:
                problems.add(f"{place}: this line has no =")
        elif not is_name(key):
            rule = "a key must consist of A-Z, a-z, 0-9 and _, and not begin with a digit"
            here.add(f"{place}: {_invisible_in(key) or rule}")
        elif len(key) > LONGEST_NAME:
            here.add(f"{place}: the key has more than {LONGEST_NAME:,} characters")
        elif "\0" in parsed.value:
            here.add(f"{place}: {key}: the value contains a NUL character")
            bindings.extend(_unread(key, place))
        else:
            parts, wrong = _parts(parsed.original.string, parsed.value)
            if wrong:
                here.add(f"{place}: {key}: {wrong}; quote the value with '…' to keep it as it is")
                bindings.extend(_unread(key, place))
                continue
            bindings.append(Binding(key, parts, place))
    return _file(source, bindings)


def _file(source: str, bindings: Sequence[Binding]) -> DotenvFile:
    settings = tuple(binding for binding in bindings if binding.name.startswith(OURS))
    others = tuple(binding for binding in bindings if not binding.name.startswith(OURS))
    return DotenvFile(Layer(FILE, source, others), settings)


def _unread(name: str, place: Location) -> Iterator[Binding]:
    """Yield a binding with an unread value for a name that a line with an error may set."""
    if is_name(name) and not name.startswith(OURS):
        yield Binding(name, (UNREAD,), place)


def _why_unreadable(line: str) -> str:
    """Return why a line is not valid, without any of its text."""
    value = line.partition("=")[2].strip()
    quote = value[:1]
    if quote not in ("'", '"') or not quote:
        return "expected KEY=value"
    characters = iter(value[1:])
    for character in characters:
        if character == "\\":
            next(characters, None)
        elif character == quote:
            return f"text follows the closing {quote} of the value"
    return f"the value has no closing {quote}"


def _first_word(line: str) -> str:
    """Return the first word of a line, which is not shown because it may be part of a secret."""
    line = line.lstrip().removeprefix("export ").lstrip()
    return next((line[:end] for end, c in enumerate(line) if not is_name(f"_{c}")), line)


def why_too_much(text: str) -> str:
    """Return why the parser would take too long for a text; empty if it would not."""
    if text.count("\n") > MOST_LINES:
        return f"has more than {MOST_LINES:,} lines"
    if len(text) > _HARMLESS and has_long_space(text):
        return f"has more than {_LONGEST_SPACE:,} spaces in a row"
    return ""


def has_long_space(text: str) -> bool:
    """Whether a text has more spaces in a row than a file of any length may have."""
    import re  # the parser needs it, too

    return any(len(run[0]) > _LONGEST_SPACE for run in re.finditer(r"[^\S\r\n]+", text))


def statements(text: str) -> Iterator[Statement]:
    """Yield the key, line and python-dotenv binding of each statement, also comments and errors.

    The further lines of a value that was wrapped without quotes have no key.
    """
    # Blank lines belong to the statement after them.
    above: Any = None  # the statement that ends in the line above, if its value has no quotes
    for statement in parsed_by_dotenv(text):
        parsed, written = statement, statement.original.string
        blank = written[: len(written) - len(written.lstrip())]
        if above is not None and "\n" not in blank and _is_rest(parsed, above):
            parsed = parsed._replace(key=None, value=None, error=_WRAPPED)
        is_value = parsed.error == _WRAPPED or parsed.value is not None
        above = parsed if is_value and not _is_quoted(written) else None
        yield parsed.key, parsed.original.line + blank.count("\n"), parsed


def parsed_by_dotenv(text: str) -> Iterator[Any]:
    """Return the statements as python-dotenv parses them."""
    # python-dotenv miscounts the lines after an error in a file with CRLF.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    statements: Iterator[Any] = _parser().parse_stream(io.StringIO(text))
    return statements


def _is_rest(parsed: Any, above: Any) -> bool:
    """Whether a line is the rest of the value above it: one word, or the padding of base64."""
    if above.error == _WRAPPED and (parsed.error or parsed.value in ("", "=")):
        return True
    written: str = parsed.original.string
    if parsed.value is None:
        return parsed.key is not None and written.split()[:1] != ["export"]
    padded = written.strip()
    return padded.endswith("==") and len(padded) % 4 == 0 and _is_base64(above.value or "")


def _is_base64(value: str) -> bool:
    return len(value) >= 16 and len(value) % 4 == 0 and _BASE64.issuperset(value)


def _is_quoted(written: str) -> bool:
    return written.partition("=")[2].lstrip(" \t").startswith(("'", '"'))


def _invisible_in(key: str) -> str:
    """Return the problem of a key with an invisible character; empty for other keys."""
    found = next((c for c in key if not c.isprintable() and c != "\t"), "")
    return found and f"the name contains U+{ord(found):04X}, an invisible character: remove it"


def _parts(written: str, value: str) -> tuple[tuple[Part, ...], str]:
    """Return the parts of a value and the problem with them, if any."""
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
    """Return ``dotenv.parser``, without ``dotenv/__init__``, which costs half as much again."""
    global _loaded
    if _loaded is None:
        _loaded = _load_alone()
    if _loaded is None:  # frozen programs and editable installs have their own importers
        import dotenv.parser

        _loaded = dotenv.parser
    return _loaded


def _load_alone() -> ModuleType | None:
    """Load the parser of python-dotenv from the folder of this package, or from the path.

    A program's own ``dotenv.py`` or ``dotenv/`` is skipped and not run.
    """
    from importlib.machinery import PathFinder
    from types import ModuleType

    for place in (os.path.dirname(clovrix_env.__path__[0]), *sys.path):
        package = PathFinder.find_spec("dotenv", [place])
        folders = package.submodule_search_locations if package is not None else None
        code = _code_of(PathFinder.find_spec("dotenv.parser", folders)) if folders else None
        if code is not None and "parse_stream" in code.co_names:
            module = ModuleType("dotenv.parser")
            exec(code, vars(module))  # noqa: S102
            return module
    return None


def _code_of(spec: ModuleSpec | None) -> CodeType | None:
    # Not exec_module: it would run the code, and zipimport does not have it in Python 3.9.
    get_code: Callable[[str], CodeType | None] | None = getattr(
        spec and spec.loader, "get_code", None
    )
    try:
        return get_code("dotenv.parser") if get_code is not None else None
    except (ImportError, OSError, SyntaxError, ValueError):
        return None
