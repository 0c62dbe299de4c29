"""A launcher in a folder of its own, and a server that never answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from launch.launcher import Launcher
from loopback import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback import Loopback


@pytest.fixture
def launcher(clean_environment: Path, tmp_path: Path) -> Iterator[Launcher]:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / ".env").write_text("GREETING=hello\n")
    made = Launcher(folder, clean_environment)
    yield made
    made.stop()


@pytest.fixture
def hanging() -> Iterator[Loopback]:
    """A server that takes every request and answers none."""
    with serve() as running:
        running.fault("hang")
        yield running
