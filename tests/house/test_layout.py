"""The package stays small enough to be found one's way in: few names at the top, short files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import clovrix_env

PACKAGE = Path(clovrix_env.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)

_FILES = 9
_FOLDERS = 15
_LINES = 350
_STATEMENTS = 9713
_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def statements(tree: ast.Module) -> int:
    """The statements of a module, docstrings left out."""
    docstrings = {
        id(node.body[0])
        for node in ast.walk(tree)
        if isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None
    }
    return sum(isinstance(node, ast.stmt) and id(node) not in docstrings for node in ast.walk(tree))


def test_the_top_has_few_names() -> None:
    """At most 9 files and 15 folders, ``py.typed`` included."""
    names = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    files = sorted(path.name for path in names if path.is_file())
    folders = sorted(path.name for path in names if path.is_dir())
    assert len(files) <= _FILES, files
    assert len(folders) <= _FOLDERS, folders


def test_every_folder_of_modules_is_a_package() -> None:
    """None is a namespace package, whose ``__init__.py`` somebody forgot."""
    assert sorted({path.parent for path in MODULES}) == sorted([PACKAGE, *FOLDERS])


def test_no_file_is_long() -> None:
    """At most 350 lines."""
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {str(path): count for path, count in lines.items() if count > _LINES} == {}


def test_every_folder_says_in_one_sentence_what_it_is_about() -> None:
    """The docstring of its ``__init__.py``; whatever else there is to say is a comment."""
    docstrings = {path: ast.get_docstring(_tree(path / "__init__.py")) or "" for path in FOLDERS}
    several = re.compile(r"\. |\n\n")
    wrong = {
        str(path): docstring
        for path, docstring in docstrings.items()
        if not docstring.endswith(".") or several.search(docstring)
    }
    assert wrong == {}


def test_statements_are_counted_without_docstrings() -> None:
    """Of a module, a class and a function; a statement within another counts too."""
    source = '"""M."""\nclass A:\n    """A."""\n    def f(self):\n        "f"\n        return 1\n'
    assert statements(ast.parse(source)) == 3


def test_the_package_has_fewer_statements_than_before_it_had_folders() -> None:
    """9,713 stood in one flat package: what is new is paid for by what is simpler."""
    assert sum(statements(_tree(path)) for path in MODULES) < _STATEMENTS
