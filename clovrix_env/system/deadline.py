"""One deadline around blocking work: a name look-up, a handshake, a header that arrives slowly.

The work runs in its own thread because no socket timeout covers all of it, and because Python runs
signal handlers only while the main thread executes Python code. Work that is too late continues in
the background until its socket times out. ``threading`` is used only if it is loaded already:
loading it costs a launch over HTTP 0.10 × an interpreter, 2.4 % of it.
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

# Waits are split into slices: a signal that arrives just before a wait is handled only after it.
SLICE = 0.1


def within(
    deadline: float,
    work: Callable[[], T],
    late: Callable[[], T],
    meanwhile: Callable[[], object] | None = None,
) -> T:
    """Return the result of ``work``, or that of ``late`` at ``deadline`` (``time.monotonic``).

    An exception of ``work`` is raised here. ``meanwhile`` runs in the calling thread while the work
    runs in its own.
    """
    results: list[T] = []
    errors: list[BaseException] = []
    running = _thread.allocate_lock()
    running.acquire()

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # passed on to the waiting thread, whatever it is
            errors.append(error)
        finally:
            running.release()

    try:
        _start(run)
    except RuntimeError:  # no thread available: better without a deadline than not at all
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
    """Run it in a background thread. Raises ``RuntimeError`` if none can be started."""
    threading = sys.modules.get("threading")
    if threading is None:
        _thread.start_new_thread(run, ())
    else:  # threading keeps a dummy object forever for each thread that it did not start
        threading.Thread(target=run, daemon=True).start()


def pause(seconds: float) -> None:
    """Sleep in slices, so that a signal is handled soon."""
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(SLICE, left))


def checked_timeout(seconds: float, source: str) -> float:
    """Return a timeout in seconds after checking it: more than zero and less than a day."""
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, (int, float))
        or not 0 < seconds < 86400
    ):
        raise ClovrixConfigError(f"{source} must be a number of seconds above 0 and below 86400")
    return float(seconds)
