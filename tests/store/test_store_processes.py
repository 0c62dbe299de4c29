"""Several processes and threads at one store: at once, killed, forked, and held up by a lock."""

import asyncio
import contextlib
import os
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from clovrix_env import AsyncClient, Client, ServerError, resolve_env
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store.answer import Store
from clovrix_env.store.sqlite import Database

READ = Call("get_entries", "backend", "development")

OPEN = """
import os, sys, threading
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store import master_key
from clovrix_env.store.answer import Store
store = Store.open(sys.argv[1], master_key.find(os.environ), busy_ms=30_000)
"""
WRITERS = """
def write():
    for number in range(25):
        item = WriteItem("KEY", sys.argv[2])
        reply = store.answer(Call("set_entry", "backend", "development", "KEY", (item,)))
        print(reply.status, reply.data.get("created"), flush=True)
threads = [threading.Thread(target=write) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
LIMIT = """
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 20):
    item = WriteItem(f"NEW_{number}", "value")
    print(store.answer(Call("set_entry", "backend", "development", item.key, (item,))).status)
"""
BULK_WRITER = """
for number in range(1, 1_000_000):
    items = tuple(WriteItem(f"KEY_{i}", f"{sys.argv[2]} {number}") for i in range(5))
    reply = store.answer(Call("set_entries", "backend", "development", items=items))
    print(number if reply.status == 200 else reply.data, flush=True)
"""


@pytest.fixture
def store(store_file, master):
    """It waits for a lock as long as a busy machine needs."""
    with Store.open(str(store_file), master, busy_ms=30_000) as opened:
        yield opened


def run_all(processes):
    lines = []
    for process in processes:
        out, err = process.communicate()
        assert not err, err
        lines += out.splitlines()
    return lines


def test_writers_at_once_create_a_key_once(store_file, python, rows):
    """4 processes of 2 threads: every write counts, one creates, versions have no gap."""
    lines = run_all([python(OPEN + WRITERS, store_file, number) for number in range(4)])
    assert sorted(set(lines)) == ["200 False", "201 True"]
    assert (len(lines), lines.count("201 True")) == (200, 1)
    found = rows("SELECT number FROM version ORDER BY number")
    assert [number for (number,) in found] == list(range(1, 201))


def test_the_limit_is_exact_among_processes(store_file, python, put):
    """From 450 entries, three processes that add 60 get 50 of them in."""
    for start in range(0, 450, 50):
        put(**{f"KEY_{number}": "value" for number in range(start, start + 50)})
    lines = run_all([python(OPEN + LIMIT, store_file, 100 * number) for number in range(3)])
    assert (lines.count("201"), lines.count("422")) == (50, 10)


def test_a_reader_sees_a_batch_whole_or_not_at_all(store_file, python, store):
    """While a process writes batches, no read finds two of them mixed."""
    process = python(OPEN + BULK_WRITER, store_file, "value")
    process.stdout.readline()
    for _ in range(200):
        assert len(set(store.answer(READ).data["entries"].values())) == 1


def test_a_child_of_a_fork_has_its_own_connection(store, put, values, child_of_a_fork):
    """Parent and child both go on reading and writing."""
    put(KEY="parent")
    item = WriteItem("CHILD", "child")
    write = Call("set_entry", "backend", "development", "CHILD", (item,))
    assert child_of_a_fork(lambda: store.answer(READ).data == {"entries": {"KEY": "parent"}})
    assert child_of_a_fork(lambda: store.answer(write).status == 201)
    assert values() == {"CHILD": "child", "KEY": "parent"}
    put(KEY="again")


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_waits_for_what_is_under_way(store, put, child_of_a_fork):
    """Children forked while another thread writes are neither stuck nor wrong."""
    put(KEY="0")
    done = threading.Event()

    def write():
        number = 0
        while not done.is_set():
            number += 1
            put(KEY=str(number))
            time.sleep(0)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(10):
            assert child_of_a_fork(lambda: store.answer(READ).data["entries"]["KEY"].isdigit())
            time.sleep(0.01)
    finally:
        done.set()
        thread.join()


UNTOLD_FORK = """
import ctypes
read = Call("get_entries", "backend", "development")
def open_files():
    links = []
    for name in os.listdir("/proc/self/fd"):
        try: links.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError: pass
    return links.count(sys.argv[1])
assert store.answer(read).status == 200 and open_files() == 1
pid = ctypes.CDLL(None).fork()
if pid == 0:
    ok = store.answer(read).status == 200 and open_files() == 2
    store.close()
    os._exit(not (ok and open_files() == 1))
print(os.waitpid(pid, 0)[1], store.answer(read).status)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs Linux's /proc")
def test_an_inherited_connection_is_neither_used_nor_closed(store_file, python):
    """After a fork that Python was not told of, the child opens its own and leaves the other."""
    assert run_all([python(OPEN + UNTOLD_FORK, store_file)]) == ["0 200"]


PLACE = "backend", "development"


@pytest.fixture
def address(store_file, master, tmp_path, monkeypatch):
    """This process finds the store, and its key."""
    monkeypatch.setenv("CLOVRIX_MASTER_KEY", master.line())
    monkeypatch.setenv("CLOVRIX_API_URL", f"file:{store_file}")
    monkeypatch.chdir(tmp_path)


@contextlib.contextmanager
def locked(store_file, seconds):
    """Another connection has the store for itself, for so many seconds."""
    other = sqlite3.connect(store_file, isolation_level=None, check_same_thread=False)
    with contextlib.closing(other):
        other.execute("BEGIN EXCLUSIVE")
        ending = threading.Timer(seconds, other.execute, ["ROLLBACK"])
        ending.start()
        try:
            yield
        finally:
            ending.cancel()
            ending.join()


@pytest.fixture
def patient(monkeypatch):
    """Without a deadline, a store waits an hour for a lock instead of a second."""
    made = Database.__init__

    def make(self, path, busy_ms, deadline=None):
        made(self, path, 3_600_000, deadline)

    monkeypatch.setattr(Database, "__init__", make)


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
@pytest.mark.usefixtures("address", "patient")
def test_a_lock_is_waited_for_until_the_deadline(store_file, ask):
    """A short deadline is not stretched until another program's lock is gone."""
    with locked(store_file, 8), pytest.raises(ServerError, match="is locked by another process"):
        ask()


@pytest.mark.usefixtures("address", "patient")
def test_threads_do_not_wait_for_one_another_beyond_the_deadline(store_file):
    """Forty threads at a locked store are refused before the lock is gone: not one by one."""
    client = Client(timeout=0.3)

    def ask():
        with pytest.raises(ServerError):
            client.get_entries(*PLACE)

    with client, locked(store_file, 8), ThreadPoolExecutor(40) as pool:
        list(pool.map(lambda _: ask(), range(40)))


@pytest.mark.usefixtures("address")
@pytest.mark.slow
def test_a_load_waits_for_a_store_that_is_locked_when_it_comes(store_file):
    """A lock that is gone after more than a second does not fail a start that has ten."""
    with locked(store_file, 1.3):
        assert dict(resolve_env(*PLACE)) == {}
