"""The loads and reads of a project's Python files, from their syntax trees. Pure."""

from __future__ import annotations

import ast

from clovrix_env.check import code
from clovrix_env.check.migrate import (
    of_decouple,
    of_django_environ,
    of_dotenv,
    of_environs,
    of_os,
    of_pydantic,
)
from clovrix_env.check.migrate.findings import (
    DECOUPLE,
    DJANGO_ENVIRON,
    DOTENV,
    ENVIRONS,
    STAYS,
    Load,
)
from clovrix_env.check.migrate.own_modules import OwnModules
from clovrix_env.check.migrate.syntax import Names, items, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovrix_env.check.migrate.findings import Findings

_READERS = {
    "dotenv": (DOTENV, of_dotenv),
    "environs": (ENVIRONS, of_environs),
    "environ": (DJANGO_ENVIRON, of_django_environ),
    "decouple": (DECOUPLE, of_decouple),
    "os": ("", of_os),
    "dj_database_url": ("", of_os),
}
# Modules and functions that load files; one that is passed on may be called with any file.
_LOADERS = {
    **dict.fromkeys(("dotenv", "dotenv.load_dotenv", "dotenv.dotenv_values"), DOTENV),
    **dict.fromkeys(("environs", "environs.env.read_env", "environs.Env.read_env"), ENVIRONS),
    **dict.fromkeys(("environ", "environ.Env.read_env", "environ.env.read_env"), DJANGO_ENVIRON),
    "decouple": DECOUPLE,
}
# Words of files that may import an object which reads variables.
_IMPORTS = (b"import *", b"import config", b"config('", b'config("', b"env('", b'env("', b"env.")
# Words of files that may load or read variables, also by pydantic-settings and click.
WORDS: tuple[bytes, ...] = (
    *(b"environ", b"getenv", b"dotenv", b"decouple", b"dj_database_url", b"import env"),
    *(b"env_file", b"BaseSettings", b"envvar"),
    *_IMPORTS,
)


def examine(sources: Iterable[tuple[str, bytes]], found: Findings) -> None:
    """Add the loads and reads of all files."""
    kept = {file.replace("\\", "/"): content for file, content in sources}
    modules = OwnModules(kept, _tree)
    for file, content in kept.items():
        tree = _tree(content)
        if isinstance(tree, ast.Module):
            _examine(tree, Names(tree, modules.imported_by(file)), file, found)
        elif any(word in content for word in WORDS if word not in _IMPORTS):
            why = f"{tree.why}, so its loads and reads are unknown"
            found.means("syntax", file, tree.line, why, "look for loads and reads in it yourself")


def _tree(content: bytes) -> ast.Module | code.Unparsable:
    try:
        return code.parsed(content)
    except code.Unparsable as failed:
        return failed


def _examine(tree: ast.Module, names: Names, file: str, found: Findings) -> None:
    for call in names.calls(tree):
        library, reader = _READERS.get(call.name.partition(".")[0], ("", None))
        if reader is not None:
            if library:
                found.libraries.setdefault(library)
            reader.examine(call, names, file, found)
    of_pydantic.examine(tree, names, file, found)
    for line, full in names.passed_on(tree):
        library = _LOADERS.get(full, "")
        if library:
            found.libraries.setdefault(library)
            found.loads.append(Load(file, line, library, None))
            found.change(file, line, full, f"{STAYS}: it is passed on, so its files are unknown")
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            _imported(node, found)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            if names.full(node.comparators[0]) == "os.environ":
                found.also_read.add(text(node.left) or "")
        elif isinstance(node, ast.keyword) and node.arg == "envvar":  # click and typer
            found.also_read.update(text(one) or "" for one in items(node.value) or [node.value])


def _imported(node: ast.Import | ast.ImportFrom, found: Findings) -> None:
    named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
    for module in named:
        library = _READERS.get((module or "").partition(".")[0], ("", None))[0]
        if library and not getattr(node, "level", 0):
            found.libraries.setdefault(library)
