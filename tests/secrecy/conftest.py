"""A scene, and the watch that is kept on an entry point while it is run in it."""

import logging

import pytest
from scene import Scene
from secrecy.search import leaks


@pytest.fixture
def watch(tmp_path, faulty, authority, caplog, capfd):
    """``watch(entry_point, set_up)``: what came of it in a scene, and the places of secrets."""

    def run(entry_point, set_up):
        scene = Scene(tmp_path, authority, faulty, entry_point.traits)
        with scene.stack, caplog.at_level(logging.DEBUG):
            set_up(scene)
            outcome = entry_point(scene)
        stdout, stderr = capfd.readouterr()
        hits = leaks(scene, outcome, stdout=stdout, stderr=stderr, log=caplog.text)
        caplog.clear()
        return outcome, hits

    return run
