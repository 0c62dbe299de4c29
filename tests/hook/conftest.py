"""An interpreter with the hook, alone and among other people's programs."""

import os
import pwd
import shutil
from glob import glob
from pathlib import Path

import pytest
from condition.container import Container
from hook.interpreter import Interpreter
from launch.launcher import Launcher
from registry import installed
from resolve.surroundings import Clovrix

_TOOLS = ("celery", "ddtrace", "flask", "gunicorn", "newrelic", "uvicorn")


@pytest.fixture
def interpreter(clean_environment, tmp_path):
    return Interpreter(tmp_path / "venv")


@pytest.fixture
def clovrix(store_home, loopback):
    """``backend`` in ``production`` and ``staging``; NAME is the environment's name in both."""
    made = Clovrix(store_home, loopback)
    made.put("backend", "production", NAME="production")
    made.put("backend", "staging", NAME="staging")
    return made


@pytest.fixture
def loaded(interpreter, clovrix):
    """The same, switched on: it asks for ``backend`` in ``staging``. The hook is not there yet."""
    return interpreter.asks(clovrix)


@pytest.fixture(params=[9, 10, 11, 12, 13])
def any_python(request, clovrix, tmp_path):
    """Each CPython, with clovrix-env and nothing that it depends on: no failure needs more."""
    # HOME is the test's own here.
    root = os.environ.get("PYENV_ROOT", os.path.join(pwd.getpwuid(os.getuid()).pw_dir, ".pyenv"))
    found = sorted(glob(f"{root}/versions/3.{request.param}.*/bin/python"))
    python = found[-1] if found else shutil.which(f"python3.{request.param}")
    if python is None:
        pytest.skip(f"there is no Python 3.{request.param} here")
    return Interpreter(tmp_path / "venv", python, homes=[]).asks(clovrix)


@pytest.fixture(scope="session")
def tools(tmp_path_factory):
    """A folder with the packages of all of them."""
    return installed(tmp_path_factory, *_TOOLS)


@pytest.fixture
def equipped(tmp_path, tools, clovrix):
    """An interpreter with the tools, switched on."""
    return Interpreter(tmp_path / "venv", homes=[tools]).asks(clovrix)


@pytest.fixture
def container(loaded):
    """Where a start of the interpreter is PID 1."""
    launcher = Launcher(loaded.work, Path(loaded.environ["HOME"]))
    launcher.environ = loaded.environ
    yield Container(launcher)
    launcher.stop()
