"""One deadline around work that blocks: name look-up, handshake, a header that drips.

The work runs in a thread of its own, for no timeout of a socket covers all of it, and because a
signal handler of Python runs only while the main thread is in Python. What is too late goes on
until its socket gives up; nobody waits for it. ``threading`` is used where it is loaded already: to
load it costs a launch over HTTP 0.10 × an interpreter, 2.4 % of it.
"""

from __future__ import annotations

import _thread
import sys
import time

from clovrix_env.errors import ClovrixConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

# A wait is cut into slices: a signal that comes just before one would be handled only after it.
SLICE = 0.1


def within(
    deadline: float,
    work: Callable[[], T],
    late: Callable[[], T],
    meanwhile: Callable[[], object] | None = None,
) -> T:
    """What ``work`` returns or raises, or ``late`` returns at ``deadline`` (``time.monotonic``).

    ``meanwhile`` is run here while the work goes on in its thread.
    """
    results: list[T] = []
    errors: list[BaseException] = []
    running = _thread.allocate_lock()
    running.acquire()

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # handed on, whatever it is, to the thread that waits
            errors.append(error)
        finally:
            running.release()

    try:
        _start(run)
    except RuntimeError:  # no thread can be had: better without a deadline than not at all
        run()
    if meanwhile is not None:
        meanwhile()
    while not running.acquire(timeout=max(0.0, min(SLICE, deadline - time.monotonic()))):
        if time.monotonic() >= deadline:
            return late()
    if errors:
        raise errors.pop()
    return results.pop()


def _start(run: Callable[[], None]) -> None:
    """Run it in a thread that nobody waits for. Raises ``RuntimeError`` where none can be had."""
    threading = sys.modules.get("threading")
    if threading is None:
        _thread.start_new_thread(run, ())
    else:  # of a thread that it has not made itself, threading keeps a dummy for ever
        threading.Thread(target=run, daemon=True).start()


def pause(seconds: float) -> None:
    """Sleep, in slices."""
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(SLICE, left))


def checked_timeout(seconds: float, source: str) -> float:
    """A deadline in seconds: a number above zero and below a day."""
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, (int, float))
        or not 0 < seconds < 86400
    ):
        raise ClovrixConfigError(f"{source} is no number of seconds above 0 and below 86400")
    return float(seconds)
