"""What a start waits for where nobody says how long: ten seconds, however it drips."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from faults.askers import started
from faults.cell import PLACE, Cell
from faults.conftest import SLACK

from clovrix_env import ClovrixConnectionError, load_env

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback import Authority

SECONDS = 10.0


@pytest.fixture
def dripping(tmp_path: Path, authority: Authority) -> Iterator[Cell]:
    cell = Cell(tmp_path, authority, None)
    with cell.stack:
        cell.serve().fault("drip_header")
        yield cell


def test_of_load_env(dripping: Cell) -> None:
    """``load_env()`` ends after ten seconds."""
    with dripping.entered():
        begun = time.monotonic()
        with pytest.raises(ClovrixConnectionError, match="did not answer in time"):
            load_env(*PLACE)
        assert SECONDS - 0.05 <= time.monotonic() - begun < SECONDS + SLACK


def test_of_the_launcher(dripping: Cell) -> None:
    """``clovrix-exec`` ends after ten seconds, beside what its own start takes."""
    start = started(dripping, "--no-remote").seconds
    done = started(dripping)
    assert (done.status, "did not answer in time" in done.stderr) == (125, True)
    assert SECONDS <= done.seconds < SECONDS + start + SLACK
