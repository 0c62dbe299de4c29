"""Starts with cached values on, in a home of their own."""

import pytest
from cache.starts import Starts


@pytest.fixture
def starts(clean_environment, tmp_path, store_home, loopback):
    folder = tmp_path / "work"
    (folder / ".git").mkdir(parents=True)
    made = Starts(folder, clean_environment, store_home, loopback)
    yield made
    made.launcher.stop()
