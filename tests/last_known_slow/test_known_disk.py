"""A disk that is full, fails or cannot be written: a note, never a failure."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from last_known.starts import SECRET, outcome

if TYPE_CHECKING:
    from last_known.starts import Starts

NOTE = "backend/staging: the file of its cached values cannot be written: "
# A file system of our own that is filled to its last block.
FULL = (
    'mount -t tmpfs -o size=16k,mode=700 none "$0" && '
    '{ dd if=/dev/zero of="$0/filling" bs=4k 2>/dev/null || true; } && exec "$@"'
)
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


def through(starts: Starts, mount: str) -> tuple[str, ...]:
    """``unshare`` around a start, with something else mounted at the folder's place."""
    command = ("unshare", "-m", "sh", "-c", mount, str(starts.folder))
    starts.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare")
    if starts.launcher.plain(*command, "true").returncode != 0:
        pytest.skip("nothing can be mounted here")
    return command


def test_a_full_disk(starts: Starts) -> None:
    """The program starts with what was fetched."""
    status, printed, lines = outcome(starts(through=through(starts, FULL)))
    assert (status, printed) == (0, SECRET)
    assert lines == [f"{NOTE}no space left on device"]


def test_a_read_only_folder(starts: Starts) -> None:
    """It is asked each time; what lies there is still read."""
    around = through(starts, READ_ONLY)
    status, printed, lines = outcome(starts(through=around))
    assert (status, printed) == (0, SECRET)
    assert lines == [f"{NOTE}read-only file system"]
    starts.fill()
    before = starts.requests
    assert outcome(starts(through=around)) == (0, SECRET, [])
    assert starts.requests == before


def test_a_read_only_root_without_a_folder(starts: Starts) -> None:
    """It cannot be made: one line."""
    around = list(through(starts, READ_ONLY))
    starts.folder.rmdir()
    around[-1] = str(starts.folder.parent)
    status, printed, lines = outcome(starts(through=around))
    assert (status, printed) == (0, SECRET)
    assert lines == [
        f"values are not cached: {starts.folder} cannot be used: read-only file system"
    ]


@pytest.mark.parametrize("call", ["fsync", "write", "rename,renameat,renameat2"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_a_call_that_fails(starts: Starts, call: str, error: str) -> None:
    """What was kept before stays as it was."""
    starts.fill()
    starts.age(60)
    starts.put(A="newer")
    found = shutil.which("strace")
    fails = f"inject={call}:error={error}:when=1"
    command = (found or "", "-f", "-o", "/dev/null", "-e", fails)
    tried = subprocess.run([*command, "true"], capture_output=True) if found else None
    if tried is None or tried.returncode != 0:
        pytest.skip("strace is not installed, or may not trace here")
    status, printed, lines = outcome(starts(through=command))
    assert (status, printed) == (0, "newer")
    assert len(lines) == 1
    assert lines[0].startswith(NOTE)
    known = starts.known()
    assert known is not None
    assert known.entries["A"] == SECRET
    assert starts.names(".new") == []
