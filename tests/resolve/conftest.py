"""What several tests of resolving lean on."""

import time

import pytest


@pytest.fixture
def little_cpu():
    """The test takes less than 5 s of CPU; what grows with the square of a text takes minutes."""
    began = time.process_time()
    yield
    assert time.process_time() - began < 5
