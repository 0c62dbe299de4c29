"""A lock of the kernel's on a file of its own, freed however its holder ends, at kill -9 too.

Where none can be had (no lock file, a file system without locks, Windows), everybody may go on.
"""

from __future__ import annotations

import os
import sys
import time

from clovrix_env.system.files import is_own_file

if sys.platform != "win32":
    import fcntl

# To read and to write: NFS gives an exclusive lock on no other descriptor.
_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
# How long a process that waits sleeps at first; twice as long each time, up to the last.
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.04


def lock(descriptor: int) -> bool:
    """Lock an open file, without waiting; false where the system has no locks for it.

    Raises ``BlockingIOError`` where another process has it.
    """
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True


def is_free(path: str, dir_fd: int | None = None) -> bool:
    """Whether a file of this user's is there that can be locked, and no process has done so."""
    try:
        descriptor = os.open(path, _FLAGS, dir_fd=dir_fd)
        try:
            return is_own_file(os.fstat(descriptor)) and lock(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return False


class Lock:
    """The right to do something, which one process has at a time. ``path`` is made, mode 0600."""

    def __init__(self, path: str, dir_fd: int | None = None) -> None:
        self._descriptor: int | None = None
        self._pause = _FIRST_PAUSE
        if sys.platform != "win32":
            try:
                self._descriptor = os.open(path, _FLAGS | os.O_CREAT, 0o600, dir_fd=dir_fd)
            except OSError:
                pass

    def __enter__(self) -> Lock:
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
        try:
            if self._descriptor is not None:
                lock(self._descriptor)
        except BlockingIOError:
            return False
        return True

    def acquire(self, deadline: float) -> bool:
        """Wait for it; false where another process still has it at ``deadline``."""
        while not self.try_acquire():
            if time.monotonic() >= deadline:
                return False
            self.pause(deadline)
        return True

    def pause(self, deadline: float) -> None:
        """Wait a moment, not beyond ``deadline`` (``time.monotonic``): a signal ends it soon."""
        time.sleep(max(0.0, min(self._pause, deadline - time.monotonic())))
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
