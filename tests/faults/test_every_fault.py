"""Entry points × faults: class, sentence and attempts as in the table, and no secret shows."""

import pytest
from faults.catalogue import FAULTS, WITHIN
from faults.check import MEETING, check
from faults.namespace import check_within
from faults.sentences import SENTENCES

CELLS = [(entry_point, fault) for fault in SENTENCES for entry_point in MEETING]
# Of each tier below, one kind for the quick loop.
QUICK = {
    ("Client.set_entry", "closed before the header"),
    ("load_env", "a closed port"),
    ("clovrix-exec", "401"),
}


def test_the_table_is_whole():
    """Every fault that can be made has its sentence, and none is there that cannot be made."""
    assert SENTENCES.keys() == FAULTS.keys()
    assert len(CELLS) > 600


@pytest.mark.parametrize(
    ("entry_point", "fault"),
    [
        pytest.param(*cell, marks=[] if (str(cell[0]), cell[1]) in QUICK else pytest.mark.slow)
        for cell in CELLS
        if cell[1] not in WITHIN
    ],
    ids=str,
)
def test_what_is_said(tmp_path, authority, entry_point, fault):
    """What the table says, and nothing of what was planted."""
    check(entry_point, fault, tmp_path, authority)


@pytest.mark.slow
@pytest.mark.parametrize("fault", sorted(WITHIN))
def test_what_is_said_in_a_network_of_its_own(tmp_path, fault):
    """The same, by every entry point: another address that answers is found by the deadline."""
    if check_within(fault, tmp_path) is None:
        pytest.skip("no network namespace can be made here")
