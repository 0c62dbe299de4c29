"""kill -9 of a writer at any moment: what was acknowledged is there, and no batch is half there."""

from __future__ import annotations

import re
import signal
import sqlite3
import statistics
import time
from typing import TYPE_CHECKING

import pytest
from fire.stand import BATCHES, Stand, acknowledged
from repeated import repeated

from clovrix_env.store.opening import has_sound_wal

if TYPE_CHECKING:
    from pathlib import Path

CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink")


def check_after_a_kill(stand: Stand, last: int) -> bool:
    """Everything that holds after a kill; whether the batch after the last one was in time."""
    at_once = time.monotonic()
    entries = stand.entries()
    assert time.monotonic() - at_once < 2
    assert len(entries) == 12, "a batch is half there"
    (value,) = set(entries.values())
    number = int(value.split(":")[0])
    assert number in (last, last + 1), f"{last} was acknowledged, {number} is there"
    with stand.client() as client:
        client.set_entry("backend", "staging", "AFTER", str(last))
        assert client.get_entry("backend", "staging", "AFTER").value == str(last)
    assert stand.is_sound()
    return number > last


def first_batch(stand: Stand) -> None:
    stand.run("-c", BATCHES, "0", "1")


def span_of_a_write(stand: Stand) -> float:
    """Seconds from one acknowledgement to the next."""
    process = stand.start("-c", BATCHES, "0")
    assert process.stdout is not None
    times = [float(process.stdout.readline().split()[1]) for _ in range(60)]
    process.kill()
    process.communicate()
    return statistics.median(later - before for before, later in zip(times[5:], times[6:]))


@pytest.mark.slow
@pytest.mark.parametrize("kills", repeated(10, deep=500))
def test_a_writer_killed_at_any_time_loses_nothing(stand: Stand, kills: int) -> None:
    """Kills of one store's writers, spread over the span of a write."""
    span = span_of_a_write(stand)
    inside = in_time = 0
    last = max(int(value.split(":")[0]) for value in stand.entries().values())
    for kill in range(kills):
        process = stand.start("-c", BATCHES, str(last + 1))
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        time.sleep(span * kill / kills)
        process.send_signal(signal.SIGKILL)
        # Not communicate(): it leaves out what was read ahead with the first lines.
        said += process.stdout.read()
        _, err = process.communicate()
        assert process.returncode == -signal.SIGKILL, err
        last = acknowledged(said)[-1]
        # A journal with content is a commit that was under way.
        inside += stand.journal.exists() and stand.journal.stat().st_size > 0
        one_more = check_after_a_kill(stand, last)
        in_time += one_more
        last += one_more
    print(
        f"{kills} kills over {span * 1000:.1f} ms: {inside} inside a commit,"
        f" {in_time} after one that was not acknowledged; 0 lost, 0 torn"
    )
    assert inside >= kills / 5 or has_sound_wal(sqlite3.sqlite_version_info)


def calls_of_a_batch(stand: Stand, strace: str, log: Path) -> dict[str, range]:
    """For each system call: which of its calls belong to the second batch of a writer."""
    traced = ",".join((*CALLS, "write"))
    through = (strace, "-o", str(log), "-e", f"trace={traced}")
    stand.run("-c", BATCHES, "1", "3", through=through)
    first, second = re.split(r'write\(1, "[12] .*\n', log.read_text())[:2]
    return {
        call: range(before + 1, before + 1 + second.count(f"{call}("))
        for call in CALLS
        for before in (first.count(f"{call}("),)
    }


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_writer_killed_at_every_call_of_a_commit_loses_nothing(
    stand: Stand, strace: str, rollback_journal: None
) -> None:
    """The second batch of a writer, killed as it enters each call that touches the disk."""
    first_batch(stand)
    calls = calls_of_a_batch(stand.copied("measured"), strace, stand.folder / "log")
    kills = in_time = inside = 0
    for call, numbers in calls.items():
        for number in numbers:
            there = stand.copied(f"{call}-{number}")
            inject = f"inject={call}:signal=SIGKILL:when={number}"
            status, out, err = there.run(
                "-c", BATCHES, "1", "3", through=(strace, "-o", "/dev/null", "-e", inject)
            )
            assert status in (-signal.SIGKILL, 128 + signal.SIGKILL), err
            assert acknowledged(out) == [1], f"{call} {number}"
            kills += 1
            inside += there.journal.exists() and there.journal.stat().st_size > 0
            in_time += check_after_a_kill(there, 1)
    print(
        f"{kills} kills at {', '.join(f'{len(calls[call])} {call}' for call in calls)}:"
        f" {inside} left a journal, {in_time} after the commit; 0 lost, 0 torn"
    )
    assert kills >= 20
    assert inside >= 20


READER = """
from clovrix_env import Client
with Client() as client:
    print(sorted(set(client.get_entries("backend", "production").values())))
"""


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_reader_killed_while_it_mends_loses_nothing(
    stand: Stand, strace: str, rollback_journal: None
) -> None:
    """After a kill the next one rolls back; killed in that, the one after it does."""
    first_batch(stand)
    inject = "inject=ftruncate:signal=SIGKILL:when=2"
    stand.run("-c", BATCHES, "1", "3", through=(strace, "-o", "/dev/null", "-e", inject))
    assert stand.journal.stat().st_size > 0
    kills = 0
    for call in CALLS:
        for number in range(1, 100):
            there = stand.copied(f"{call}-{number}")
            there.journal.write_bytes(stand.journal.read_bytes())
            inject = f"inject={call}:signal=SIGKILL:when={number}"
            status, out, err = there.run(
                "-c", READER, through=(strace, "-o", "/dev/null", "-e", inject)
            )
            assert not check_after_a_kill(there, 1)
            if status == 0:
                assert out.startswith("['1:"), err
                break
            kills += 1
    print(f"{kills} kills of a reader that mends; 0 lost, 0 torn")
    assert kills >= 5
