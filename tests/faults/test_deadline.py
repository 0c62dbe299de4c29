"""What drips is ended: at the deadline, after ten seconds without one, and with its thread."""

from __future__ import annotations

import _thread
import time
from typing import TYPE_CHECKING

import pytest
from entry_points import ENTRY_POINTS
from faults.check import MEETING
from loopback import serve
from scene import Scene

from clovrix_env import Client, ClovrixConnectionError

if TYPE_CHECKING:
    from pathlib import Path

    from entry_points import EntryPoint
    from loopback import Authority

pytestmark = pytest.mark.slow
SECONDS = 0.2
IN_PROCESS = [each for each in MEETING if not each.traits & {"starts", "by client"}]


def _ends(threads: int) -> bool:
    """Whether there are no more threads than these soon: the server's, which drip, too."""
    end = time.monotonic() + 10
    while _thread._count() > threads and time.monotonic() < end:
        time.sleep(0.01)
    return _thread._count() <= threads


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("fault", ["drip_header", "drip_body"])
@pytest.mark.parametrize("entry_point", IN_PROCESS, ids=str)
def test_the_connection_is_ended(
    tmp_path: Path, authority: Authority, entry_point: EntryPoint, fault: str, scheme: str
) -> None:
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


def test_the_next_call_has_a_connection() -> None:
    """Of an open client: the thread ends, and the next call gets its answer."""
    good = {"kind": "answer", "body": b'{"entries": {"KEY": "v"}}'}
    with serve() as server, Client("icr_x", server.url, timeout=SECONDS, max_retries=0) as client:
        server.fault(**good, times=1)
        server.fault("drip_body", times=1)
        server.fault(**good)
        assert client.get_entries("backend", "staging") == {"KEY": "v"}
        threads = _thread._count()
        with pytest.raises(ClovrixConnectionError):
            client.get_entries("backend", "staging")
        assert _ends(threads)
        assert client.get_entries("backend", "staging") == {"KEY": "v"}


@pytest.mark.parametrize("name", ["load_env", "clovrix-exec"])
def test_without_a_deadline_it_is_ten_seconds(
    tmp_path: Path, authority: Authority, name: str
) -> None:
    """However it drips: not before, and not long after."""
    entry_point = ENTRY_POINTS[name]
    scene = Scene(tmp_path, authority, traits=entry_point.traits)
    with scene.stack:
        scene.serve().fault("drip_header")
        outcome = entry_point(scene)
    assert "did not answer in time" in outcome.lines[0]
    assert 9.95 <= outcome.seconds < 15
