"""The package stays small enough to be found one's way in: few names at the top, short files."""

import ast
import re
from pathlib import Path

import clovrix_env

PACKAGE = Path(clovrix_env.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)


def _tree(module):
    return ast.parse(module.read_text(encoding="utf-8"))


def test_the_top_has_few_names():
    """At most 9 files and 17 folders, ``py.typed`` included."""
    names = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    files = sorted(path.name for path in names if path.is_file())
    folders = sorted(path.name for path in names if path.is_dir())
    assert len(files) <= 9, files
    assert len(folders) <= 17, folders


def test_every_folder_of_modules_is_a_package():
    """None is a namespace package, whose ``__init__.py`` somebody forgot."""
    assert sorted({path.parent for path in MODULES}) == sorted([PACKAGE, *FOLDERS])


def test_no_file_is_long():
    """At most 350 lines."""
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {str(path): count for path, count in lines.items() if count > 350} == {}


def test_every_folder_says_in_one_sentence_what_it_is_about():
    """The docstring of its ``__init__.py``; whatever else there is to say is a comment."""
    docstrings = {path: ast.get_docstring(_tree(path / "__init__.py")) or "" for path in FOLDERS}
    several = re.compile(r"\. |\n\n")
    wrong = {
        str(path): docstring
        for path, docstring in docstrings.items()
        if not docstring.endswith(".") or several.search(docstring)
    }
    assert wrong == {}
