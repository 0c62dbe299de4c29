"""The hook among other people's programs: each with one interpreter that has them installed."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from condition.container import Container
from hook.conftest import clovrix, interpreter, loaded
from hook.interpreter import Interpreter
from launch.launcher import Launcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolve.surroundings import Clovrix

__all__ = ["clovrix", "interpreter", "loaded"]

_TOOLS = ("celery", "ddtrace", "flask", "gunicorn", "newrelic", "uvicorn")


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of packages with all of them, from the package registry: made once for all tests.

    Skips where the registry cannot be reached, or has none of them for this Python.
    """
    # Without workers the parent is not the run's own: there this folder is.
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tools"
    with open(f"{folder}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            command = [sys.executable, "-m", "pip", "install", "-q", "--target", folder, *_TOOLS]
            try:
                ran = subprocess.run(command, capture_output=True, text=True, timeout=240)
            except subprocess.TimeoutExpired:
                pytest.skip("the package registry takes too long")
            if ran.returncode != 0:
                said = ran.stderr.strip().splitlines()
                pytest.skip(f"pip cannot install them: {said[-1] if said else ran.returncode}")
    return str(folder)


@pytest.fixture
def equipped(tmp_path: Path, tools: str, clovrix: Clovrix) -> Interpreter:
    """An interpreter with the tools, switched on for ``backend`` in ``staging``."""
    return Interpreter(tmp_path / "venv", homes=[tools]).on(
        CLOVRIX_API_URL=clovrix.loopback.url,
        CLOVRIX_TOKEN=clovrix.home.token,
        CLOVRIX_PROJECT="backend",
        CLOVRIX_ENVIRONMENT="staging",
    )


@pytest.fixture
def container(loaded: Interpreter) -> Iterator[Container]:
    """Where a start of the interpreter is PID 1."""
    launcher = Launcher(loaded.work, Path(loaded.environ["HOME"]))
    launcher.environ = dict(loaded.environ)
    made = Container(launcher)
    yield made
    made.stop()
