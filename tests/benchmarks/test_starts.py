"""A start keeps to its budget, and the published figures keep to their limits."""

from __future__ import annotations

import json
import sys

import pytest
from benchmarks import growth, starts


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform != "linux", reason="the budgets are Linux's")
def test_a_start_keeps_to_its_budget(capsys: pytest.CaptureFixture[str]) -> None:
    """Each path costs at most its multiple of ``python -c pass`` in wall time, on CPython 3.11.

    Other versions may take half as much again beyond the interpreter's own start. A machine that
    others use as well can spoil a run; five in a row it does not.
    """
    leeway = 1.0 if sys.version_info[:2] == (3, 11) else 1.5
    for _ in range(5):
        figures = starts.own_starts(sys.executable, rounds=40)
        with capsys.disabled():
            for name, figure in figures.items():
                print(f"\n{name:20} {figure.median:5.2f} x", end="")
        limits = {name: 1 + (budget - 1) * leeway for name, budget in starts.BUDGETS.items()}
        limits["hook off"] = starts.BUDGETS["hook off"] + 0.1 * (leeway - 1)
        if all(figure.median <= limits[name] for name, figure in figures.items()):
            return
    pytest.fail("over budget five times")


def test_published_figures_keep_to_their_limits() -> None:
    """An edit by hand, or a run that was not looked at, publishes no figure over its limit."""
    assert starts.problems(json.loads(starts.RESULTS.read_text(encoding="utf-8"))) == []


def test_growth_that_is_worse_than_linear_is_a_problem() -> None:
    """Quadratic growth fails; linear growth and a constant cost do not."""
    assert growth.is_linear({1: 10**8, 200: 12 * 10**7, 2000: 3 * 10**8})
    assert growth.is_linear({1: 10**8, 10: 10**8, 100: 10**8})
    assert not growth.is_linear({n: 10**8 + 1000 * n * n for n in (1, 200, 2000)})
