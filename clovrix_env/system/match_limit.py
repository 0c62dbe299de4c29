"""Limits the cost of a repository's patterns and globs: 1 s of CPU and 64 MiB in total.

The limit applies only in clovrix-env's own processes. In a program, the timers, signal handlers and
limits belong to the program, and so do the patterns. ``re`` checks for signals while it matches, so
a handler that raises ends it. A thread could not end it, because ``re`` holds the interpreter's
lock.
"""

from __future__ import annotations

import os
import time

from clovrix_env.system import files, signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn, TypeVar

    T = TypeVar("T")
else:
    import _signal as signal

SECONDS = 1
_MEMORY = 64 * 1024 * 1024
_STATM = "/proc/self/statm"
_left = float(SECONDS)


class TooMuch(Exception):
    """The time or the memory is used up."""


def limited(work: Callable[[], T]) -> T:
    """Return the result of ``work``. Raises ``TooMuch`` when all matching so far exceeds the limit.

    The timer counts CPU time of this process, so a busy machine does not shorten it.
    """
    global _left  # per run of a command, not per match
    if not signals.process_is_own or os.name == "nt":
        return work()
    try:
        signal.signal(signal.SIGVTALRM, _end)
    except ValueError:  # only the main thread may set a handler
        return work()
    with _LimitedMemory():
        began = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, max(_left, 1e-6))
        try:
            return work()
        except MemoryError:
            raise TooMuch from None
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            _left -= time.process_time() - began


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TooMuch


class _LimitedMemory:
    """Allow this process 64 MiB more inside the block, if the system reports its memory."""

    def __enter__(self) -> None:
        import resource

        self._before = resource.getrlimit(resource.RLIMIT_AS)
        try:
            taken = int(files.read(_STATM)[0].split()[0]) * resource.getpagesize()
        except files.Unreadable:
            return
        soft, hard = self._before
        most = taken + _MEMORY
        if soft == resource.RLIM_INFINITY or soft > most:
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))

    def __exit__(self, *raised: object) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, self._before)
