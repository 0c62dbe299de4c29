"""What is left of a call that came too late: nothing that goes on."""

from __future__ import annotations

import _thread
import time
from typing import TYPE_CHECKING

import pytest
from faults.askers import DOORS
from faults.cell import Cell
from loopback import serve

from clovrix_env import Client, ClovrixConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.askers import Door
    from loopback import Authority

SECONDS = 0.2
IN_PROCESS = [door for door in DOORS if not door.traits & {"starts", "by client"}]


def _ends(threads: int) -> bool:
    """Whether there are no more threads than these soon: the server's, which drip, too."""
    end = time.monotonic() + 2
    while _thread._count() > threads and time.monotonic() < end:
        time.sleep(0.01)
    return _thread._count() <= threads


DRIPS = pytest.mark.parametrize("fault", ["drip_header", "drip_body"])
SCHEMES = pytest.mark.parametrize("scheme", ["http", "https"])


@pytest.fixture
def cell(tmp_path: Path, authority: Authority, fault: str, scheme: str) -> Iterator[Cell]:
    made = Cell(tmp_path, authority, SECONDS)
    with made.stack:
        made.serve(tls=authority.context() if scheme == "https" else None).fault(fault)
        yield made


@SCHEMES
@DRIPS
@pytest.mark.parametrize("door", IN_PROCESS, ids=str)
def test_the_connection_is_ended(cell: Cell, door: Door) -> None:
    """An answer that drips is cut off at the deadline, and with it the thread that read it."""
    threads = _thread._count()
    assert door.asked(cell).sent is True
    assert _ends(threads)


@SCHEMES
@DRIPS
def test_a_client_that_stays_open(cell: Cell) -> None:
    """The same while the client is open: nothing has to be closed for it."""
    with cell.entered(), Client(timeout=SECONDS, max_retries=0) as client:
        threads = _thread._count()
        with pytest.raises(ClovrixConnectionError):
            client.get_entries("backend", "staging")
        assert _ends(threads)


def test_the_next_call_has_a_connection(authority: Authority) -> None:
    """A connection that was kept and then cut is replaced: the next call gets its answer."""
    good = {"kind": "answer", "body": b'{"entries": {"KEY": "v"}}'}
    with serve() as server, Client("icr_x", server.url, timeout=SECONDS, max_retries=0) as client:
        server.fault(**good, times=1)
        server.fault("drip_body", times=1)
        server.fault(**good)
        assert client.get_entries("backend", "staging") == {"KEY": "v"}
        with pytest.raises(ClovrixConnectionError):
            client.get_entries("backend", "staging")
        assert client.get_entries("backend", "staging") == {"KEY": "v"}
