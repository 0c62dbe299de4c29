"""One request for N starts at once: a lock of the kernel's, and when a start began.

The lock is freed by the kernel however its holder ends, at exec and at kill -9 too. Where there is
none to be had (no lock file, a file system without locks, Windows), each start asks.
"""

from __future__ import annotations

import os
import sys
import time

if sys.platform != "win32":
    import fcntl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.cache.folder import CacheFolder

# How long a start that waits sleeps at first; twice as long each time, up to the last.
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.04


class FetchLock:
    """The right to ask for one place: one start has it at a time.

    Without locks ``try_acquire()`` is true for everyone, and ``folder.has_locks`` is false.
    """

    def __init__(self, folder: CacheFolder, name: str) -> None:
        self._folder = folder
        self._descriptor: int | None = None
        self._pause = _FIRST_PAUSE
        if sys.platform != "win32":
            try:
                self._descriptor = folder.open_lock(name)
            except OSError:
                pass
        if self._descriptor is None:
            folder.has_locks = False

    def __enter__(self) -> FetchLock:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._descriptor is None:
            return
        try:
            # Unlocked, not only closed: a fork() in another thread has copied the descriptor.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        except OSError:
            pass
        os.close(self._descriptor)

    def try_acquire(self) -> bool:
        if self._descriptor is None:
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            self._folder.has_locks = False
        return True

    def pause(self, deadline: float) -> None:
        """Wait a moment, not beyond ``deadline`` (``time.monotonic``): a signal ends it soon."""
        time.sleep(max(0.0, min(self._pause, deadline - time.monotonic())))
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)


def start_of_process() -> int:
    """When the kernel started this process, in ns since the epoch; elsewhere than Linux: now."""
    try:
        with open("/proc/self/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        # The count begins at field 3. One tick more: the kernel has rounded down.
        seconds = (int(fields[22 - 3]) + 1) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - int(seconds * 1e9)
    except (OSError, ValueError, IndexError, AttributeError):
        age = 0
    # The clock last: where we are held up between the two, a start is too late and not too early.
    return time.time_ns() - max(0, age)
