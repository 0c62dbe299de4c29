"""One cell of doors × faults, run once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from faults.catalogue import FAULTS, WITHIN
from faults.cell import Cell
from faults.namespace import heard_within

from clovrix_env.client import exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.askers import Door, Heard
    from loopback import Authority

# Seconds that a door may take beyond its deadline.
SLACK = 0.3


@pytest.fixture(scope="session")
def heard_of(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Callable[[Door, str], Heard]:
    """``heard_of(door, fault)``: what the door said. A busy machine gets a second chance: what is
    late twice is late."""
    within: dict[str, dict[str, Heard] | None] = {}

    def once(door: Door, fault: str) -> Heard:
        if fault not in WITHIN:
            cell = Cell(tmp_path_factory.mktemp("cell"), authority, door.deadline(fault))
            with cell.stack:
                FAULTS[fault](cell)
                return door.asked(cell)
        if fault not in within:
            within[fault] = heard_within(fault, tmp_path_factory.mktemp("namespace"))
        heard = within[fault]
        if heard is None:
            pytest.skip("no network namespace can be made here")
        return heard[door.name]

    def heard(door: Door, fault: str) -> Heard:
        first = once(door, fault)
        if first.seconds < door.deadline(fault) + SLACK:
            return first
        within.pop(fault, None)
        return once(door, fault)

    return heard


@pytest.fixture(autouse=True)
def asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process; the launcher draws its waits as it always does."""
    monkeypatch.setattr(exchange, "_chance", lambda: 0.0)
