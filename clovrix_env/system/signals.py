"""Ends a command by a signal or with a status, and resets signals for the program.

``_signal`` is the built-in part of ``signal``: nothing has to be loaded before the first handler is
set. ``signal`` itself costs a launch 3.5 M instructions, 0.09 of ``python -c pass``.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from types import FrameType
    from typing import NoReturn
else:
    import _signal as signal

# Python ignores both; the program gets the default.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")
# Whether this process is a command of clovrix-env, not a program that has loaded it.
process_is_own: bool = False


class EndedAtOnce:
    """TERM or INT ends the process by that signal; a signal inherited as ignored stays ignored.

    By default Python turns INT into an exception and its traceback. The kernel has no default
    action for PID 1, so that process exits with the status that a shell would report. In a
    subinterpreter it does nothing, because signals belong to the main interpreter.
    """

    def __enter__(self) -> None:
        self._before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            for number, before in self._before.items():
                if before != signal.SIG_IGN:
                    signal.signal(number, _end if os.getpid() == 1 else signal.SIG_DFL)
        except ValueError:  # a subinterpreter cannot set handlers
            self._before.clear()

    def __exit__(self, *raised: object) -> None:
        for number, before in self._before.items():
            if before is not None:
                signal.signal(number, before)


def own_process() -> None:
    """From here on clovrix-env may set timers, handlers and limits of this process."""
    global process_is_own
    process_is_own = True


def end_at_once() -> None:
    """From here on TERM or INT ends the process. Also clears an inherited signal mask."""
    own_process()
    EndedAtOnce().__enter__()
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(128 + number)


class Terminated(KeyboardInterrupt):
    """TERM as an exception."""


def clean_up_on_term() -> None:
    """From here on TERM raises ``Terminated``, so that an unfinished file is removed."""
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminate)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def end_by_interrupt(error: KeyboardInterrupt) -> NoReturn:
    """After clean-up, end by the signal of ``error``, so that a waiting process sees the cause."""
    flush()
    number = signal.SIGTERM if isinstance(error, Terminated) else signal.SIGINT
    if os.name != "nt" and os.getpid() != 1:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(128 + number)


def leave(status: object) -> NoReturn:
    """Exit with a status of ``sys.exit`` without finalizing the interpreter.

    CPython ends a thread that still waits for Clovrix by ``pthread_exit``, which loads a library.
    glibc aborts if no descriptor is left for that.
    """
    flush()
    os._exit(status if isinstance(status, int) else 0)


def flush() -> None:
    """Write buffered output, which exec would lose. A stream may be closed or have no reader."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue


def reset_for_program() -> None:
    """Reset the signals that Python changed, before exec.

    exec itself resets handlers, and signals inherited as ignored (nohup) stay ignored.
    """
    for name in _IGNORED_BY_PYTHON:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def leave_interrupt_to_program() -> None:
    """Ignore Ctrl+C while waiting on Windows: the console sends it to the program too."""
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
