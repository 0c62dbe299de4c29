"""Chooses the ``.env`` files that count, and reads them.

Named files replace the four default files. In an environment that ``ignored_in`` lists, no default
file is read, and a note names each one that exists: a forgotten ``.env`` must not override the
values of production.
"""

from __future__ import annotations

import os

from clovrix_env.model.layer import FILE, Location
from clovrix_env.model.record import Record
from clovrix_env.system import files, folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.errors import Problems
    from clovrix_env.model.layer import Binding, Layer
    from clovrix_env.settings.load_options import LoadOptions
    from clovrix_env.settings.settings import Settings

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
# .env.local and .env.example have another meaning already.
RESERVED = frozenset({"local", "example", "sample", "schema", "vault", "keys"})


class LocalFiles(Record):
    """The layers of the files, lowest first, with their settings of clovrix-env and their states.

    ``ignored`` are the default files that exist but do not count, each with its path;
    ``is_complete`` is false if a file that counts cannot be read at all.
    """

    layers: tuple[Layer, ...]
    settings: tuple[Binding, ...]
    states: tuple[files.State, ...]
    ignored: tuple[tuple[str, str], ...] = ()
    is_complete: bool = True


class ValueFiles(Record):
    """Values from separate files, the states of these, and the names whose value was not read."""

    bindings: tuple[Binding, ...] = ()
    states: tuple[files.State, ...] = ()
    unread: tuple[str, ...] = ()


def read(
    settings: Settings,
    request: LoadOptions,
    fifo_deadline: float | None,
    problems: Problems,
    notes: list[str],
) -> LocalFiles:
    """Read all files that count. Errors are added to ``problems``.

    Reading a FIFO waits for a writer until ``fifo_deadline``; without a deadline it is skipped.
    """
    named = request.files is not None
    paths = candidates(settings, request)
    ignored = are_ignored(settings) and not request.local
    if not named and (ignored or request.local is False):
        found = [(shown, path) for shown, path in paths if files.state_of(path).exists]
        if found and request.local is None:
            notes.append(
                f"{', '.join(shown for shown, _ in found)} not read in {settings.environment} "
                f"({request.wording.local} reads {'it' if len(found) == 1 else 'them'})"
            )
        return LocalFiles((), (), (), tuple(found))
    layers: list[Layer] = []
    own_settings: list[Binding] = []
    states: list[files.State] = []
    is_complete = True
    for shown, path in paths:
        try:
            text = files.read_text(
                path,
                fifo_deadline=fifo_deadline,
                check=None if named else settings.root.check_default,
            )
        except files.FifoNotOpened as fifo:
            notes.append(f"{shown} {fifo}")
            continue
        except files.Unreadable as error:
            problems.about("unreadable", Location(FILE, shown)).add(f"{shown} {error}")
            is_complete = False
            continue
        if text is None:
            states.append(files.state_of(path))
            dead_link = files.dead_link(path)
            if named:
                why = dead_link or ("is a folder" if os.path.isdir(path) else "does not exist")
                problems.add(f"{shown} {why}", "name a file that exists, or leave it out")
            elif dead_link:
                notes.append(f"{shown} {dead_link}")
            continue
        states.append(text[1])
        from clovrix_env.sources import dotenv_reader  # imported only for a file

        parsed = dotenv_reader.read(text[0], shown, problems)
        layers.append(parsed.layer)
        own_settings.extend(parsed.settings)
    return LocalFiles(tuple(layers), tuple(own_settings), tuple(states), is_complete=is_complete)


def are_ignored(settings: Settings) -> bool:
    """Whether no default file is read in this environment; its case does not matter."""
    environment = (settings.environment or "").lower()
    return environment in [name.lower() for name in settings.declared.ignored_in]


def candidates(settings: Settings, request: LoadOptions) -> list[tuple[str, str]]:
    """Return the name in messages and the path of each file that a load looks for, lowest first.

    If a file is named twice, the last position counts.
    """
    found = list(default_files(settings) if request.files is None else _named(request))
    last = {path: at for at, (_, path) in enumerate(found)}
    return [found[at] for at in sorted(last.values())]


def _named(request: LoadOptions) -> Iterator[tuple[str, str]]:
    for name in request.files or ():
        shown = name or "''"
        yield shown, folders.whole_path(name, shown)


def default_files(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the name in messages and the path of each default file."""
    environment = settings.environment
    lower = (environment or "").lower()
    fits = environment is not None and _PLAIN.issuperset(environment) and lower not in RESERVED
    for template in settings.declared.file_names:
        if template == ".env.local" and lower == "test":
            continue
        if "{environment}" in template and not fits:
            continue
        name = template.replace("{environment}", environment or "")
        yield settings.root.shown(name), os.path.join(settings.root.path, name)
