"""kill -9 at any moment: what was acknowledged is there, nothing is half there, and it goes on."""

import os
import re
import signal
import sqlite3
import statistics
import time
from collections import Counter

import pytest
from fire.stand import BATCHES, COMMAND, acknowledged, elsewhere
from repeated import repeated

from clovrix_env.store.opening import has_sound_wal
from clovrix_env.store.prune import Rule

pytestmark = pytest.mark.timeout(120)
CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink")
CALLS_OF_INIT = "mkdir,chmod,pwrite64,write,fsync,fdatasync,link,unlink,ftruncate"
KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
READER = """
from clovrix_env import Client
with Client() as client:
    print(sorted(set(client.get_entries("backend", "production").values())))
"""


def check_after_a_kill(stand, last):
    """Everything that holds after a kill; whether the batch after the last one was in time."""
    entries = stand.entries()
    assert len(entries) == 12, "a batch is half there"
    (value,) = set(entries.values())
    number = int(value.split(":")[0])
    assert number in (last, last + 1), f"{last} was acknowledged, {number} is there"
    with stand.client() as client:
        client.set_entry("backend", "staging", "AFTER", str(last))
        assert client.get_entry("backend", "staging", "AFTER").value == str(last)
    assert stand.is_sound()
    return number > last


def span_of_a_write(stand):
    """Seconds from one acknowledgement to the next."""
    process = stand.start("-c", BATCHES, "0")
    times = [float(process.stdout.readline().split()[1]) for _ in range(60)]
    process.kill()
    process.communicate()
    return statistics.median(later - before for before, later in zip(times[5:], times[6:]))


@pytest.mark.parametrize("kills", repeated(10, deep=500))
def test_a_writer_killed_at_any_time_loses_nothing(stand, kills):
    """Kills of one store's writers, spread over the span of a write."""
    span = span_of_a_write(stand)
    inside = in_time = 0
    last = max(int(value.split(":")[0]) for value in stand.entries().values())
    for kill in range(kills):
        process = stand.start("-c", BATCHES, str(last + 1))
        said = process.stdout.readline() + process.stdout.readline()
        time.sleep(span * kill / kills)
        process.send_signal(signal.SIGKILL)
        # Not communicate(): it leaves out what was read ahead with the first lines.
        said += process.stdout.read()
        _, err = process.communicate()
        assert process.returncode == -signal.SIGKILL, err
        last = acknowledged(said)[-1]
        inside += stand.left_a_journal()
        one_more = check_after_a_kill(stand, last)
        in_time += one_more
        last += one_more
    print(f"{kills} kills: {inside} inside a commit, {in_time} after one; 0 lost, 0 torn")
    assert inside >= kills / 5 or has_sound_wal(sqlite3.sqlite_version_info)


def calls_of_a_batch(stand, strace, log):
    """For each system call: which of its calls belong to the second batch of a writer."""
    through = strace(",".join((*CALLS, "write")), log=str(log))
    stand.run("-c", BATCHES, "1", "3", through=through)
    first, second = re.split(r'write\(1, "[12] .*\n', log.read_text())[:2]
    return {
        call: range(before + 1, before + 1 + second.count(f"{call}("))
        for call in CALLS
        for before in (first.count(f"{call}("),)
    }


def test_a_writer_killed_at_every_call_of_a_commit_loses_nothing(stand, strace, rollback_journal):
    """The second batch of a writer, killed as it enters each call that touches the disk."""
    stand.run("-c", BATCHES, "0", "1")
    calls = calls_of_a_batch(stand.copied("measured"), strace, stand.folder / "log")
    inside = []
    for call, number in ((call, number) for call, numbers in calls.items() for number in numbers):
        there = stand.copied(f"{call}-{number}")
        through = strace(call, signal="SIGKILL", when=number)
        status, out, err = there.run("-c", BATCHES, "1", "3", through=through)
        assert status in KILLED, err
        assert acknowledged(out) == [1], f"{call} {number}"
        inside.append(there.left_a_journal())
        check_after_a_kill(there, 1)
    assert sum(inside) >= 20


def test_a_reader_killed_while_it_mends_loses_nothing(stand, strace, rollback_journal):
    """After a kill the next one rolls back; killed in that, the one after it does."""
    stand.run("-c", BATCHES, "0", "1")
    through = strace("ftruncate", signal="SIGKILL", when=2)
    stand.run("-c", BATCHES, "1", "3", through=through)
    assert stand.left_a_journal()
    kills = 0
    for call in CALLS:
        for number in range(1, 100):
            there = stand.copied(f"{call}-{number}")
            there.journal.write_bytes(stand.journal.read_bytes())
            through = strace(call, signal="SIGKILL", when=number)
            status, out, err = there.run("-c", READER, through=through)
            assert not check_after_a_kill(there, 1)
            if status == 0:
                assert out.startswith("['1:"), err
                break
            kills += 1
    assert kills >= 5


@pytest.mark.parametrize("most", repeated(5, deep=1_000))
def test_a_prune_killed_at_every_call_is_whole_or_not_begun(stand, strace, most):
    """Killed as it enters each call that touches the disk, ``most`` of each kind; the next one
    completes it."""
    stand.run("-c", BATCHES, "0", "6")
    prune = (*COMMAND, "local", "prune", "--keep", "2", "--yes")
    count, whole = "SELECT count(*) FROM version", stand.copied("whole")
    through = strace(",".join(CALLS), log=str(stand.folder / "log"))
    assert whole.run(*prune, through=through)[0] == 0
    calls = Counter(re.findall(r"^(\w+)\(", (stand.folder / "log").read_text(), re.MULTILINE))
    states = Counter()
    for call, number in (
        (call, number)
        for call, made in calls.items()
        for number in range(1, made + 1, -(-made // most))
    ):
        there = stand.copied(f"{call}-{number}")
        status, _, err = there.run(*prune, through=strace(call, signal="SIGKILL", when=number))
        assert status in KILLED, err
        with there.opened() as store:
            assert store.verify() == []
            states[there.rows(count)[0][0]] += 1
            store.prune(Rule(2))
            store.compact()
        assert there.rows(count) == whole.rows(count)
        assert there.path.stat().st_size == whole.path.stat().st_size
    print(f"{sum(states.values())} kills: {dict(states)}")
    assert set(states) == {6 * 12, 2 * 12}


def check_after_a_killed_init(stand, home):
    """What is there is whole, and a second ``init`` finishes the work; what was there already."""
    store, key = home / "data" / "store.db", home / "config" / "clovrix-env" / "master.key"
    stood = " and ".join(path.name for path in (key, store) if path.exists()) or "nothing"
    assert key.exists() or not store.exists(), "a store without its key"
    before = key.read_bytes() if key.exists() else None
    status, _, err = stand.init("backend", "--env", "production", **elsewhere(home))
    assert status == 0, err
    assert before in (None, key.read_bytes())
    written = stand.run("-c", BATCHES, "0", "1", **elsewhere(home))
    assert written[0] == 0, written
    return stood


@pytest.mark.parametrize("most", repeated(3, deep=1_000))
def test_an_init_killed_at_every_call_can_be_run_again(stand, strace, most):
    """Killed as it enters each call that names or fills a file of ours, ``most`` of each kind."""
    log = stand.folder / "log"
    through = strace(CALLS_OF_INIT, log=str(log))
    assert stand.init("backend", through=through, **elsewhere(stand.folder / "whole"))[0] == 0
    made = Counter(re.findall(r"^(\w+)\(", log.read_text(), re.MULTILINE))
    stood = Counter()
    for call, count in made.items():
        for number in range(1, count + 1, -(-count // most)):
            home = stand.folder / f"{call}-{number}"
            through = strace(call, signal="SIGKILL", when=number)
            status, _, err = stand.init("backend", through=through, **elsewhere(home))
            assert status in KILLED, err
            stood[check_after_a_killed_init(stand, home)] += 1
    print(f"{sum(stood.values())} kills: {dict(stood)}")


def test_a_journal_of_a_store_that_is_gone_is_not_played_into_a_new_one(
    stand, strace, rollback_journal
):
    """A killed write leaves a journal; the store is removed; ``init`` says what to remove too."""
    through = strace("ftruncate", signal="SIGKILL", when=2)
    stand.run("-c", BATCHES, "1", "3", through=through)
    assert stand.left_a_journal()
    stand.path.unlink()
    status, _, err = stand.init("backend")
    assert status == 125
    assert os.fspath(stand.journal) in err
    assert not stand.path.exists()
    stand.journal.unlink()
    assert stand.init("backend", "--env", "production")[0] == 0
    assert stand.run("-c", BATCHES, "0", "1")[0] == 0
    assert stand.is_sound()
