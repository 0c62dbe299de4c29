"""An interpreter with the hook, alone and among other people's programs."""

from __future__ import annotations

import os
import pwd
import shutil
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from condition.container import Container
from hook.interpreter import Interpreter
from launch.launcher import Launcher
from registry import installed
from resolve.surroundings import Clovrix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import StoreHome
    from loopback import Loopback

_TOOLS = ("celery", "ddtrace", "flask", "gunicorn", "newrelic", "uvicorn")


@pytest.fixture
def interpreter(clean_environment: Path, tmp_path: Path) -> Interpreter:
    return Interpreter(tmp_path / "venv")


@pytest.fixture
def clovrix(store_home: StoreHome, loopback: Loopback) -> Clovrix:
    """``backend`` in ``production`` and ``staging``; NAME is the environment's name in both."""
    made = Clovrix(store_home, loopback)
    made.put("backend", "production", NAME="production")
    made.put("backend", "staging", NAME="staging")
    return made


@pytest.fixture
def loaded(interpreter: Interpreter, clovrix: Clovrix) -> Interpreter:
    """The same, switched on: it asks for ``backend`` in ``staging``. The hook is not there yet."""
    return interpreter.asks(clovrix)


@pytest.fixture(params=[9, 10, 11, 12, 13])
def any_python(request: pytest.FixtureRequest, clovrix: Clovrix, tmp_path: Path) -> Interpreter:
    """Each CPython, with clovrix-env and nothing that it depends on: no failure needs more."""
    # HOME is the test's own here.
    root = os.environ.get("PYENV_ROOT", os.path.join(pwd.getpwuid(os.getuid()).pw_dir, ".pyenv"))
    found = sorted(glob(f"{root}/versions/3.{request.param}.*/bin/python"))
    python = found[-1] if found else shutil.which(f"python3.{request.param}")
    if python is None:
        pytest.skip(f"there is no Python 3.{request.param} here")
    return Interpreter(tmp_path / "venv", python, homes=[]).asks(clovrix)


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with the packages of all of them."""
    return installed(tmp_path_factory, "tools", *_TOOLS)


@pytest.fixture
def equipped(tmp_path: Path, tools: str, clovrix: Clovrix) -> Interpreter:
    """An interpreter with the tools, switched on."""
    return Interpreter(tmp_path / "venv", homes=[tools]).asks(clovrix)


@pytest.fixture
def container(loaded: Interpreter) -> Iterator[Container]:
    """Where a start of the interpreter is PID 1."""
    launcher = Launcher(loaded.work, Path(loaded.environ["HOME"]))
    launcher.environ = loaded.environ  # type: ignore[assignment]
    made = Container(launcher)
    yield made
    made.stop()
