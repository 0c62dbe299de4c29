"""Writes that wait together share a commit, and each is answered by itself."""

import signal
import threading
import time

import pytest

from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store.answer import Store

PLACE = "backend", "development"


def write(key, value="value", token=None):
    return Call("set_entry", *PLACE, key, (WriteItem(key, value),), token)


@pytest.fixture
def statements(store):
    """The statements that SQLite executes."""
    seen = []
    with store._database.reading() as connection:
        connection.set_trace_callback(seen.append)
    return seen


def waiting_together(store, calls):
    """The answers to calls that waited while the store was locked by another thread."""
    replies = [None] * len(calls)

    def ask(number):
        replies[number] = store.answer(calls[number])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(calls))]
    with store._database.reading():
        for thread in threads:
            thread.start()
        (writers,) = store._database._writers.values()
        while len(writers._waiting) < len(calls):
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    return replies


def test_writes_that_wait_share_one_commit(store, put, values, statements):
    """Eight writes of eight threads, of which two are refused: one commit, and six values."""
    put(FIRST="value")
    revoked = store.create_token(["backend"], role="write")
    store.revoke_token(revoked)
    calls = [write(f"KEY_{number}", str(number)) for number in range(6)]
    calls[2:2] = [write("REFUSED", token=revoked), write("bad key")]
    del statements[:]
    replies = waiting_together(store, calls)
    assert [reply.status for reply in replies] == [201, 201, 401, 422, 201, 201, 201, 201]
    assert statements.count("COMMIT") - statements.count("BEGIN") == 1
    assert values() == {"FIRST": "value", **{f"KEY_{n}": str(n) for n in range(6)}}


def test_a_group_that_fails_is_repeated_one_by_one(store, put, values):
    """A write that the database refuses undoes the shared transaction; only it fails."""
    put(FIRST="value")
    with store._database.writing() as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON entry WHEN NEW.key = 'TOO_MUCH'"
            " BEGIN SELECT RAISE (ROLLBACK, 'planted'); END"
        )
    replies = waiting_together(store, [write("ONE"), write("TOO_MUCH"), write("TWO")])
    assert [reply.status for reply in replies] == [201, 500, 201]
    assert values() == {"FIRST": "value", "ONE": "value", "TWO": "value"}


def test_a_write_that_waits_too_long_is_not_written(store, put, values):
    """A deadline holds for a write that waits behind another."""
    put(FIRST="value")
    late = []

    def ask():
        late.append(store.answer(write("LATE"), time.monotonic() + 0.05))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    with store._database.reading():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [reply.status for reply in late] == [503] * 3
    assert store.answer(write("NEXT")).status == 201
    assert values() == {"FIRST": "value", "NEXT": "value"}


@pytest.mark.parametrize(
    ("call", "most"),
    [
        (Call("get_entries", *PLACE), 6),
        (Call("get_entry", *PLACE, "KEY_0"), 6),
        (write("KEY_0"), 12),
        (
            Call(
                "set_entries",
                *PLACE,
                items=tuple(WriteItem(f"KEY_{number}", "new") for number in range(20)),
            ),
            12,
        ),
    ],
)
def test_a_call_takes_few_statements(store, put, statements, call, most):
    """However many entries a call has, with BEGIN and COMMIT."""
    put(**{f"KEY_{number}": "value" for number in range(20)})
    del statements[:]
    assert store.answer(call).status == 200
    assert 0 < len(statements) <= most, statements


KILLED = """
import os, sys, threading
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store import master_key
from clovrix_env.store.answer import Store
store = Store.open(sys.argv[1], master_key.find(os.environ), busy_ms=30_000)
def write(thread):
    for number in range(1_000_000):
        item = WriteItem(f"KEY_{thread}", str(number))
        reply = store.answer(Call("set_entry", "backend", "development", item.key, (item,)))
        os.write(1, f"{item.key} {number} {reply.status}\\n".encode())
for thread in range(8): threading.Thread(target=write, args=(thread,)).start()
"""


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.1, 0.3])
def test_a_kill_loses_no_acknowledged_write_of_eight_threads(
    store_file, master, python, rows, wait
):
    """kill -9 under writers that share commits: no acknowledged value is lost."""
    process = python(KILLED, store_file)
    process.stdout.readline()
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    acknowledged = dict.fromkeys(map("KEY_{}".format, range(8)), 0)
    for line in process.stdout.read().splitlines():
        key, number, status = line.split()
        assert status in ("200", "201")
        acknowledged[key] = int(number)
    process.wait()
    with Store.open(str(store_file), master) as store:
        found = store.answer(Call("get_entries", *PLACE)).data["entries"]
    for key, number in acknowledged.items():
        assert int(found.get(key, 0)) in (number, number + 1)
    assert rows("PRAGMA integrity_check") == [("ok",)]
    counts = rows("SELECT max(number), count(*) FROM version GROUP BY entry_id")
    assert all(last == count for last, count in counts)
