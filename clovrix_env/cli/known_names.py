"""The names that shell completion offers: those that this machine knows, without a request.

They come from ``.clovrix``, the names of ``.env`` files and the names in them, ``CLOVRIX_*``, and
the embedded store that the process environment or the user's configuration names; for a command
that has ``--store``, the store that it opens. A store's names are not sealed, so no master key is
read. Nothing here opens a FIFO, a cached value or a token.
"""

from __future__ import annotations

import os
import re
import time

from clovrix_env.resolution.inputs import Inputs
from clovrix_env.settings.load_options import COMMAND_WORDING, LoadOptions
from clovrix_env.sources.local_files import RESERVED
from clovrix_env.system.process import of_launcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

# A name with other characters could be a command or a pattern to the shell.
_HARMLESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]*", re.ASCII)
_ENVIRONMENT = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_STORE_SECONDS = 0.5
_KEYS = "SELECT key FROM entry JOIN project ON project.id = project_id WHERE project.name = ?"
_WITH_VALUE = " AND entry.id IN (SELECT entry_id FROM head)"


def projects(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the projects; ``given`` has the options that precede the word."""
    inputs = _inputs(given)
    declared = inputs.settings.declared
    yield from filter(None, (inputs.process.environ.get("CLOVRIX_PROJECT"), declared.project))
    yield from declared.extends
    yield from _in_store(inputs, "SELECT name FROM project", ())


def environments(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the environments, those of the files and of the contract too."""
    inputs = _inputs(given)
    declared = inputs.settings.declared
    environ = inputs.process.environ
    default = declared.default_environment
    yield from filter(None, (environ.get("CLOVRIX_ENVIRONMENT"), default))
    for variable in declared.variables.values():
        yield from variable.required_in
    yield from _of_files(inputs.settings.root.path, declared.file_names)
    yield from _in_store(
        inputs,
        "SELECT environment.name FROM environment JOIN project ON project.id = project_id"
        " WHERE project.name = ?",
        (inputs.settings.project,),
    )


def names(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the contract, of the files that count, and of the project's entries."""
    inputs = _inputs(given)
    yield from inputs.contract.variables
    for layer in inputs.files.layers:
        yield from (binding.name for binding in layer.bindings)
    yield from _in_store(inputs, _KEYS + _WITH_VALUE, (inputs.settings.project,))


def former_names(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the project's entries, those that were deleted too."""
    inputs = _inputs(given)
    yield from _in_store(inputs, _KEYS, (inputs.settings.project,))


def scope(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the projects or, behind one, its environments: the arguments of ``clovrix-exec``."""
    words = given.get("place") or ()
    if "--" in os.environ.get("COMP_WORDS", "").split():
        return
    if not words:
        yield from projects(given)
    elif len(words) == 1:
        yield from environments({**given, "project": words[0]})


KINDS = {
    "projects": projects,
    "environments": environments,
    "names": names,
    "former names": former_names,
    "scope": scope,
}


def offered(kind: str, given: Mapping[str, Any], begin: str) -> list[str]:
    """Return the names of a kind that begin with a text; none if anything is wrong."""
    found: dict[str, None] = {}
    try:
        for name in KINDS[kind](given):
            found[name] = None
    except Exception:  # noqa: S110 - the command itself reports it, not each press of Tab
        pass
    return [name for name in found if name.startswith(begin) and _HARMLESS.fullmatch(name)]


def _inputs(given: Mapping[str, Any]) -> Inputs:
    options = LoadOptions(
        given.get("project") or next(iter(given.get("projects") or ()), None),
        given.get("environment"),
        given.get("root"),
        given.get("files") or None,
        local=given.get("local") or None,
        wording=COMMAND_WORDING,
    )
    return Inputs.below_marker(options, of_launcher())


def _of_files(root: str, templates: Iterable[str]) -> Iterator[str]:
    """Yield the environments that have a file of their own."""
    present = sorted(os.listdir(root))
    for template in templates:
        begin, placeholder, end = template.partition("{environment}")
        for file in present if placeholder else ():
            name = file[len(begin) : len(file) - len(end)]
            is_other = name.lower() in RESERVED or not _ENVIRONMENT.fullmatch(name)
            if file == f"{begin}{name}{end}" and not is_other:
                yield name


def _in_store(inputs: Inputs, query: str, values: tuple[Any, ...]) -> list[str]:
    from clovrix_env.cli.local.where import addressed_store, has_option, store_path

    environ = inputs.process.environ
    path = store_path(environ) if has_option() else addressed_store(environ)
    if path is None:
        return []
    from clovrix_env.store import opening

    connection, _ = opening.opened(path, time.monotonic() + _STORE_SECONDS)
    try:
        return [name for (name,) in connection.execute(f"{query} ORDER BY 1", values)]
    finally:
        connection.close()
