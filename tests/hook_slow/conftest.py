"""The hook among other people's programs: each with one interpreter that has them installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from condition.container import Container
from hook.conftest import clovrix, interpreter, loaded
from hook.interpreter import Interpreter
from launch.launcher import Launcher
from registry import installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolve.surroundings import Clovrix

__all__ = ["clovrix", "interpreter", "loaded"]

_TOOLS = ("celery", "ddtrace", "flask", "gunicorn", "newrelic", "uvicorn")


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with the packages of all of them."""
    return installed(tmp_path_factory, "tools", *_TOOLS)


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
