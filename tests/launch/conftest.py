"""A launcher in a folder of its own, and a server that never answers."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from launch.launcher import Launcher
from loopback import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback import Loopback


# What a shell or nohup sets to be ignored for a test run that is a background job.
ENDING = {
    signal.SIGHUP: signal.SIG_DFL,
    signal.SIGINT: signal.default_int_handler,
    signal.SIGQUIT: signal.SIG_DFL,
}


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """What ends a program by hand ends it, however the tests themselves were started."""
    before = {number: signal.signal(number, usual) for number, usual in ENDING.items()}
    yield
    for number, was in before.items():
        signal.signal(number, was)


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
