"""``AsyncClient`` in many calls at once, and in several event loops."""

from __future__ import annotations

import asyncio
import gc
import time
import warnings
from typing import TYPE_CHECKING

import pytest
import trio
from loopback import serve, silence

from clovrix_env import AsyncClient, ClovrixConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loopback import Loopback

READ = ("backend", "production")
CALLS = 1000


@pytest.fixture
def quick() -> Iterator[Loopback]:
    with serve() as server:
        server.fault("answer", body=b'{"entries": {}}')
        yield server


async def seconds(url: str, at_once: int) -> float:
    """What 1,000 calls take of the processor, the server included, if so many are made at once."""
    gate = asyncio.Semaphore(at_once)
    async with AsyncClient("icr_x", url, max_retries=0) as client:

        async def call() -> None:
            async with gate:
                assert await client.get_entries(*READ) == {}

        begun = time.process_time()
        await asyncio.gather(*(call() for _ in range(CALLS)))
        return time.process_time() - begun


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_a_thousand_calls_at_once(quick: Loopback) -> None:
    """All succeed, and take little more than with 100 at once."""
    few = min(asyncio.run(seconds(quick.url, 100)) for _ in range(3))
    many = min(asyncio.run(seconds(quick.url, CALLS)) for _ in range(3))
    print(f"{CALLS} calls: {many:.2f} s at once, {few:.2f} s by 100")
    assert len(quick.requests) == 6 * CALLS
    assert many < 1.5 * few


@pytest.mark.slow
def test_a_call_that_waits_has_its_deadline() -> None:
    """The deadline counts from when a call was made, not from when it was sent."""
    with serve() as server:
        server.fault("hang")

        async def calls() -> None:
            async with AsyncClient("icr_x", server.url, timeout=1, max_retries=0) as client:
                made = (client.set_entry(*READ, "KEY", "v") for _ in range(150))
                found = await asyncio.gather(*made, return_exceptions=True)
            assert all(isinstance(error, ClovrixConnectionError) for error in found)
            assert {getattr(error, "sent", None) for error in found} == {True, False}

        asyncio.run(calls())


def test_a_client_over_several_loops(quick: Loopback) -> None:
    """Each loop has one connection, for calls one after another, which ends with it."""
    client = AsyncClient("icr_x", quick.url)

    async def calls() -> None:
        for _ in range(3):
            assert await client.get_entries(*READ) == {}

    for _ in range(3):
        asyncio.run(calls())
    trio.run(calls)
    assert quick.connections == 4


@pytest.mark.slow
def test_a_handshake_that_is_given_up_leaves_no_connection() -> None:
    """The deadline passes while the server is silent: the connection is closed, not forgotten."""
    with silence() as port, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        async def call() -> None:
            url = f"https://localhost:{port}"
            async with AsyncClient("icr_x", url, timeout=0.5, max_retries=0) as client:
                with pytest.raises(ClovrixConnectionError):
                    await client.get_entries(*READ)

        asyncio.run(call())
        gc.collect()
    assert [str(warning.message) for warning in caught] == []
