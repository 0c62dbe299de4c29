"""Many starts at once: one request, and nobody waits longer than its own deadline."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from last_known.starts import HOURS, SECRET, outcome

if TYPE_CHECKING:
    from last_known.starts import Starts

PLACE = ("backend", "staging", "--")


def at_once(starts: Starts, count: int, *command: str) -> list[tuple[int, bytes, bytes]]:
    """Status, output and stderr of ``count`` starts, all started before the first is waited for."""
    started = [starts.launcher.start(*PLACE, *command) for _ in range(count)]
    ended = [(process.communicate(timeout=50), process.returncode) for process in started]
    return [(status, out, err) for (out, err), status in ended]


def test_fifty_starts_are_one_request(starts: Starts) -> None:
    """Cold: the others wait, and take what the first was answered."""
    ended = at_once(starts, 50, "printenv", "A")
    assert ended == [(0, f"{SECRET}\n".encode(), b"")] * 50
    assert starts.requests == 1


def test_fifty_programs_are_one_request(starts: Starts) -> None:
    """``load_env()`` in programs of their own."""
    code = (
        "import os, clovrix_env; clovrix_env.load_env('backend', 'staging'); print(os.environ['A'])"
    )
    given: Any = {"cwd": starts.launcher.folder, "env": starts.launcher.given({})}
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, **given)
        for _ in range(50)
    ]
    assert {process.communicate(timeout=50)[0] for process in started} == {f"{SECRET}\n".encode()}
    assert starts.requests == 1


def test_twenty_starts_without_max_age_are_few_requests(starts: Starts) -> None:
    """What was fetched after one's own start is as good as asking."""
    starts.allow(max_age="0s")
    starts.fill()
    starts.put(A="newer")
    starts.server.forget()
    ended = at_once(starts, 20, "printenv", "A")
    assert ended == [(0, b"newer\n", b"")] * 20
    print(f"20 starts at once: {starts.requests} requests")
    assert starts.requests <= 5


def test_a_start_never_takes_what_was_fetched_before_it(starts: Starts) -> None:
    """One after the other, ``max_age=0s`` shows each change at once."""
    starts.allow(max_age="0s")
    for number in range(20):
        starts.put(A=str(number))
        assert outcome(starts()) == (0, str(number), [])
    assert starts.requests == 20


def hold(starts: Starts) -> subprocess.Popen[bytes]:
    """A start that asks a server which does not answer, and so has the lock."""
    starts.server.fault("hang", times=1)
    before = starts.requests
    process = starts.launcher.start("--timeout", "30", *PLACE, "true")
    deadline = time.monotonic() + 10
    while starts.requests == before:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def test_a_hung_start_costs_the_others_their_own_deadline(starts: Starts) -> None:
    """``--timeout 1`` is one second, whatever the one that asks waits for."""
    holder = hold(starts)
    began = time.monotonic()
    status, _, (line, _) = outcome(starts("--timeout", "1"))
    assert 1 <= time.monotonic() - began < 3
    assert status == 125
    why = "another process is fetching these values and did not finish in time"
    assert line == f"backend/staging: {why}"
    assert starts.requests == 1
    holder.kill()


def test_a_hung_start_leaves_the_others_what_is_known(starts: Starts) -> None:
    """Where last known values are usable, they are taken at the deadline."""
    starts.fill()
    starts.age(3 * HOURS)
    holder = hold(starts)
    status, printed, (line,) = outcome(starts("--timeout", "1"))
    assert (status, printed) == (0, SECRET)
    why = "Clovrix cannot answer (another process is fetching"
    assert f"using cached values from 3 h ago because {why}" in line
    holder.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_waits_is_ended_at_once(starts: Starts, number: signal.Signals) -> None:
    """By the signal itself."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        holder = hold(starts)
        waiter = starts.launcher.start("--timeout", "30", *PLACE, "true")
    finally:
        signal.signal(signal.SIGINT, before)
    time.sleep(0.7)
    assert waiter.poll() is None
    began = time.monotonic()
    waiter.send_signal(number)
    assert waiter.wait(timeout=10) == -number
    assert time.monotonic() - began < 1
    assert starts.requests == 1
    holder.kill()


def test_a_killed_start_hands_the_turn_on(starts: Starts) -> None:
    """The kernel frees the lock; the next one asks."""
    holder = hold(starts)
    waiter = starts.launcher.start("--timeout", "30", *PLACE, "printenv", "A")
    time.sleep(0.5)
    began = time.monotonic()
    holder.send_signal(signal.SIGKILL)
    out, err = waiter.communicate(timeout=10)
    assert (waiter.returncode, out, err) == (0, f"{SECRET}\n".encode(), b"")
    assert time.monotonic() - began < 3
    assert starts.requests == 2


def test_the_program_does_not_hold_the_turn(starts: Starts) -> None:
    """It has no descriptor of ours, so that a later start asks while it runs."""
    starts.allow(max_age="0s")
    running = starts.launcher.start(*PLACE, "sh", "-c", "echo up; exec sleep 20")
    assert running.stdout is not None
    assert running.stdout.readline() == b"up\n"
    began = time.monotonic()
    starts.fill()
    assert time.monotonic() - began < 10
    listed = [
        os.readlink(f"/proc/{running.pid}/fd/{fd}")
        for fd in range(3, 20)
        if os.path.lexists(f"/proc/{running.pid}/fd/{fd}")
    ]
    assert [path for path in listed if "clovrix-env" in path] == []


def test_without_a_lock_each_asks(starts: Starts) -> None:
    """A lock file that cannot be opened is no failure."""
    starts.fill()
    (lock,) = starts.names(".lock")
    (starts.folder / lock).unlink()
    (starts.folder / lock).mkdir()
    starts.age(60)
    assert outcome(starts()) == (0, SECRET, [])
    assert starts.requests == 2


def test_without_a_lock_starts_at_once_write_side_by_side(starts: Starts) -> None:
    """As on a file system that has none: each keeps what it was answered, and none is disturbed."""
    starts.allow(max_age="0s")
    starts.fill()
    (lock,) = starts.names(".lock")
    (starts.folder / lock).unlink()
    (starts.folder / lock).mkdir()
    for _ in range(4):
        assert at_once(starts, 12, "printenv", "A") == [(0, f"{SECRET}\n".encode(), b"")] * 12
    known = starts.known()
    assert known is not None
    assert known.entries["A"] == SECRET
    assert starts.names(".new") == []


def test_projects_side_by_side_do_not_wait_for_each_other(starts: Starts) -> None:
    """Two starts that ask for the same two projects in different order both end."""
    starts.home.project("shared", "staging")
    starts.environ["CLOVRIX_TOKEN"] = starts.home.make_token("backend", "shared")
    starts.put("shared", A="of shared")
    starts.allow(max_age="0s")
    (starts.launcher.folder / ".clovrix").write_text('extends = ["backend", "shared"]\n')
    started = [
        starts.launcher.start(project, "staging", "--", "printenv", "A")
        for project in ("backend", "shared") * 10
    ]
    for number, process in enumerate(started):
        out, err = process.communicate(timeout=30)
        expected = SECRET if number % 2 == 0 else "of shared"
        assert (process.returncode, out, err) == (0, f"{expected}\n".encode(), b"")
