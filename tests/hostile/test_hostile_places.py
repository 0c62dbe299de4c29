"""In a hostile place a stranger is sent nothing, one sentence says why, no secret is shown."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hostile.conftest import TOKEN
from hostile.places import ASKED, FAILED, GROUPS, PLACES, REFUSED, Place

if TYPE_CHECKING:
    from hostile.conftest import Ending, User

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and FIFOs")
_MOST_SECONDS = 1.0


def _rows() -> list[object]:
    return [
        pytest.param(place, id=ascii(place.what), marks=[pytest.mark.slow] if place.slow else [])
        for place in PLACES
    ]


@pytest.mark.parametrize("door", ["exec", "load"])
@pytest.mark.parametrize("place", _rows())
def test_nothing_goes_to_a_stranger(user: User, place: Place, door: str) -> None:
    """Both doors: what was sent, what was told, how long it took, and what was shown."""
    if place.needs_root and os.geteuid() != 0:
        pytest.skip("gives files to another user")
    user.enter(place)
    before = user.stranger.connections
    ending = user.start(door, place)
    if ending.seconds >= _MOST_SECONDS:  # once more: the machine may have been busy
        ending = user.start(door, place)
    assert user.stranger.connections == before
    assert all(f"{user.honest.port}" in line for line in ending.watched), ending.watched
    assert ending.seconds < _MOST_SECONDS
    assert TOKEN not in ending.output
    assert "hunter2" not in ending.output
    if door == "exec":  # what an exception holds is its caller's to print
        assert all(line.isprintable() for line in ending.problems), ending.problems
    _CHECKS[place.ends](user, place, ending)


def _refused(user: User, place: Place, ending: Ending) -> None:
    _one_sentence(place, ending)
    assert user.honest.requests == []
    assert ending.watched == []


def _failed(user: User, place: Place, ending: Ending) -> None:
    _one_sentence(place, ending)
    assert len(ending.watched) > 0


def _one_sentence(place: Place, ending: Ending) -> None:
    """Perhaps with one more about the same line, and the remedy, where there is one."""
    assert ending.status == 125, ending
    assert 1 <= len(ending.problems) <= 3, ending.problems
    assert place.told in ending.problems[0]


def _asked(user: User, place: Place, ending: Ending) -> None:
    assert ending.status == 0, ending
    lines = ending.output.split("\n")
    assert "GREETING=hello" in lines
    assert "PLANTED=1" not in lines
    assert len(ending.problems) == (1 if place.told else 0), ending.problems
    assert place.told in "".join(ending.problems)
    assert [request.headers["authorization"] for request in user.honest.requests] == [
        f"Bearer {TOKEN}"
    ] * max(1, len(place.paths))
    if place.paths:
        assert sorted(request.path for request in user.honest.requests) == sorted(place.paths)


_CHECKS = {REFUSED: _refused, FAILED: _failed, ASKED: _asked}


def test_number_of_places() -> None:
    """Forty and more, of every group, and none twice."""
    for group, places in GROUPS.items():
        print(f"{group}: {len(list(places))} places")
    print(f"{len(PLACES)} hostile places, {2 * len(PLACES)} starts")
    assert len({place.what for place in PLACES}) == len(PLACES) >= 40
    assert all(any(not place.slow for place in places) for places in GROUPS.values())


@pytest.mark.parametrize("door", ["exec", "load"])
def test_who_names_the_stranger_asks_the_stranger(user: User, door: str) -> None:
    """The watch is awake: where the process environment itself says so, the stranger is asked."""
    place = Place("", ASKED, environ={"CLOVRIX_API_URL": "{stranger}"})
    user.enter(place)
    user.stranger.forget()
    ending = user.start(door, place)
    assert ending.status == 0
    assert [request.headers["authorization"] for request in user.stranger.requests] == [
        f"Bearer {TOKEN}"
    ]
    assert len(ending.watched) > 0
    assert str(user.stranger.port) in ending.watched[0]


@pytest.mark.parametrize("door", ["exec", "load"])
def test_who_names_a_proxy_asks_through_it(user: User, door: str) -> None:
    """So with a proxy of the process environment, which is the user's own."""
    place = Place(
        "", ASKED, environ={"HTTPS_PROXY": "{stranger}", "CLOVRIX_API_URL": "https://a.b"}
    )
    user.enter(place)
    before = user.stranger.connections
    user.start(door, place)
    assert user.stranger.connections > before
