"""Commands as real processes in a folder of files, to try what public reports describe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from accounts.conftest import newcomer, person, terminal
from load.conftest import environ_put_back
from transfer.conftest import at_store, command

if TYPE_CHECKING:
    from collections.abc import Callable

    from launch.launcher import Launcher

__all__ = ["at_store", "command", "environ_put_back", "newcomer", "person", "terminal"]


@pytest.fixture
def output(launched: Launcher) -> Callable[..., str]:
    """What ``clovrix-env …`` prints, on stdout and on stderr."""

    def run(*words: str, **options: Any) -> str:
        ran = launched.plain(sys.executable, "-m", "clovrix_env", *words, **options)
        return ran.stdout.decode() + ran.stderr.decode()

    return run
