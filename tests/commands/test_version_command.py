"""``clovrix-env version``."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING

import clovrix_env

if TYPE_CHECKING:
    from commands.conftest import Run


def test_version(command: Run) -> None:
    """Ours and Python's, for people and for programs."""
    said = f"clovrix-env {clovrix_env.__version__} (Python {platform.python_version()})\n"
    assert command("version").stdout == said
    assert json.loads(command("version", "--json").stdout) == {
        "version": 1,
        "clovrix_env": clovrix_env.__version__,
        "python": platform.python_version(),
    }
