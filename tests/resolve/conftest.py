"""What several tests of resolving lean on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def little_cpu() -> Iterator[None]:
    """The test takes less than 5 s of CPU; what grows with the square of a text takes minutes."""
    began = time.process_time()
    yield
    assert time.process_time() - began < 5
