"""Doors × faults: class, sentence and attempts as in the table, in time, and no secret shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from faults.askers import DOORS
from faults.catalogue import FAULTS
from faults.cell import PLACE
from faults.conftest import SLACK
from faults.sentences import REMEDIES, SENTENCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.askers import Door, Heard
    from faults.sentences import Said

CELLS = [(door, fault) for fault in SENTENCES for door in DOORS]


def test_the_table_is_whole() -> None:
    """Every fault that can be made has its sentence, and none is there that cannot be made."""
    assert SENTENCES.keys() == FAULTS.keys()
    assert len(CELLS) > 600


@pytest.mark.parametrize(("door", "fault"), CELLS, ids=str)
def test_what_is_said(heard_of: Callable[[Door, str], Heard], door: Door, fault: str) -> None:
    """What the table says, within the deadline, and nothing of what was planted."""
    said, heard = door.says(fault), heard_of(door, fault)
    lines = _patterns(said, door)
    assert len(heard.lines) == len(lines), heard.lines
    for pattern, line in zip(lines, heard.lines):
        assert re.fullmatch(pattern, line), line
    if "starts" not in door.traits:
        kind = "" if said.kind is None else said.kind.__name__
        assert (heard.kind, heard.sent, heard.status) == (kind, said.sent, said.status)
        assert heard.retry_after == said.retry_after
    assert heard.attempts in (None, said.writes if "writes" in door.traits else said.reads)
    assert heard.seconds < door.deadline(fault) + SLACK
    assert heard.shown == []


@pytest.mark.deep
@pytest.mark.parametrize("fault", [fault for fault, said in SENTENCES.items() if said.kind is None])
def test_what_a_dead_address_costs(heard_of: Callable[[Door, str], Heard], fault: str) -> None:
    """Another address answers within a second, by every door."""
    took = {door.name: heard_of(door, fault).seconds for door in DOORS}
    print(", ".join(f"{name} {seconds:.2f} s" for name, seconds in took.items()))
    assert max(took.values()) < 1


def _patterns(said: Said, door: Door) -> list[str]:
    """The lines that are to be said, as patterns."""
    if said.kind is None:
        return []
    place = "{}/{}: ".format(*PLACE) if "loads" in door.traits else ""
    pattern = re.escape(place + said.sentence)
    pattern = pattern.replace(r"\{address\}", r"https?://[a-z0-9.]+:[0-9]+")
    pattern = pattern.replace(r"\{why\}", r"[A-Za-z0-9 .,'-]+")
    remedy = REMEDIES[said.kind]
    if "hooks" in door.traits:
        remedy = remedy.replace("--no-remote", "CLOVRIX_REMOTE=off")
        return [f"clovrix-env: {pattern}; {re.escape(remedy)}"]
    if "starts" in door.traits:
        return [f"clovrix-exec: {line}" for line in (pattern, re.escape(remedy))]
    return [pattern]
