"""An interpreter with the hook, and Clovrix behind a real server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hook.interpreter import Interpreter
from resolve.surroundings import Clovrix

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import StoreHome
    from loopback import Loopback


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
    return interpreter.on(
        CLOVRIX_API_URL=clovrix.loopback.url,
        CLOVRIX_TOKEN=clovrix.home.token,
        CLOVRIX_PROJECT="backend",
        CLOVRIX_ENVIRONMENT="staging",
        HOME=os.environ["HOME"],
    )
