"""What drips is ended: at the deadline, and with its thread."""

import _thread
import time

import pytest
from entry_points import ENTRY_POINTS
from faults.check import MEETING
from scene import Scene

from clovrix_env import ClovrixConnectionError
from clovrix_env.settings import settings

pytestmark = pytest.mark.slow
SECONDS = 0.2
IN_PROCESS = [each for each in MEETING if not each.traits & {"starts", "by client"}]


def _ends(threads):
    """Whether there are no more threads than these soon: the server's, which drip, too."""
    end = time.monotonic() + 10
    while _thread._count() > threads and time.monotonic() < end:
        time.sleep(0.01)
    return _thread._count() <= threads


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("fault", ["drip_header", "drip_body"])
@pytest.mark.parametrize("entry_point", IN_PROCESS, ids=str)
def test_the_connection_is_ended(tmp_path, authority, entry_point, fault, scheme):
    """An answer that drips is cut off, and with it the thread that read it."""
    scene = Scene(tmp_path, authority, traits=entry_point.traits)
    scene.timeout = SECONDS
    with scene.stack:
        scene.serve(authority.context() if scheme == "https" else None).fault(fault)
        threads = _thread._count()
        outcome = entry_point(scene)
        assert isinstance(outcome.error, ClovrixConnectionError)
        assert outcome.error.sent is True
        assert _ends(threads)


def test_without_a_deadline_it_is_the_usual_one(tmp_path, authority, monkeypatch):
    """Ten seconds: where they are over at once, nothing is sent."""
    assert settings.TIMEOUT == 10
    monkeypatch.setattr(settings, "TIMEOUT", 1e-9)
    scene = Scene(tmp_path, authority, traits=ENTRY_POINTS["load_env"].traits)
    with scene.stack:
        server = scene.serve()
        outcome = ENTRY_POINTS["load_env"](scene)
    assert isinstance(outcome.error, ClovrixConnectionError)
    assert server.requests == []
