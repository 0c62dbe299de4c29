"""The import contract breaks where a module imports what its floor may not, and names it."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("importlinter") is None, reason="import-linter needs Python 3.11"
    ),
]

TOP = Path(__file__).resolve().parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

DJANGO = "Only integrations/django imports Django"
PYDANTIC = "Only integrations/pydantic_settings imports pydantic"
FLOORS = "Imports go downward only"
CLICK = "Only cli imports click"
HTTPX = "One module imports httpx"
PURE = "The middle is pure: it imports nothing that reads, waits or sends"

# A file, its one line, the contract that it breaks, and what the contract says of it.
PLANTED = [
    ("client/new.py", "import httpx", HTTPX, "client.new -> httpx"),
    ("export/new.py", "import click", CLICK, "export.new -> click"),
    ("integrations/new.py", "import django", DJANGO, "integrations.new -> django"),
    ("model/new.py", "import pydantic", PYDANTIC, "model.new -> pydantic"),
    ("resolution/new.py", "from clovrix_env.cli import output", FLOORS, "-> clovrix_env.cli."),
    ("store/new.py", "from clovrix_env.auth import token", FLOORS, "-> clovrix_env.auth.token"),
    ("new.py", "", FLOORS, "- clovrix_env.new"),
    ("new/__init__.py", "", FLOORS, "- clovrix_env.new"),
    ("contract/new.py", "import time", PURE, "contract.new -> time"),
    ("model/new.py", "import os", PURE, "model.new -> os"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The package and its contract, without what Python and import-linter have cached."""
    folder = tmp_path_factory.mktemp("house")
    cached = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TOP / "clovrix_env", folder / "clovrix_env", ignore=cached)
    shutil.copy(TOP / ".importlinter", folder)
    return folder


def lint(folder):
    """The status and the output of ``lint-imports``, run in ``folder``."""
    command = [sys.executable, "-c", LINT, "--no-logo"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("name", "line", "contract", "named"), PLANTED, ids=[f"{n}: {line}" for n, line, *_ in PLANTED]
)
def test_an_import_against_the_contract_is_named(copy, name, line, contract, named):
    """One file more breaks one contract, and the others hold."""
    path = copy / "clovrix_env" / name
    made = not path.parent.exists()
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{line}\n", encoding="utf-8")
    try:
        status, out = lint(copy)
    finally:
        path.unlink()
        if made:
            path.parent.rmdir()
    assert status == 1, out
    for part in (f"{contract} BROKEN", " kept, 1 broken.", named):
        assert part in out


def test_the_copy_itself_keeps_every_contract(copy):
    """What breaks it above is the planted file."""
    status, out = lint(copy)
    assert status == 0, out
    assert " kept, 0 broken." in out
