"""``local init`` that is killed: the next one works, or says what lies in its way."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from fire.stand import BATCHES, Stand
from repeated import repeated

if TYPE_CHECKING:
    from pathlib import Path

CALLS = "mkdir,chmod,pwrite64,write,fsync,fdatasync,link,unlink,ftruncate"


def environment(home: Path) -> dict[str, Any]:
    return {
        "CLOVRIX_API_URL": f"file:{home}/data/store.db",
        "XDG_CONFIG_HOME": f"{home}/config",
    }


def check_after_a_kill(stand: Stand, home: Path) -> str:
    """What stands is whole, and a second ``init`` finishes the work; what stood already."""
    store, key = home / "data" / "store.db", home / "config" / "clovrix-env" / "master.key"
    stood = " and ".join(path.name for path in (key, store) if path.exists()) or "nothing"
    assert key.exists() or not store.exists(), "a store without its key"
    before = key.read_bytes() if key.exists() else None
    status, _, err = stand.init("backend", "--env", "production", **environment(home))
    assert status == 0, err
    assert before in (None, key.read_bytes())
    written = stand.run("-c", BATCHES, "0", "1", **environment(home))
    assert written[0] == 0, written
    return stood


@pytest.mark.slow
@pytest.mark.parametrize("kills", repeated(10, deep=300))
def test_an_init_killed_at_any_time_can_be_run_again(stand: Stand, kills: int) -> None:
    """Kills that are spread over the time that ``init`` takes."""
    begin = time.monotonic()
    assert stand.init("backend", **environment(stand.folder / "whole"))[0] == 0
    span = time.monotonic() - begin
    stood = []
    for kill in range(kills):
        home = stand.folder / f"home-{kill}"
        process = stand.start("-m", "clovrix_env", "local", "init", "backend", **environment(home))
        # Not from its start on: while it imports, there is nothing to break.
        time.sleep(span * (0.3 + 1.2 * kill / kills))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        stood.append(check_after_a_kill(stand, home))
    print(f"{kills} kills over {span:.2f} s: {dict(Counter(stood))}")


@pytest.mark.slow
@pytest.mark.parametrize("most", repeated(3, deep=1_000))
def test_an_init_killed_at_every_call_can_be_run_again(
    stand: Stand, strace: str, most: int
) -> None:
    """Killed as it enters each call that names or fills a file of ours, ``most`` of each kind."""
    log = stand.folder / "log"
    through = (strace, "-o", str(log), "-e", f"trace={CALLS}")
    assert stand.init("backend", through=through, **environment(stand.folder / "whole"))[0] == 0
    made = re.findall(r"^(\w+)\(", log.read_text(), re.MULTILINE)
    points = [
        (call, number)
        for call in dict.fromkeys(made)
        for number in range(1, made.count(call) + 1, -(-made.count(call) // most))
    ]
    stood = []
    for call, number in points:
        home = stand.folder / f"{call}-{number}"
        inject = f"inject={call}:signal=SIGKILL:when={number}"
        through = (strace, "-o", "/dev/null", "-e", inject)
        status, _, err = stand.init("backend", through=through, **environment(home))
        assert status in (-signal.SIGKILL, 128 + signal.SIGKILL), err
        stood.append(check_after_a_kill(stand, home))
    print(f"{len(points)} kills: {dict(Counter(stood))}")


def test_a_journal_of_a_store_that_is_gone_is_not_played_into_a_new_one(
    stand: Stand, strace: str, rollback_journal: None
) -> None:
    """A killed write leaves a journal; the store is removed; ``init`` says what to remove too."""
    inject = "inject=ftruncate:signal=SIGKILL:when=2"
    stand.run("-c", BATCHES, "1", "3", through=(strace, "-o", "/dev/null", "-e", inject))
    assert stand.journal.stat().st_size > 0
    stand.path.unlink()
    status, _, err = stand.init("backend")
    assert status == 125
    assert os.fspath(stand.journal) in err
    assert not stand.path.exists()
    stand.journal.unlink()
    assert stand.init("backend", "--env", "production")[0] == 0
    assert stand.run("-c", BATCHES, "0", "1")[0] == 0
    assert stand.is_sound()
