"""Only entry points read ``os.environ`` for a fetch; only two modules change it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import clovrix_env

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(clovrix_env.__file__).parent
FOLDERS = ("client", "auth", "cache", "sources", "store")
MODULES = sorted(path.relative_to(TOP).as_posix() for path in TOP.rglob("*.py"))
FETCHING = [name for name in MODULES if name.split("/")[0] in FOLDERS]
# The keyring package looks into os.environ itself: there it is compared with what is clean.
READS = {"auth/system_keyring.py"}
CHANGES = {"load.py", "testing.py"}
CHANGING = {"clear", "pop", "popitem", "putenv", "setdefault", "unsetenv", "update"}


def _uses(name: str) -> Iterator[tuple[ast.AST, int]]:
    """Each use of the environment of the process in a module: what stands around it, its line."""
    tree = ast.parse((TOP / name).read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"):
            if isinstance(node.value, ast.Name) and node.value.id == "os":
                yield parents[node], node.lineno


def _changes(around: ast.AST) -> bool:
    if isinstance(around, ast.Subscript):
        return not isinstance(around.ctx, ast.Load)
    return isinstance(around, ast.Attribute) and around.attr in CHANGING


@pytest.mark.parametrize("name", FETCHING)
def test_a_fetch_is_given_its_environment(name: str) -> None:
    """What fetches takes names that decide the way from what it was given."""
    lines = [line for _, line in _uses(name)]
    assert lines == [] or name in READS, f"{name}: os.environ in lines {lines}"


@pytest.mark.parametrize("name", MODULES)
def test_only_load_env_changes_it(name: str) -> None:
    """``os.environ`` is changed where a load is applied, and restored by the pytest plugin."""
    lines = [line for around, line in _uses(name) if _changes(around)]
    assert (lines != []) == (name in CHANGES), f"{name}: os.environ is changed in lines {lines}"


def test_the_exceptions_are_needed() -> None:
    """A module that is excepted does what it is excepted for."""
    assert all(list(_uses(name)) for name in READS)
