"""``clovrix-env`` as a real process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import clovrix_env

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

TOP = str(Path(clovrix_env.__file__).parents[1])  # the code that the tests import


@pytest.fixture
def command(clean_environment: Path) -> Run:
    """``command("version")`` runs ``clovrix-env version`` in the environment of the test."""

    def run(
        *words: str, status: int = 0, env: dict[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [sys.executable, "-m", "clovrix_env", *words],
            env={**os.environ, "PYTHONPATH": TOP, "COLUMNS": "80", **(env or {})},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            **options,
        )
        assert ran.returncode == status, (ran.returncode, ran.stdout, ran.stderr)
        return ran

    return run
