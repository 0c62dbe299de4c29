"""A deadline holds for the embedded store too, whoever has the lock and whoever asks."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time

import pytest

from clovrix_env import AsyncClient, Client, ServerError, resolve_env

PLACE = "backend", "development"


@pytest.fixture
def address(store_file, master, tmp_path, monkeypatch):
    """The address of a store, whose key is at hand."""
    monkeypatch.setenv("CLOVRIX_MASTER_KEY", master.line())
    monkeypatch.setenv("CLOVRIX_API_URL", f"file:{store_file}")
    monkeypatch.chdir(tmp_path)
    return f"file:{store_file}"


@pytest.fixture
def locked(store_file):
    """A block in which another connection has the store for itself."""

    @contextlib.contextmanager
    def lock():
        other = sqlite3.connect(store_file, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield other
        finally:
            other.close()

    return lock


async def _asynchronously():
    async with AsyncClient(timeout=0.3) as client:
        await client.get_entries(*PLACE)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Client(timeout=0.3).get_entries(*PLACE),
        lambda: Client(timeout=0.3).set_entry(*PLACE, "A", "1"),
        lambda: asyncio.run(_asynchronously()),
        lambda: resolve_env(*PLACE, timeout=0.3),
    ],
    ids=["read", "write", "async", "resolve_env"],
)
@pytest.mark.usefixtures("address")
def test_a_lock_is_waited_for_until_the_deadline(locked, ask):
    """A short deadline is not stretched by another program's lock."""
    with locked():
        began = time.monotonic()
        with pytest.raises(ServerError, match="is locked by another process"):
            ask()
        assert time.monotonic() - began < 0.8


@pytest.mark.usefixtures("address")
def test_threads_do_not_wait_for_one_another_beyond_the_deadline(locked):
    """Ten threads at a locked store are all answered in time, not one after the other."""
    client, took = Client(timeout=0.3), []

    def ask():
        began = time.monotonic()
        with pytest.raises(ServerError):
            client.get_entries(*PLACE)
        took.append(time.monotonic() - began)

    with client, locked():
        threads = [threading.Thread(target=ask) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(took) == 10
    assert max(took) < 0.8


@pytest.mark.usefixtures("address")
@pytest.mark.slow
def test_a_load_waits_for_a_store_that_is_locked_when_it_comes(locked):
    """A lock that is gone after more than a second does not fail a start that has ten."""
    with locked() as other:
        ending = threading.Timer(1.3, other.execute, ["ROLLBACK"])
        ending.start()
        assert dict(resolve_env(*PLACE)) == {}
        ending.join()
