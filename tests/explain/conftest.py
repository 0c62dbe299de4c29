"""``clovrix-env`` as a real process."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from explain.documents import validator

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from launch.launcher import Launcher


@pytest.fixture
def command(launched: Launcher) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """``command("explain", …)`` runs ``clovrix-env explain …`` in ``project``."""
    return partial(launched.plain, sys.executable, "-m", "clovrix_env")


@pytest.fixture
def document(command: Callable[..., subprocess.CompletedProcess[bytes]]) -> Callable[..., Any]:
    """What ``clovrix-env explain --json …`` prints, as documented."""

    def explain(*arguments: str, **options: Any) -> Any:
        result = command("explain", "--json", *arguments, **options)
        assert (result.returncode, result.stderr) == (0, b"")
        found = json.loads(result.stdout)
        validator().validate(found)
        return found

    return explain
