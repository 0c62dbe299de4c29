"""A disk that fails is a note, never a failure; after kill -9 the next start finds its way."""

import os
import random
import shutil
import signal
import subprocess
import time

import pytest
from cache.starts import SECRET, outcome
from launch.launcher import until
from repeated import repeated

pytestmark = pytest.mark.slow
RENAME = "rename,renameat,renameat2"
PLACE = ("backend", "staging", "--")
NOTE = "backend/staging: the file of its cached values cannot be written: "
# A file system of our own that is filled to its last block.
FULL = (
    'mount -t tmpfs -o size=16k,mode=700 none "$0" && '
    '{ dd if=/dev/zero of="$0/filling" bs=4k 2>/dev/null || true; } && exec "$@"'
)
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


@pytest.fixture(scope="session")
def strace():
    """The path of strace; the test is skipped where it may not trace a process."""
    found = shutil.which("strace")
    command = [found or "", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"]
    if found is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("strace is not installed, or may not trace here")
    return found


def through(starts, mount):
    """``unshare`` around a start, with something else mounted at the folder's place."""
    command = ("unshare", "-m", "sh", "-c", mount, str(starts.folder))
    starts.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare")
    if starts.launcher.plain(*command, "true").returncode != 0:
        pytest.skip("nothing can be mounted here")
    return command


def test_a_full_disk(starts):
    """The program starts with what was fetched."""
    ended = outcome(starts(through=through(starts, FULL)))
    assert ended == (0, SECRET, [f"{NOTE}no space left on device"])


def test_a_read_only_folder(starts):
    """It is asked each time; what lies there is still read; without a folder it is one line."""
    around = list(through(starts, READ_ONLY))
    assert outcome(starts(through=around)) == (0, SECRET, [f"{NOTE}read-only file system"])
    starts.fill()
    before = starts.requests
    assert outcome(starts(through=around)) == (0, SECRET, [])
    assert starts.requests == before
    shutil.rmtree(starts.folder)
    around[-1] = str(starts.folder.parent)
    why = f"{starts.folder} cannot be used: read-only file system"
    assert outcome(starts(through=around)) == (0, SECRET, [f"values are not cached: {why}"])


@pytest.mark.parametrize("call", ["fsync", "write", RENAME])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_call_that_fails(starts, strace, call, error):
    """What was kept before stays as it was."""
    starts.fill()
    starts.age(60)
    starts.put(A="newer")
    fails = f"inject={call}:error={error}:when=1"
    command = (strace, "-f", "-o", "/dev/null", "-e", fails)
    status, printed, (line,) = outcome(starts(through=command))
    assert (status, printed) == (0, "newer")
    assert line.startswith(NOTE)
    assert starts.known().entries["A"] == SECRET
    assert starts.names(".new") == []


class Kills:
    """Starts that are killed, each while A has a value of its own, and a start after each."""

    def __init__(self, starts):
        self.starts = starts
        starts.allow(max_age="0s")
        starts.fill(A="0")
        self.number = 0
        self.known = {"0"}

    def start(self, *through):
        """A start that would fetch the next value."""
        self.number += 1
        self.starts.put(A=str(self.number))
        return self.starts.launcher.start(*PLACE, "true", through=through, start_new_session=True)

    def unfinished(self):
        return [str(self.starts.folder / name) for name in self.starts.names(".new")]

    def check(self, process):
        """Whatever the one that was killed has left, the next start finds its way."""
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        value = self.starts.known().entries["A"]
        assert value in (str(self.number - 1), str(self.number)), "a wrong value"
        assert outcome(self.starts("--timeout", "5")) == (0, str(self.number), []), "a stuck lock"
        # One that is empty may be a writer's who has not locked it yet.
        assert not any(map(os.path.getsize, self.unfinished())), "a left-over that was not swept"
        assert len(self.starts.names("", ".lock")) == 2


@pytest.mark.parametrize("count", repeated(15, deep=500))
def test_killed_at_any_time(starts, count):
    """Kills at random: every other one anywhere in a start, the rest after its request."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    kills = Kills(starts)
    began = time.monotonic()
    process = kills.start()
    process.communicate()
    span = time.monotonic() - began
    asked = 0
    for number in range(count):
        before = starts.requests
        process = kills.start()
        if number % 2:
            until(lambda before=before: starts.requests > before)
            time.sleep(chance.uniform(0.0, 0.3) * span)
        else:
            time.sleep(chance.uniform(0.3, 1.0) * span)
        asked += starts.requests > before
        kills.check(process)
    print(f"{count} kills over {span * 1000:.0f} ms, {asked} of them after the request was sent")
    assert asked >= count // 2


@pytest.mark.parametrize("count", repeated(2, deep=50))
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", ["fsync", RENAME])
def test_killed_inside_a_call(starts, strace, call, moment, count):
    """As the file is synced and as it is renamed: before the call is made, and once it was."""
    kills = Kills(starts)
    log = starts.launcher.folder / "log"
    starts(through=(strace, "-f", "-o", str(log), "-e", f"trace=fsync,{RENAME}"))
    assert [log.read_text().count(name) for name in ("fsync(", "rename")] == [1, 1]
    through = (strace, "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e")
    delay = "delay_enter" if moment == "before" else "delay_exit"
    for _ in range(count):
        process = kills.start(*through, f"inject={call}:{delay}=20000000")
        before = starts.sealed.stat().st_ino
        if call == RENAME and moment == "after":
            until(lambda before=before: starts.sealed.stat().st_ino != before)
        else:
            until(kills.unfinished)
        time.sleep(0.02)  # from the open to the call
        assert process.poll() is None
        kills.check(process)
