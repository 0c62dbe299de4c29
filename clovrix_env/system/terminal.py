"""Text for people: lines on stderr, and text without control characters."""

from __future__ import annotations

import io
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_STDERR = 2


def say(program: str, lines: Iterable[str]) -> None:
    """Print each line on stderr; a closed or full stderr has no other effect."""
    complain("".join(f"{program}: {one_line(line)}\n" for line in lines))


def complain(text: str) -> None:
    """Print a text on stderr as it is; a closed or full stderr has no other effect."""
    try:
        print(text, end="", file=sys.stderr or io.StringIO(), flush=True)
    except ValueError:  # the program has closed it
        return
    except OSError:
        _drop_what_did_not_fit()


def _drop_what_did_not_fit() -> None:
    """Drop the buffered text: Python would retry it at exit and change the status."""
    try:
        descriptor = sys.stderr.fileno()
    except OSError:  # the program's own stream
        return
    if descriptor == _STDERR:
        encoding = sys.stderr.encoding
        sys.stderr = open(  # noqa: SIM115 - the program's own, for as long as it runs
            _STDERR, "w", 1, encoding, "backslashreplace", closefd=False
        )


def local_time(seconds: float) -> str:
    """Return a time since 1970 as date and time of day in this machine's time zone."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    except (ValueError, OverflowError, OSError):  # no calendar has this year
        return str(seconds)


def utc_day(seconds: float) -> str:
    """Return the day of a time since 1970, in UTC."""
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):  # no calendar has this year
        return str(seconds)


def is_dumb() -> bool:
    """Whether the terminal would show escape sequences instead of acting on them."""
    return os.environ.get("TERM") == "dumb"


def one_line(text: str) -> str:
    """Return a text on one line, so that it can neither start a line nor control a terminal."""
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    """Return a text with each unprintable character replaced by its escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
