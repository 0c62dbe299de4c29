"""A start keeps to its budget, measured side by side in one run."""

from __future__ import annotations

import sys

import pytest
from benchmarks.launch_cost import measure

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.skipif(sys.platform != "linux", reason="the budgets are Linux's")
def test_a_start_keeps_to_its_budget(capsys: pytest.CaptureFixture[str]) -> None:
    """Each way to start costs at most its multiple of ``python -c pass``, on CPython 3.11.

    Other versions are reported, and have to stay within half as much again. A machine that others
    use as well can spoil a run; five in a row it does not.
    """
    holds = sys.version_info[:2] == (3, 11)
    leeway, rounds = (1.0, 40) if holds else (1.5, 15)
    for _ in range(5):
        figures = measure(sys.executable, rounds=rounds)
        with capsys.disabled():
            for name, (figure, budget) in figures.items():
                print(f"\n{name:34} {figure:5.2f} x   (at most {budget})", end="")
        if all(figure <= budget * leeway for figure, budget in figures.values()):
            return
    pytest.fail("over budget five times")
