"""A store under fire, and the means to let system calls fail."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from typing import TYPE_CHECKING

import pytest
from fire.stand import Stand

from clovrix_env.store.opening import has_sound_wal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stand(clean_environment: Path, tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path, clean_environment)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def rollback_journal() -> None:
    """The test looks at the journal, which a mended SQLite replaces by its log."""
    if has_sound_wal(sqlite3.sqlite_version_info):
        pytest.skip("this SQLite is mended: it keeps a log and no journal")


@pytest.fixture(scope="session")
def strace() -> str:
    """The path of strace; the test is skipped where it may not trace a process."""
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed")
    tried = subprocess.run(
        [found, "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"],
        capture_output=True,
        check=False,
    )
    if tried.returncode != 0:
        pytest.skip("strace may not trace here: " + tried.stderr.decode().strip())
    return found
