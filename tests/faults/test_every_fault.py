"""Doors × faults: class, sentence, attempts and deadline are those of the table, no secret shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from faults.askers import DOORS
from faults.catalogue import FAULTS
from faults.cell import PLACE
from faults.conftest import SECONDS, SLACK
from faults.sentences import LATE, LATE_OF_A_CLIENT, REMEDIES, SENTENCES, TRIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.askers import Door, Heard
    from faults.sentences import Said

CELLS = [(door, fault) for fault in SENTENCES for door in DOORS]


def test_the_table_is_whole() -> None:
    """Every fault that can be made has its sentence, and none is there that cannot be made."""
    assert SENTENCES.keys() == FAULTS.keys()
    assert len(CELLS) > 500


@pytest.mark.parametrize(("door", "fault"), CELLS, ids=str)
def test_what_is_said(heard_of: Callable[[Door, str], Heard], door: Door, fault: str) -> None:
    """What the table says, within the deadline, and nothing of what was planted."""
    said, heard = SENTENCES[fault], heard_of(door, fault)
    lines = _expected(said, door)
    assert len(heard.lines) == len(lines), heard.lines
    for pattern, line in zip(lines, heard.lines):
        assert re.fullmatch(pattern, line), line
    if not door.execs:
        expected = (said.kind.__name__ if said.kind else "", said.sent, said.status)
        assert (heard.kind, heard.sent, heard.status) == expected
        assert heard.retry_after == said.retry_after
    assert heard.attempts in _attempts(said, door)
    assert heard.seconds < SECONDS + SLACK
    assert heard.shown == []


def _expected(said: Said, door: Door) -> list[str]:
    """Each line, as a pattern."""
    if said.kind is None:
        return []
    sentence = said.sentence
    if door.by_client and sentence == LATE:
        sentence = LATE_OF_A_CLIENT
    place = "{}/{}: ".format(*PLACE) if door.loads else ""
    pattern = re.escape(place + sentence)
    pattern = pattern.replace(r"\{address\}", r"https?://[a-z0-9.]+:[0-9]+")
    pattern = pattern.replace(r"\{why\}", r"[A-Za-z0-9 .,'-]+")
    return [pattern, re.escape(REMEDIES[said.kind])] if door.execs else [pattern]


def _attempts(said: Said, door: Door) -> tuple[int | None, ...]:
    """How many may be seen: fewer by the launcher, whose waits can go beyond the deadline."""
    tries = said.writes if door.writes else said.reads
    fewest = 1 if door.execs and tries == TRIES and said.retry_after is None else tries
    return (None, *range(fewest, tries + 1))
