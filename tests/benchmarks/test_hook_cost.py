"""The hook costs next to nothing while it is off."""

from __future__ import annotations

import sys

import pytest
from benchmarks.hook_cost import measure

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.skipif(sys.platform != "linux", reason="the budgets are Linux's")
def test_hook_that_is_off_keeps_to_its_budget(capsys: pytest.CaptureFixture[str]) -> None:
    """At most a twentieth of ``python -c pass`` more, by both ways, on CPython 3.11, in 200 rounds.

    Other versions are reported, and have to stay within a tenth: to find any ``.pth`` file, and be
    it empty, costs 3.13 a codec. A machine that others use as well can spoil a run; three in a row
    it does not.
    """
    leeway = 0.0 if sys.version_info[:2] == (3, 11) else 0.05
    for _ in range(3):
        figures = measure(sys.executable, rounds=200)
        with capsys.disabled():
            for name, (figure, budget) in figures.items():
                print(f"\n{name:34} {figure:5.3f} x   (at most {budget})", end="")
        if all(figure <= budget + leeway for figure, budget in figures.values()):
            return
    pytest.fail("over budget three times")
