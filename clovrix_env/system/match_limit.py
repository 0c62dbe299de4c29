"""A limit on what the patterns and globs of a repository cost: 1 s of CPU and 64 MiB together.

Only in a process of clovrix-env's own. In a program, timers, signal handlers and limits are the
program's, and so are the patterns. ``re`` looks for signals while it matches, so that a handler
that raises ends it; a thread could not, because ``re`` keeps the interpreter's lock.
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
    """What ``work`` returns. Raises ``TooMuch`` where it, and what was matched before, is too much.

    The timer counts the CPU that this process uses, so a busy machine does not shorten it.
    """
    global _left  # for each run of a command, and not for each match
    if not signals.process_is_own or os.name == "nt":
        return work()
    try:
        signal.signal(signal.SIGVTALRM, _end)
    except ValueError:  # only the main thread may
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
    """While it is entered this process can take 64 MiB more, where the system says what it has."""

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
