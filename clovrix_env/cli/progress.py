"""Shows the progress of long work on stderr: a bar on a terminal, lines in a log.

A log gets at most one line per second, and none if the work takes less than a second.
"""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import contextmanager

import click

from clovrix_env.cli.output import on_terminal
from clovrix_env.system.terminal import is_dumb, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

# Columns of the bar, and of the text around it: a bar that the terminal wraps would be repeated.
_WIDEST_BAR, _BESIDE_BAR = 36, 20
_SECONDS = 1.0
_SECONDS_BETWEEN_LOOKS = 0.2


@contextmanager
def progress(
    label: str, total: int, *, quiet: bool = False
) -> Generator[Callable[[int], object], None, None]:
    """``with progress("writing", 500) as show``: ``show(100)`` after the first hundred."""
    if quiet:
        yield lambda _: None
    elif on_terminal(sys.stderr) and not is_dumb():
        width = max(1, min(_WIDEST_BAR, shutil.get_terminal_size().columns - _BESIDE_BAR))
        with click.progressbar(
            length=total, label=label, width=width, show_eta=False, file=sys.stderr
        ) as bar:
            yield lambda done: bar.update(max(0, done - bar.pos))
    else:
        yield _Lines(label, total).show


@contextmanager
def watched(
    label: str, total: int, done: Callable[[], int], *, quiet: bool = False
) -> Generator[None, None, None]:
    """Show the progress of one call that blocks, once it has taken a second.

    A thread calls ``done`` meanwhile. The bar never goes back: a file may be removed after Ctrl-C.
    """
    if quiet:
        yield
        return
    from threading import Event, Thread

    ended, succeeded = Event(), Event()

    def watch() -> None:
        if ended.wait(_SECONDS):
            return
        with progress(label, total) as show:
            while not ended.wait(_SECONDS_BETWEEN_LOOKS):
                show(min(done(), total))
            if succeeded.is_set():
                show(total)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
        succeeded.set()
    finally:
        ended.set()
        watcher.join()


class _Lines:
    """Lines on stderr, each at least a second after the one before it."""

    def __init__(self, label: str, total: int) -> None:
        self._label = label
        self._total = total
        self._last = time.monotonic()

    def show(self, done: int) -> None:
        now = time.monotonic()
        if now - self._last >= _SECONDS:
            self._last = now
            say("clovrix-env", [f"{self._label}: {100 * done // self._total}%"])
