"""Questions to the person at the terminal; where there is none, an error names the option.

In CI there is none, even where a terminal is: a question would wait until the job is ended.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress

import click

from clovrix_env.cli.output import on_terminal
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.process import argument_text
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

# Values of CI, in lower case, that say that this is none.
_NOT_CI = ("", "0", "false", "no")


def somebody_is_there() -> bool:
    """Whether questions can be asked: stdin and stderr are a terminal, and this is not CI."""
    return not why_nobody()


def why_nobody() -> str:
    """Why no question can be asked; empty where one can."""
    if not (on_terminal(sys.stdin) and on_terminal(sys.stderr)):
        return "there is no terminal to ask on"
    return "" if os.environ.get("CI", "").lower() in _NOT_CI else "CI is set, so nobody can answer"


def piped(most: int) -> bytes:
    """What comes on stdin, up to ``most`` bytes. Raises ``ClovrixConfigError``.

    Where it is typed, a line says that it is waited for.
    """
    if on_terminal(sys.stdin):
        say("clovrix-env", ["reading stdin: end the input with Ctrl-D on a line of its own"])
    why: str | None = "it is closed"
    if sys.stdin is not None:  # pyright: ignore[reportUnnecessaryComparison]
        try:
            return sys.stdin.buffer.read(most)
        except OSError as error:
            why = error.strerror
    raise ClovrixConfigError(f"stdin cannot be read: {why}")


def hidden(question: str, options: str) -> str:
    """What is typed, and not shown; without a terminal ``click.UsageError`` names ``options``."""
    # An empty default, for click asks again for ever where nothing is typed.
    return _typed(question, options, default="", show_default=False, hide_input=True)


def text(question: str, default: str | None, options: str) -> str:
    """What is typed, or the default."""
    with _line():
        return _typed(question, options, default=default)


def yes(question: str, *, default: bool) -> bool:
    """Whether the answer is yes; the default where nobody can be asked."""
    if not somebody_is_there():
        return default
    with _line():
        return click.confirm(question, default=default, err=True)


@contextmanager
def _line() -> Generator[None, None, None]:
    """Where the input ends in front of an answer, the question's line gets its end.

    That of a hidden one click ends itself.
    """
    try:
        yield
    except click.Abort as error:
        if isinstance(error.__context__, EOFError):
            print(file=sys.stderr)
        raise


def _typed(question: str, options: str, **how: Any) -> str:
    if not somebody_is_there():
        raise click.UsageError(f"{question}: {why_nobody()}; give {options}")
    with suppress(UnicodeError):  # it holds what was typed: it ends here
        return argument_text(click.prompt(question, err=True, **how))
    raise ClovrixConfigError(
        f"{question}: what was typed cannot be read in this locale", f"give it by {options}"
    )
