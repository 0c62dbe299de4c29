"""A cell's surroundings, and the watch that is kept on a door while it is run."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import pytest
from secrecy.search import Search
from secrecy.stage import Stage

from clovrix_env.client import exchange, tls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loopback import Authority, Loopback
    from secrecy.doors import Door
    from secrecy.stage import Outcome


@pytest.fixture
def stage_for(
    tmp_path: Path, faulty: Loopback, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Door], Stage]]:
    """``stage_for(door)``: an empty stage, whose server needs to be told what to answer."""
    # Asked again at once: whoever waits in a process of its own has a deadline instead.
    monkeypatch.setattr(exchange, "_chance", lambda: 0.0)
    monkeypatch.setattr(tls, "_made", {})
    monkeypatch.setattr(tls, "_narrow", set())
    made: list[Stage] = []
    before = dict(os.environ)

    def make(door: Door) -> Stage:
        made.append(Stage(door, tmp_path, faulty, authority))
        return made[-1]

    yield make
    for stage in made:
        stage.stack.close()
    os.environ.clear()  # of what load_env() has set
    os.environ.update(before)


class Watched:
    """What came of a door, and the places where a secret showed."""

    def __init__(self, outcome: Outcome, hits: list[str]) -> None:
        self.outcome = outcome
        self.hits = hits


@pytest.fixture
def watch(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Callable[[Stage], Watched]:
    """``watch(stage)`` runs its door once, and searches everything that is left of it."""

    def run(stage: Stage) -> Watched:
        stage.apply(monkeypatch)
        with caplog.at_level(logging.DEBUG):
            outcome = stage.door.run(stage)
        stage.stack.close()
        search = Search(stage.secrets)
        if outcome.error is not None:
            search.exception(outcome.error)
        texts: dict[str, Any] = dict(zip(("stdout", "stderr"), capfd.readouterr()))
        for place, content in (*texts.items(), ("the log", caplog.text), *outcome.texts.items()):
            search.text(place, content)
        for place in ("folder", "home", "temporary"):
            search.files(place, getattr(stage, place), stage.planted)
        caplog.clear()
        return Watched(outcome, search.hits())

    return run
