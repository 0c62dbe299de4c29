"""The hook in a container's surroundings: PID 1, an unknown user, nothing to write to."""

import json
import signal

import pytest
from condition.container import BARE, need, until
from hook.interpreter import PTH, SEES, WAYS
from launch.launcher import Launcher


@pytest.mark.parametrize("way", WAYS)
def test_program_starts_with_next_to_nothing(loaded, clovrix, container, way, clean_environment):
    """Read-only root, user 12345 without a name, no HOME, no locale, no temporary folder."""
    need(Launcher(loaded.work, clean_environment), "no such system can be made here", *BARE)
    loaded.hooked(way)
    del loaded.environ["HOME"]
    inside = container.start_plain(*BARE, loaded.python, "-c", SEES)
    status, out, err = inside.ended()
    assert (status, err) == (0, b"")
    assert json.loads(out)["NAME"] == "staging"
    assert clovrix.requests == 1


def test_term_ends_it_as_process_1_while_it_asks(loaded, clovrix, container):
    """The kernel gives process 1 no default action: 143, within half a second."""
    clovrix.loopback.fault("hang")
    inside = container.start_plain(loaded.hooked(PTH).python, "-c", SEES)
    until(lambda: clovrix.requests)
    try:
        assert inside.ended_by(signal.SIGTERM) == 128 + signal.SIGTERM
    finally:
        clovrix.loopback.heal()
