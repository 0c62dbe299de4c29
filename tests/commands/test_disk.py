"""``clovrix-env`` where no more can be written, and where the working directory is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow  # many processes


def told(script: str, *words: str) -> str:
    """What ``clovrix-env WORDS``, which fails, says after ``script`` in the same shell."""
    ran = subprocess.run(
        ["sh", "-c", f'{script} && exec "$@"', "sh", sys.executable, "-m", "clovrix_env", *words],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        # Python would leave half a file of bytecode as well, and read it the next time.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (ran.returncode, ran.stdout) == (125, "")
    return ran.stderr


def test_a_store_that_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence, and no half of a store is left."""
    store = tmp_path / "data" / "store.db"
    monkeypatch.setenv("CLOVRIX_API_URL", f"file:{store}")
    said = told("ulimit -f 8", "local", "init", "backend")
    assert said.startswith(f"clovrix-env: the store {store} failed: ")
    assert list(store.parent.iterdir()) == []


def test_a_project_file_that_does_not_fit(tmp_path: Path) -> None:
    """No half of it is left, which the next try would find there already."""
    said = told(f"cd {tmp_path} && ulimit -f 0", "init", "-p", "backend", "-e", "staging")
    assert said == f"clovrix-env: {tmp_path}/.clovrix cannot be written: file too large\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [("init",), ("list",), ("local", "backup", "copy.db")], ids=" ".join
)
def test_the_working_directory_was_deleted(tmp_path: Path, words: tuple[str, ...]) -> None:
    """It is said as that, whatever was to be done there."""
    said = told(f"cd {tmp_path} && rmdir {tmp_path}", *words)
    assert said.startswith("clovrix-env: the working directory was deleted\nclovrix-env: change to")
