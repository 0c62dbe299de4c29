"""A kernel lock on its own file, which is released however its holder ends, even by kill -9.

If no lock is available (no lock file, a file system without locks, Windows), every process
proceeds.
"""

from __future__ import annotations

import os
import sys
import time

from clovrix_env.system.files import is_own_file

if sys.platform != "win32":
    import fcntl

# Opened for reading and writing: NFS locks no other descriptor exclusively.
_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
# The first sleep of a waiting process; each sleep is twice as long, up to the longest.
_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.04


def lock(descriptor: int) -> bool:
    """Lock an open file without waiting; false if the system has no locks for it.

    Raises ``BlockingIOError`` if another process has locked it.
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
    """Whether the file exists, belongs to this user, and is locked by no process."""
    try:
        descriptor = os.open(path, _FLAGS, dir_fd=dir_fd)
        try:
            return is_own_file(os.fstat(descriptor)) and lock(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        return False


class Lock:
    """A lock that one process holds at a time. Creates ``path`` with mode 0600."""

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
            # Unlock before closing: a fork() in another thread may have copied the descriptor.
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
        """Wait for the lock; false if another process still holds it at ``deadline``."""
        while not self.try_acquire():
            if time.monotonic() >= deadline:
                return False
            self.pause(deadline)
        return True

    def pause(self, deadline: float) -> None:
        """Sleep briefly, at most until ``deadline`` (``time.monotonic``)."""
        time.sleep(max(0.0, min(self._pause, deadline - time.monotonic())))
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
