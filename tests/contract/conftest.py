"""What ``load_env()`` sets is gone after a test of the contract."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def environ_put_back() -> Iterator[None]:
    """What ``load_env()`` set in this process is gone after the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
