"""What people read on a terminal: a line on stderr, and text without control characters."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_STDERR = 2


def say(program: str, lines: Iterable[str]) -> None:
    """A line each on stderr; one that is closed or full changes nothing else."""
    complain("".join(f"{program}: {one_line(line)}\n" for line in lines))


def complain(text: str) -> None:
    """A text on stderr as it is; one that is closed or full changes nothing else, here or later."""
    try:
        print(text, end="", file=sys.stderr or io.StringIO(), flush=True)
    except ValueError:  # a program has closed it
        return
    except OSError:
        _drop_what_did_not_fit()


def _drop_what_did_not_fit() -> None:
    """Else Python tries it again at exit, and changes the status. What comes later may fit."""
    try:
        descriptor = sys.stderr.fileno()
    except OSError:  # a program's own stream
        return
    if descriptor == _STDERR:
        encoding = sys.stderr.encoding
        sys.stderr = open(  # noqa: SIM115 - the program's own, for as long as it runs
            _STDERR, "w", 1, encoding, "backslashreplace", closefd=False
        )


def is_dumb() -> bool:
    """Whether the terminal takes no escapes: it would show them."""
    return os.environ.get("TERM") == "dumb"


def one_line(text: str) -> str:
    """What an answer or a file name holds must not begin a line, nor command a terminal."""
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    """A text with every character that is not to be printed written as its escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
