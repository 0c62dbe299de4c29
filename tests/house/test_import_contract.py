"""The import contract breaks where a module imports what its floor may not, and names it."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("importlinter") is None, reason="import-linter needs Python 3.11"
    ),
]

TOP = Path(__file__).resolve().parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

FLOORS = "Imports go downward only"
CLICK = "Only cli imports click"
HTTPX = "One module imports httpx"
PURE = "The middle is pure: it imports nothing that reads, waits or sends"

# A file, its one line, the contract that it breaks, and what the contract says of it.
PLANTED = [
    ("client/new.py", "import httpx", HTTPX, "clovrix_env.client.new -> httpx (l.1)"),
    ("export/new.py", "import click", CLICK, "clovrix_env.export.new -> click (l.1)"),
    (
        "resolution/new.py",
        "from clovrix_env.cli import output",
        FLOORS,
        "clovrix_env.resolution.new -> clovrix_env.cli.output (l.1)",
    ),
    (
        "store/new.py",
        "from clovrix_env.auth import token",
        FLOORS,
        "clovrix_env.store.new -> clovrix_env.auth.token (l.1)",
    ),
    ("new.py", "", FLOORS, "- clovrix_env.new"),
    ("new/__init__.py", "", FLOORS, "- clovrix_env.new"),
    ("contract/new.py", "import time", PURE, "clovrix_env.contract.new -> time (l.1)"),
    ("model/new.py", "import os", PURE, "clovrix_env.model.new -> os (l.1)"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package and its contract, without what Python and import-linter have cached."""
    folder = tmp_path_factory.mktemp("house")
    cached = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TOP / "clovrix_env", folder / "clovrix_env", ignore=cached)
    shutil.copy(TOP / ".importlinter", folder)
    return folder


@pytest.fixture
def planted(copy: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The copy with one more file."""
    name, line = request.param
    path = copy / "clovrix_env" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{line}\n", encoding="utf-8")
    yield copy
    path.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()


def lint(folder: Path) -> tuple[int, str]:
    """The status and the output of ``lint-imports``, run in ``folder``."""
    ran = subprocess.run(
        [sys.executable, "-c", LINT, "--no-logo"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("planted", "contract", "named"),
    [((name, line), contract, named) for name, line, contract, named in PLANTED],
    indirect=["planted"],
    ids=[f"{name}: {line}" for name, line, *_ in PLANTED],
)
def test_an_import_against_the_contract_is_named(planted: Path, contract: str, named: str) -> None:
    """One file more breaks one contract, and the others hold."""
    status, out = lint(planted)
    assert status == 1, out
    assert f"{contract} BROKEN" in out
    assert " kept, 1 broken." in out
    assert named in out


def test_the_copy_itself_keeps_every_contract(copy: Path) -> None:
    """What breaks it above is the planted file."""
    status, out = lint(copy)
    assert status == 0, out
    assert " kept, 0 broken." in out
