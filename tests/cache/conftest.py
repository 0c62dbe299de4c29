"""Starts with cached values on, in a home of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cache.starts import Starts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import StoreHome
    from loopback import Loopback


@pytest.fixture
def starts(
    clean_environment: Path, tmp_path: Path, store_home: StoreHome, loopback: Loopback
) -> Iterator[Starts]:
    folder = tmp_path / "work"
    (folder / ".git").mkdir(parents=True)
    made = Starts(folder, clean_environment, store_home, loopback)
    yield made
    made.launcher.stop()
