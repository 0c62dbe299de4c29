"""Values of files for ``import``, and their difference from those on Clovrix.

Everything is checked before a request is sent: a value that Clovrix cannot store stops the whole
import, and all problems are reported at once.
"""

from __future__ import annotations

import os
import time

from clovrix_env.api import limits
from clovrix_env.cli import asking
from clovrix_env.errors import Problems, ValidationError
from clovrix_env.model.layer import Layer
from clovrix_env.model.names import OURS
from clovrix_env.model.record import Record
from clovrix_env.resolution import interpolate
from clovrix_env.resolution.precedence import merge
from clovrix_env.sources import dotenv_reader, json_file, yaml_file
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from clovrix_env.model.layer import Location

DOTENV, JSON, YAML = "dotenv", "json", "yaml"
FORMATS = (DOTENV, JSON, YAML)
STDIN = "-"
NEW, CHANGED, SAME = "new", "changed", "same"
_BY_EXTENSION = {".json": JSON, ".yaml": YAML, ".yml": YAML}


class Read(Record, hidden=("value",)):
    """A name, its value, and its location in the files."""

    name: str
    value: str
    place: Location


class Change(Record, hidden=("value",)):
    """A name of the files and its state on Clovrix: new, changed or same."""

    name: str
    value: str
    place: Location
    state: str


def read(paths: Sequence[str], kind: str | None) -> tuple[Read, ...]:
    """The values of files; later files override earlier ones. Of one named twice, the last counts.

    ``kind`` is one of ``FORMATS``, or ``None`` for each file's extension. Raises
    ``ClovrixConfigError``.
    """
    problems = Problems()
    last = {os.path.abspath(path): at for at, path in enumerate(paths)}
    layers = [layer for at in sorted(last.values()) for layer in _layers(paths[at], kind, problems)]
    found = _values(layers, problems)
    for each in found:
        _check(each, problems)
    problems.raise_if_any()
    return found


def _values(layers: Sequence[Layer], problems: Problems) -> tuple[Read, ...]:
    definitions = merge(layers)
    names = dict.fromkeys(binding.name for layer in layers for binding in layer.bindings)
    # Expanded from the files alone: the result is written for other machines.
    values = interpolate.expand(definitions, names, problems)
    return tuple(Read(name, values[name], definitions[name][0].place) for name in values)


def equal_to_local(
    found: Sequence[Change], local: Iterable[tuple[str, str]], paths: Sequence[str]
) -> Iterator[tuple[str, list[str]]]:
    """The names that have the same value in a file of this folder, grouped by that file.

    ``local`` has names and paths of such files; those in ``paths`` are imported themselves. FIFOs
    and files that cannot be read are skipped.
    """
    for shown, path in local:
        try:
            text = None if any(_is_same(path, named) for named in paths) else files.read_text(path)
        except files.Unreadable:
            continue
        if text is not None:
            layer = dotenv_reader.read(text[0], shown, Problems()).layer
            values = {each.name: each.value for each in _values([layer], Problems())}
            same = [change for change in found if change.value == values.get(change.name) != ""]
            names = [change.name for change in same]
            if names:
                yield shown, names


def _is_same(path: str, named: str) -> bool:
    try:
        return named != STDIN and os.path.samefile(path, named)
    except OSError:
        return False


def changes(found: Sequence[Read], held: Mapping[str, str | None]) -> tuple[Change, ...]:
    """Compare each name of the files with the entries on Clovrix; ``None`` is a damaged value."""
    return tuple(Change(each.name, each.value, each.place, _state(each, held)) for each in found)


def _state(each: Read, held: Mapping[str, str | None]) -> str:
    if each.name not in held:
        return NEW
    return SAME if held[each.name] == each.value else CHANGED


def _layers(path: str, kind: str | None, problems: Problems) -> Iterator[Layer]:
    shown = "stdin" if path == STDIN else path
    text: str | None = None
    try:
        until = time.monotonic() + files.FIFO_SECONDS
        content = _stdin() if path == STDIN else files.read(path, fifo_deadline=until)[0]
        text = files.text_of(content)
    except files.Unreadable as error:
        problems.add(f"{shown} {error}", "name one or more files of UTF-8 text")
    if text is None:
        return
    kind = kind or _BY_EXTENSION.get(os.path.splitext(path)[1].lower(), DOTENV)
    if kind == JSON:
        yield json_file.read(text, shown, problems)
    elif kind == YAML:
        yield yaml_file.read(text, shown, problems)
    else:
        parsed = dotenv_reader.read(text, shown, problems, names_alone=False)
        yield Layer(parsed.layer.kind, shown, (*parsed.layer.bindings, *parsed.settings))


def _stdin() -> bytes:
    content = asking.piped(files.LARGEST + 1)
    if len(content) > files.LARGEST:
        raise files.Unreadable("is larger than 1 MiB")
    return content


def _check(each: Read, problems: Problems) -> None:
    """Refuse a value that Clovrix cannot store or programs would not load."""
    if each.name.startswith(OURS):
        problems.add(
            f"{each.place}: {each.name} is a setting of clovrix-env, "
            "which programs do not load from Clovrix",
            "remove the line",
        )
        return
    try:
        limits.check_key(each.name)
        limits.check_value(each.name, each.value)
    except ValidationError as error:
        problems.add(f"{each.place}: {error}")
    if "\0" in each.value:
        problems.add(f"{each.place}: the value of {each.name} contains a NUL character")
