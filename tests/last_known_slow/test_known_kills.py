"""kill -9 at any moment of a fetch and a write: the next start finds its way."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from last_known.starts import outcome
from repeated import repeated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from last_known.starts import Starts

RENAME = "rename,renameat,renameat2"
PLACE = ("backend", "staging", "--")


@pytest.fixture(scope="session")
def strace() -> str:
    """The path of strace; the test is skipped where it may not trace a process."""
    found = shutil.which("strace")
    command = [found or "", "-o", "/dev/null", "-e", "inject=fsync:error=EIO", "true"]
    if found is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("strace is not installed, or may not trace here")
    return found


class Kills:
    """Starts that are killed, each while A has a value of its own, and a start after each."""

    def __init__(self, starts: Starts) -> None:
        self.starts = starts
        starts.allow(max_age="0s")
        starts.fill(A="0")
        self.number = 0
        self.known = {"0"}

    def start(self, *through: str) -> subprocess.Popen[bytes]:
        """A start that would fetch the next value."""
        self.number += 1
        self.starts.put(A=str(self.number))
        return self.starts.launcher.start(*PLACE, "true", through=through, start_new_session=True)

    def unfinished(self) -> list[str]:
        return [str(self.starts.folder / name) for name in self.starts.names(".new")]

    def check(self, process: subprocess.Popen[bytes]) -> None:
        """Whatever the one that was killed has left, the next start finds its way."""
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        known = self.starts.known()
        assert known is not None
        assert known.entries["A"] in (str(self.number - 1), str(self.number)), "a wrong value"
        assert outcome(self.starts("--timeout", "5")) == (0, str(self.number), []), "a stuck lock"
        # One that is empty may be a writer's who has not locked it yet.
        assert not any(map(os.path.getsize, self.unfinished())), "a left-over that was not swept"
        assert len(self.starts.names("", ".lock")) == 2


@pytest.mark.parametrize("count", repeated(15, deep=500))
def test_killed_at_any_time(starts: Starts, count: int) -> None:
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
            deadline = time.monotonic() + 10
            while starts.requests == before:
                assert time.monotonic() < deadline
                time.sleep(0.0005)
            time.sleep(chance.uniform(0.0, 0.3) * span)
        else:
            time.sleep(chance.uniform(0.3, 1.0) * span)
        asked += starts.requests > before
        kills.check(process)
    print(f"{count} kills over {span * 1000:.0f} ms, {asked} of them after the request was sent")
    assert asked >= count // 2


def calls(starts: Starts, strace: str) -> dict[str, int]:
    """How often a start that fetches makes each call; its own are the last ones of each."""
    log = starts.launcher.folder / "log"
    traced = f"trace=fsync,{RENAME}"
    result = starts(through=(strace, "-f", "-o", str(log), "-e", traced))
    assert result.returncode == 0, result.stderr
    text = log.read_text()
    return {"fsync": text.count("fsync("), "rename": text.count("rename")}


@pytest.mark.parametrize("count", repeated(2, deep=50))
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("call", ["fsync", RENAME])
def test_killed_inside_a_call(
    starts: Starts, strace: str, call: str, moment: str, count: int
) -> None:
    """As the file is synced and as it is renamed: before the call is made, and once it was."""
    kills = Kills(starts)
    assert calls(starts, strace) == {"fsync": 1, "rename": 1}
    through: Sequence[str] = (strace, "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e")
    delay = "delay_enter" if moment == "before" else "delay_exit"
    for _ in range(count):
        process = kills.start(*through, f"inject={call}:{delay}=20000000")
        deadline = time.monotonic() + 10
        is_there = not (call == RENAME and moment == "after")
        before = starts.sealed.stat().st_ino
        while not (kills.unfinished() if is_there else starts.sealed.stat().st_ino != before):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(0.02)  # from the open to the call
        assert process.poll() is None
        kills.check(process)
