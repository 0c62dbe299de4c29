"""What public reports about other tools describe is tried here; each test names its report."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from accounts.conftest import newcomer, person, terminal
from transfer.conftest import at_store, command

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["at_store", "command", "newcomer", "person", "terminal"]


@pytest.fixture(autouse=True)
def environ_put_back() -> Iterator[None]:
    """What ``load_env()`` set in this process is gone after the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
