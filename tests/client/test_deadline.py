"""``timeout`` is a deadline for the whole call, whatever the network does meanwhile."""

import anyio
import pytest
from loopback import serve
from repeated import patiently

from clovrix_env import AsyncClient, ClovrixConnectionError

READ = ("get_entries", "backend", "production")
WRITE = ("set_entry", "backend", "production", "KEY", "value")


def ends_in_time(ask, url, call, seconds, retries=0):
    """The call raises what was late, which only a deadline that has passed makes it do."""
    with pytest.raises(ClovrixConnectionError, match="did not answer in time") as caught:
        ask(url, *call, timeout=seconds, max_retries=retries)
    assert caught.value.sent is True


@pytest.mark.slow
def test_a_slow_answer_over_tls(ask, trusted):
    """Through TLS too; ``tests/faults`` has the rest without TLS."""

    def attempt(seconds):
        with serve(tls=trusted.context()) as slow:
            slow.fault("drip_header")
            ends_in_time(ask, slow.url, WRITE, seconds)

    patiently(attempt)


def test_retries_share_the_deadline(ask):
    """The deadline covers all attempts and the waits between them."""

    def attempt(seconds):
        with serve() as slow:
            slow.fault("answer", status=503, headers={"Retry-After": "0"}, times=1)
            slow.fault("hang")
            ends_in_time(ask, slow.url, READ, seconds, retries=9)
            assert len(slow.requests) == 2

    patiently(attempt)


@pytest.mark.anyio
async def test_an_event_loop_runs_on_meanwhile(own_server):
    """Waiting for an answer leaves the event loop free, and cancelling ends the call."""
    own_server.fault("hang")
    client = AsyncClient("icr_x", own_server.url, timeout=20, max_retries=0)
    async with client, anyio.create_task_group() as group:
        group.start_soon(client.get_entries, "backend", "production")
        while not own_server.requests:
            await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    assert len(own_server.requests) == 1


@pytest.mark.anyio
async def test_calls_side_by_side(own_server):
    """Calls of one ``AsyncClient`` run at the same time."""
    own_server.fault("answer", body=b'{"entries": {"KEY": "v"}}')
    found = []

    async def get(client):
        found.append(await client.get_entries("backend", "production"))

    async with AsyncClient("icr_x", own_server.url) as client, anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(get, client)
    assert found == [{"KEY": "v"}] * 20
