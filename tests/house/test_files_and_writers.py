"""One module reads files, one writes them, one spells a line of a ``.env`` file."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clovrix_env.cli import edited_text
from clovrix_env.contract.variable import Variable
from clovrix_env.export.dotenv import Dotenv
from clovrix_env.export.dotenv_example import example
from clovrix_env.export.format import exported
from clovrix_env.sources import dotenv_writer

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOP = Path(__file__).parents[2]
_PACKAGES = ("clovrix_env", "sitecustomize_hook")
# What opens, names or writes a file. ``system`` is the folder of those who may.
_OF_OS = {"open", "fdopen", "replace", "rename", "renames", "link", "symlink", "truncate"}
_OF_PATHS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "touch"}
_OF_TEMPFILE = {"mkstemp", "mktemp", "NamedTemporaryFile", "TemporaryFile"}
_OF_SHUTIL = {"copy", "copy2", "copyfile", "copytree", "move"}
# What has such a name and opens no file: a store, and a connection.
_HARMLESS = {"Store.open", "files.read_text", "self.open", "self._route.open"}

# Who else may, how often, and why.
EXCEPTIONS = {
    "clovrix_env/cache/folder.py": {"os.open": 1},  # the folder, by which its files are reached
    "clovrix_env/hook.py": {"open": 1},  # /proc/self/cmdline, before anything of ours is imported
    "sitecustomize_hook/sitecustomize.py": {"open": 1},  # .pth lines: it imports nothing of ours
}


def uses(source: str) -> Iterator[str]:
    """Each use of what opens, names or writes a file, called or handed on."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id == "open" and isinstance(node.ctx, ast.Load):
            yield "open"
        elif isinstance(node, ast.Attribute):
            written = ast.unparse(node)
            module, _, name = written.rpartition(".")
            known = {"os": _OF_OS, "tempfile": _OF_TEMPFILE, "shutil": _OF_SHUTIL}
            if name in known.get(module, _OF_PATHS) and written not in _HARMLESS:
                yield written
        elif isinstance(node, ast.ImportFrom) and node.module in ("os", "io", "tempfile", "shutil"):
            every = {*_OF_OS, *_OF_TEMPFILE, *_OF_SHUTIL}
            yield from (f"from {node.module}" for name in node.names if name.name in every)


def counted(source: str) -> dict[str, int]:
    found = list(uses(source))
    return {use: found.count(use) for use in found}


def test_only_the_reader_and_the_writer_open_files() -> None:
    """And a few others, each with its reason."""
    found = {
        str(path.relative_to(_TOP)): counted(path.read_text(encoding="utf-8"))
        for package in _PACKAGES
        for path in sorted((_TOP / package).rglob("*.py"))
        if path.parent != _TOP / "clovrix_env" / "system"
    }
    assert {name: uses for name, uses in found.items() if uses} == EXCEPTIONS


@pytest.mark.parametrize(
    "planted",
    [
        *("with open(path) as file: pass", "map(open, paths)", "io.open(path)", "os.fdopen(3)"),
        *("os.open(path, os.O_RDONLY)", "os.replace(a, b)", "os.rename(a, b)", "os.link(a, b)"),
        *("from os import open", "from os import replace as moved", "Path(path).open()"),
        *("path.read_text()", "path.write_bytes(content)", "tempfile.NamedTemporaryFile()"),
        "shutil.copyfile(a, b)",
    ],
)
def test_a_planted_reader_is_found(planted: str) -> None:
    """However it is written; the reader itself, a store and a text are left alone."""
    assert list(uses(planted))
    assert not list(uses("files.read_text(path); Store.open(path, key); seen.replace('a', 'b')"))


def test_the_names_of_our_own_variables_are_written_once() -> None:
    """The prefixes, and that of the marker; the guard says of each prefix what it is."""
    found = {
        str(path.relative_to(_TOP / "clovrix_env")): [
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and node.value in ("__CLOVRIX_", "__CLOVRIX_ENV")
        ]
        for path in (_TOP / "clovrix_env").rglob("*.py")
    }
    assert {name: values for name, values in found.items() if values} == {
        "model/names.py": ["__CLOVRIX_ENV", "__CLOVRIX_"],
        "resolution/guard_names.py": ["__CLOVRIX_"],
    }


_VALUES = (
    *("", "plain", "https://a.b/c?d=e&f", "#fff", "$HOME", 'say "hi"', "it's", "a\nb", "a\r\nb"),
    *("C:\\dir\\", "\\n", "tab\t", "é漢", 'it\'s "both" \\ ones'),
)


@pytest.mark.parametrize("value", _VALUES)
def test_a_line_of_a_dotenv_file_is_spelled_in_one_way(value: str) -> None:
    """By export, by edit and by the example of the contract."""
    line = dotenv_writer.line("N", value)
    assert exported({"N": value}, Dotenv()) == f"{line}\n"
    assert edited_text.draft({"N": value}, "backend/staging", "secret").text.endswith(f"\n{line}\n")
    assert example([Variable("N", fields={"example": value})]).endswith(f"\n{line}")
