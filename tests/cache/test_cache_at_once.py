"""Many starts at once: one request, and nobody waits longer than its own deadline."""

import os
import signal
import sys

import pytest
from cache.starts import HOURS, SECRET, outcome
from launch.launcher import until

pytestmark = pytest.mark.slow
PLACE = ("backend", "staging", "--")
FETCH = ("--timeout", "30", *PLACE)
LOADS = "import os, clovrix_env as c; c.load_env('backend', 'staging'); print(os.environ['A'])"
PROGRAM = (sys.executable, "-c", LOADS)
GOOD = (0, f"{SECRET}\n".encode(), b"")


def at_once(starts, count, *program):
    """Status, output and stderr of ``count`` starts, all started before the first is waited for."""
    argv = program or (*starts.launcher.argv(*PLACE), "printenv", "A")
    started = [starts.launcher.start_plain(*argv) for _ in range(count)]
    ended = [(process.communicate(timeout=50), process.returncode) for process in started]
    return [(status, out, err) for (out, err), status in ended]


@pytest.mark.parametrize("program", [(), PROGRAM], ids=["clovrix-exec", "load_env"])
def test_fifty_starts_are_one_request(starts, program):
    """Cold: the others wait, and take what the first was answered."""
    assert at_once(starts, 50, *program) == [GOOD] * 50
    assert starts.requests == 1


def test_twenty_starts_without_max_age_are_few_requests(starts):
    """What was fetched after one's own start is as good as asking."""
    starts.allow(max_age="0s")
    starts.fill()
    starts.put(A="newer")
    starts.server.forget()
    assert at_once(starts, 20) == [(0, b"newer\n", b"")] * 20
    print(f"20 starts at once: {starts.requests} requests")
    assert starts.requests <= 10


def test_a_start_never_takes_what_was_fetched_before_it(starts):
    """One after the other, ``max_age=0s`` shows each change at once."""
    starts.allow(max_age="0s")
    for number in range(20):
        starts.put(A=str(number))
        assert outcome(starts()) == (0, str(number), [])
    assert starts.requests == 20


def hold(starts):
    """A start that asks a server which does not answer, and so has the lock."""
    starts.server.fault("hang", times=1)
    before = starts.requests
    process = starts.launcher.start(*FETCH, "true")
    until(lambda: starts.requests > before)
    return process


def waiting(starts, *command):
    """A start that waits for the lock of another, which it has open."""
    process = starts.launcher.start(*FETCH, *command)
    until(lambda: any(path.endswith(".lock") for path in opened(process)))
    return process


def opened(process):
    folder = f"/proc/{process.pid}/fd"
    return [os.path.realpath(f"{folder}/{number}") for number in os.listdir(folder)]


def test_a_hung_start_costs_the_others_their_own_deadline(starts):
    """``--timeout 1`` is one second, whatever the one that asks waits for."""
    holder = hold(starts)
    status, _, (line, _) = outcome(starts("--timeout", "1"))
    assert (status, holder.poll()) == (125, None)
    why = "another process is fetching these values and did not finish in time"
    assert line == f"backend/staging: {why}"
    assert starts.requests == 1


def test_a_hung_start_leaves_the_others_what_is_known(starts):
    """Where cached values are usable, they are taken at the deadline."""
    starts.fill()
    starts.age(3 * HOURS)
    hold(starts)
    status, printed, (line,) = outcome(starts("--timeout", "1"))
    assert (status, printed) == (0, SECRET)
    assert "from 3 h ago because Clovrix cannot answer (another process is fetching" in line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_waits_is_ended_at_once(starts, number):
    """By the signal itself."""
    hold(starts)
    waiter = waiting(starts, "true")
    waiter.send_signal(number)
    assert waiter.wait(timeout=20) == -number
    assert starts.requests == 1


def test_a_killed_start_hands_the_turn_on(starts):
    """The kernel frees the lock; the next one asks, long before the deadline."""
    holder = hold(starts)
    waiter = waiting(starts, "printenv", "A")
    holder.kill()
    out, err = waiter.communicate(timeout=20)
    assert (waiter.returncode, out, err) == GOOD
    assert starts.requests == 2


def test_the_program_does_not_hold_the_turn(starts):
    """It has no descriptor of ours, so that a later start asks while it runs."""
    starts.allow(max_age="0s")
    running = starts.launcher.start(*PLACE, "sh", "-c", "echo up; exec sleep 20")
    assert running.stdout.readline() == b"up\n"
    starts.fill()
    assert running.poll() is None
    assert [path for path in opened(running) if "clovrix-env" in path] == []


def test_without_a_lock_each_asks_and_writes_for_itself(starts):
    """As on a file system that has none: each keeps what it was answered, and none is disturbed."""
    starts.allow(max_age="0s")
    starts.fill()
    (lock,) = starts.names(".lock")
    (starts.folder / lock).unlink()
    (starts.folder / lock).mkdir()
    assert outcome(starts()) == (0, SECRET, [])
    assert starts.requests == 2
    for _ in range(4):
        assert at_once(starts, 12) == [GOOD] * 12
    assert starts.known().entries["A"] == SECRET
    assert starts.names(".new") == []


def test_projects_side_by_side_do_not_wait_for_each_other(starts):
    """Two starts that ask for the same two projects in different order both end."""
    starts.extend()
    starts.put("shared", A="of shared")
    starts.allow(max_age="0s")
    (starts.launcher.folder / ".clovrix").write_text('extends = ["backend", "shared"]\n')
    started = [
        starts.launcher.start(project, "staging", "--", "printenv", "A")
        for project in ("backend", "shared") * 10
    ]
    ended = [(process.communicate(timeout=30), process.returncode) for process in started]
    assert [out for (out, err), status in ended if (err, status) == (b"", 0)] == [
        *(f"{SECRET}\n".encode(), b"of shared\n") * 10
    ]
