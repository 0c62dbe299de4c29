"""Writes the public names of the package as Markdown, from their signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from functools import cached_property

import clovrix_env
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# The order of the page: what a program calls first. What is missing here is an error.
CHAPTERS = {
    "Load values": ("load_env", "resolve_env", "Environment"),
    "Call Clovrix": ("Client", "Scope", "AsyncClient", "AsyncScope"),
    "Records": ("Entry", "WriteItem", "WriteResult", "EntryVersion", "LogEvent"),
    "Exceptions": (
        *("ClovrixError", "ClovrixConfigError", "ClovrixConnectionError", "ClovrixAPIError"),
        *("AuthenticationError", "BillingError", "ForbiddenError", "NotFoundError"),
        *("ValidationError", "ServerError"),
    ),
    "The version": ("__version__",),
}
_SECTION = re.compile(r"^(Args|Returns|Raises|Example):\n((?:    .*\n|\n)+)", re.MULTILINE)
_ITEM = re.compile(r"^(\w+): ((?:.*\n)(?:    .*\n)*)", re.MULTILINE)
_LONGEST = 90


def page() -> Iterator[str]:
    """Every public name in its chapter."""
    for chapter, names in CHAPTERS.items():
        yield from (f"## {chapter}", "")
        for name in names:
            value = getattr(clovrix_env, name)
            if inspect.isclass(value):
                yield from _class(name, value)
            elif callable(value):
                yield from _function(f"### `{name}()`", name, value)
            else:
                yield from (f"### `{name}`", "", "The version of the package, a `str`.", "")


def _class(name: str, kind: type) -> Iterator[str]:
    yield from (f"### `{name}`", "")
    if issubclass(kind, Exception):
        yield from _code([f"class {name}({kind.__base__.__name__})"])
    elif issubclass(kind, Record):
        yield from _code([f"class {name}:", *_fields(kind)])
    elif "Args:" in (kind.__doc__ or ""):
        yield from _code(_signature(name, kind))
    yield from _text(kind)
    for member, value in vars(kind).items():
        if member.startswith("_") or not inspect.getdoc(value):
            continue
        if isinstance(value, (property, cached_property)):
            yield from (f"#### `{name}.{member}`", "", *_text(value))
        elif inspect.isfunction(value):
            yield from _function(f"#### `{name}.{member}()`", member, value)


def _fields(kind: type[Record]) -> Iterator[str]:
    for name, annotation in kind.__annotations__.items():
        default = f" = {getattr(kind, name)!r}" if hasattr(kind, name) else ""
        yield f"    {name}: {annotation}{default}"


def _function(heading: str, name: str, function: object) -> Iterator[str]:
    yield from (heading, "", *_code(_signature(name, function)), *_text(function))


def _signature(name: str, function: object) -> list[str]:
    """A call with its types, on one line or with a line for each parameter."""
    assert callable(function)
    signature = inspect.signature(function)
    kept = [p for p in signature.parameters.values() if p.name != "self"]
    shown = str(signature.replace(parameters=kept)).replace("'", "")
    shown = re.sub(r"\bclovrix_env\.(?:\w+\.)*", "", shown)
    start = "async " if inspect.iscoroutinefunction(function) else ""
    if inspect.isclass(function):
        shown = shown.partition(" -> ")[0]
    if len(start + name + shown) <= _LONGEST:
        return [f"{start}{name}{shown}"]
    *_, returned = shown.rpartition(")")
    inner = shown[1 : len(shown) - len(returned) - 1]
    # A comma within brackets belongs to a type.
    return [
        f"{start}{name}(",
        *(f"    {part}," for part in re.split(r", (?![^\[]*\])", inner)),
        f"){returned}",
    ]


def _code(lines: list[str], language: str = "text") -> Iterator[str]:
    yield from (f"```{language}", *lines, "```", "")


def _text(documented: object) -> Iterator[str]:
    """A docstring as Markdown: its paragraphs, then a list or an example for each section."""
    text = (inspect.getdoc(documented) or "").replace("``", "`") + "\n"
    sections = {title: inspect.cleandoc(body) + "\n" for title, body in _SECTION.findall(text)}
    yield from (*_SECTION.sub("", text).strip().splitlines(), "")
    for title, body in sections.items():
        if title == "Example":
            yield from ("**Example**", "", *_code(_session(body), "pycon"))
        elif title == "Returns":
            yield from (f"**Returns** {_sentence(body)}", "")
        else:
            yield from (f"**{'Arguments' if title == 'Args' else title}**", "")
            yield from (f"- `{name}`: {_sentence(about)}" for name, about in _ITEM.findall(body))
            yield ""


def _session(example: str) -> list[str]:
    return ["" if line == "<BLANKLINE>" else line for line in example.strip().splitlines()]


def _sentence(text: str) -> str:
    return " ".join(text.split())
