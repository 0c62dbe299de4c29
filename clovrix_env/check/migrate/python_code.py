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
from clovrix_env.check.migrate.findings import DECOUPLE, DJANGO_ENVIRON, DOTENV, ENVIRONS
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
# Words of files that may load or read variables, also by pydantic-settings and click.
WORDS: tuple[bytes, ...] = (
    *(b"environ", b"getenv", b"dotenv", b"decouple", b"dj_database_url", b"import env"),
    *(b"env_file", b"BaseSettings", b"envvar"),
)
# Words of files that make an object which reads variables.
_MAKERS = (b"Env(", b"Config(")


def examine(sources: Iterable[tuple[str, bytes]], found: Findings) -> None:
    """Add the loads and reads of all files."""
    kept = list(sources)
    # `from .settings import env` imports an instance of another file. One tree at a time is kept:
    # a tree takes fifty times the memory of its text.
    shared: dict[str, str] = {}
    for _, content in kept:
        if any(word in content for word in _MAKERS):
            tree = _tree(content)
            if isinstance(tree, ast.Module):
                shared.update(Names(tree, {}).instances)
    for file, content in kept:
        tree = _tree(content)
        if isinstance(tree, ast.Module):
            _examine(tree, Names(tree, shared), file, found)
        else:
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
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            if names.full(node.comparators[0]) == "os.environ":
                found.tested.add(text(node.left) or "")
        elif isinstance(node, ast.keyword) and node.arg == "envvar":  # click and typer
            found.tested.update(text(one) or "" for one in items(node.value) or [node.value])
