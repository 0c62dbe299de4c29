"""A scene, and the watch that is kept on an entry point while it is run in it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from scene import Outcome, Scene
from secrecy.search import leaks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from entry_points import EntryPoint
    from loopback import Authority, Loopback

    Watch = Callable[[EntryPoint, Callable[[Scene], object]], tuple[Outcome, list[str]]]


@pytest.fixture
def watch(
    tmp_path: Path,
    faulty: Loopback,
    authority: Authority,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Watch:
    """``watch(entry_point, set_up)``: what came of it in a scene, and the places of secrets."""

    def run(
        entry_point: EntryPoint, set_up: Callable[[Scene], object]
    ) -> tuple[Outcome, list[str]]:
        scene = Scene(tmp_path, authority, faulty, entry_point.traits)
        with scene.stack, caplog.at_level(logging.DEBUG):
            set_up(scene)
            outcome = entry_point(scene)
        stdout, stderr = capfd.readouterr()
        hits = leaks(scene, outcome, stdout=stdout, stderr=stderr, log=caplog.text)
        caplog.clear()
        return outcome, hits

    return run
