"""TERM and INT end the launcher at once, as they end any program that has just begun."""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn


def end_at_once_on_signals() -> None:
    """From here on TERM or INT ends us by that signal; one that was inherited as ignored stays so.

    By default Python turns INT into an exception and its traceback. PID 1 gets no default action
    from the kernel, so there we end with the status that a shell would report.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end if os.getpid() == 1 else signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(128 + number)
