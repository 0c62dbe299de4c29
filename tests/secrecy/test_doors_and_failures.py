"""Doors × failures: whatever goes wrong, wherever it comes in, no planted secret shows.

Each cell is one door and one failure that it can meet. Which failures reach which doors, and why no
others, is said by the families in ``failures``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from secrecy.doors import DOORS
from secrecy.failures import FAILURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from secrecy.conftest import Watched
    from secrecy.doors import Door
    from secrecy.failures import Failure
    from secrecy.stage import Stage

CELLS = [(door, failure) for failure in FAILURES for door in DOORS if failure.meets(door)]


def test_the_matrix_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """Every door meets failures, every failure has a door, and no cell stands twice."""
    assert {door for door, _ in CELLS} == set(DOORS)
    assert {failure for _, failure in CELLS} == set(FAILURES)
    names = [f"{door}-{failure}" for door, failure in CELLS]
    assert len(names) == len(set(names)) > 2_000
    with capsys.disabled():
        print(f"\n{len(DOORS)} doors x {len(FAILURES)} failures: {len(CELLS)} cells can be met")


@pytest.mark.parametrize(("door", "failure"), CELLS, ids=repr)
def test_nothing_shows(
    door: Door,
    failure: Failure,
    stage_for: Callable[[Door], Stage],
    watch: Callable[[Stage], Watched],
) -> None:
    """The failure is met, and shows no secret anywhere."""
    stage = stage_for(door)
    failure.set_up(stage)
    watched = watch(stage)
    assert watched.hits == []
    assert watched.outcome.went_well == bool(door.traits & failure.passes)
