"""Entry points × failures: whatever goes wrong, wherever it comes in, no planted secret shows."""

import pytest
from entry_points import ENTRY_POINTS
from secrecy.failures import FAILURES

CELLS = [
    (entry_point, failure)
    for failure in FAILURES
    for entry_point in ENTRY_POINTS.values()
    if failure.meets(entry_point)
]
# One of each kind for the quick loop.
QUICK = {
    *(("Client.set_entry", "422 with JSON"), ("AsyncClient.get_entries", "500 with HTML")),
    *(("load_env", ".env: a quote without end"), ("resolve_env", "contract: not of type port")),
    *(("clovrix-exec", "nothing"), ("clovrix-exec", "403 with JSON")),
    ("the start-up hook", "401 with JSON"),
    ("clovrix-env list --long", "a row that was changed"),
}


def test_the_matrix_is_whole():
    """Every entry point meets failures, every failure has one, and no cell is there twice."""
    assert {entry_point.name for entry_point, _ in CELLS} == {*ENTRY_POINTS} - {
        "a program that loads"  # of ``hostile``: what it prints is its own
    }
    assert {failure for _, failure in CELLS} == set(FAILURES)
    names = {(str(entry_point), str(failure)) for entry_point, failure in CELLS}
    assert names >= QUICK
    assert len(names) == len(CELLS) > 1_500


@pytest.mark.parametrize(
    ("entry_point", "failure"),
    [
        pytest.param(*cell, marks=[] if tuple(map(str, cell)) in QUICK else pytest.mark.slow)
        for cell in CELLS
    ],
    ids=repr,
)
def test_nothing_shows(entry_point, failure, watch):
    """The failure is met, and shows no secret anywhere."""
    outcome, hits = watch(entry_point, failure.set_up)
    assert hits == []
    assert outcome.went_well == bool(entry_point.traits & failure.passes)
