"""Questions to the person at the terminal; where there is none, an error names the option."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress

import click

from clovrix_env.cli.output import on_terminal
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.process import argument_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any


def somebody_is_there() -> bool:
    """Whether questions can be asked: stdin and stderr are a terminal."""
    return on_terminal(sys.stdin) and on_terminal(sys.stderr)


def piped(most: int) -> bytes:
    """What comes on stdin, up to ``most`` bytes. Raises ``ClovrixConfigError``."""
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
        raise click.UsageError(f"{question}: there is no terminal to ask on; give {options}")
    with suppress(UnicodeError):  # it holds what was typed: it ends here
        return argument_text(click.prompt(question, err=True, **how))
    raise ClovrixConfigError(
        f"{question}: what was typed cannot be read in this locale", f"give it by {options}"
    )
