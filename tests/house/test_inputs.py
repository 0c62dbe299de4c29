"""What counts for a load is found in one place: ``resolution/inputs``."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "clovrix_env"
# What finds settings, files, address and token; and the modules of these themselves.
_FINDS = {"settings_of", "for_load", "without_token", "in_files"}
_HOMES = {"resolution/inputs.py", "settings/settings.py", "auth/endpoint.py"}


def _names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_no_other_module_finds_what_counts() -> None:
    """Settings, files and endpoint of a load are found by ``Inputs`` alone."""
    others = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if _names(path) & _FINDS and str(path.relative_to(PACKAGE)) not in _HOMES
    }
    assert others == set()


@pytest.mark.parametrize("module", ["resolution/resolve", "doctor/examine", "check/examine"])
def test_who_needs_it_asks_there(module: str) -> None:
    """Each of the entry points that report what counts."""
    assert "Inputs" in _names(PACKAGE / f"{module}.py")
