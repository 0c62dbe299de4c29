"""How a command ends itself, by a signal or a status, and leaves its signals to the program.

``_signal`` is the part of ``signal`` that is built in: nothing has to be loaded before the first
handler is set. ``signal`` itself costs a launch 3.5 M instructions, 0.09 of ``python -c pass``.
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

# Python ignores both for itself; the program is to have the default.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")
# Whether this process is a command of clovrix-env, and no program that has loaded it.
process_is_own = False


class EndedAtOnce:
    """While it is entered TERM or INT ends us by that signal; one inherited as ignored stays so.

    By default Python turns INT into an exception and its traceback. PID 1 gets no default action
    from the kernel, so there we end with the status that a shell would report. In a subinterpreter
    it does nothing: signals are the main one's.
    """

    def __enter__(self) -> None:
        self._before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            for number, before in self._before.items():
                if before != signal.SIG_IGN:
                    signal.signal(number, _end if os.getpid() == 1 else signal.SIG_DFL)
        except ValueError:  # a subinterpreter may set none
            self._before.clear()

    def __exit__(self, *raised: object) -> None:
        for number, before in self._before.items():
            if before is not None:
                signal.signal(number, before)


def own_process() -> None:
    """From here on timers, handlers and limits of this process are clovrix-env's to set."""
    global process_is_own
    process_is_own = True


def end_at_once() -> None:
    """From here on TERM or INT ends us. A mask that blocked them, for us or for the program, is
    cleared.
    """
    own_process()
    EndedAtOnce().__enter__()
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(128 + number)


def end_by_interrupt() -> NoReturn:
    """End as by Ctrl-C, when all is cleaned up: so whoever waits for us knows that it was that."""
    flush()
    if os.name != "nt" and os.getpid() != 1:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(128 + signal.SIGINT)


def leave(status: object) -> NoReturn:
    """End with what ``sys.exit`` was told, without taking the interpreter down.

    A thread that still waits for Clovrix would meet an interpreter that ends: CPython ends it by
    ``pthread_exit``, which loads a library, and glibc aborts where no descriptor is left for that.
    """
    flush()
    os._exit(status if isinstance(status, int) else 0)


def flush() -> None:
    """What is buffered would be lost at exec and here. A stream may be closed, its reader gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue


def reset_for_program() -> None:
    """Before exec: what Python changed, back to default.

    Handlers are reset by exec itself, and what was inherited as ignored (nohup) stays ignored.
    """
    for name in _IGNORED_BY_PYTHON:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def leave_interrupt_to_program() -> None:
    """Where we stay and wait: the console sends Ctrl+C to both; it is the program's to answer."""
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
