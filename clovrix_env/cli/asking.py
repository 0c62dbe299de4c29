"""Prompts on the terminal; without one, an error names the option to use instead.

CI counts as no terminal even if it has one: a prompt would wait until the job is cancelled.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress

import click

from clovrix_env.cli.output import on_terminal
from clovrix_env.cli.statuses import NO
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.process import argument_text
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

# Values of the variable CI, in lower case, that mean "not in CI".
_NOT_CI = ("", "0", "false", "no")


def somebody_is_there() -> bool:
    """Whether a prompt can be shown: stdin and stderr are a terminal, and this is not CI."""
    return not why_nobody()


def why_nobody() -> str:
    """Why no prompt can be shown; empty if one can."""
    if not (on_terminal(sys.stdin) and on_terminal(sys.stderr)):
        return "stdin or stderr is not a terminal"
    return "" if os.environ.get("CI", "").lower() in _NOT_CI else "CI is set"


def piped(most: int) -> bytes:
    """Read stdin, up to ``most`` bytes. Raises ``ClovrixConfigError``.

    On a terminal a line first explains how to end the input.
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
    """Read hidden input. Without a terminal ``click.UsageError`` names ``options`` instead."""
    # An empty default: without one click repeats the prompt until something is typed.
    return _typed(question, options, default="", show_default=False, hide_input=True)


def text(question: str, default: str | None, options: str) -> str:
    """Read a line, or use the default."""
    with _line():
        return _typed(question, options, default=default)


def yes(question: str, *, default: bool) -> bool:
    """Whether the answer is yes; the default if no prompt can be shown."""
    if not somebody_is_there():
        return default
    with _line():
        return click.confirm(question, default=default, err=True)


def confirm(question: str, *, skip: bool, as_json: bool = False) -> None:
    """Ask before a write, unless ``--yes`` skips it. A no exits with 1.

    Without a terminal, and with ``--json``, ``click.UsageError`` names ``--yes``.
    """
    if skip:
        return
    check_json(as_json)
    if not somebody_is_there():
        raise click.UsageError(f"cannot prompt: {why_nobody()}; add --yes")
    if not yes(question, default=False):
        say("clovrix-env", ["nothing was written"])
        sys.exit(NO)


def check_json(as_json: bool, options: str = "--yes") -> None:
    """Refuse a prompt with ``--json``: ``click.UsageError`` names the options to add instead."""
    if as_json:
        raise click.UsageError(f"--json shows no prompt: add {options}")


@contextmanager
def _line() -> Generator[None, None, None]:
    """End the prompt's line if the input ends before an answer; click does it for hidden input."""
    try:
        yield
    except click.Abort as error:
        if isinstance(error.__context__, EOFError):
            print(file=sys.stderr)
        raise


def _typed(question: str, options: str, **how: Any) -> str:
    if not somebody_is_there():
        raise click.UsageError(f"{question}: cannot prompt: {why_nobody()}; use {options}")
    with suppress(UnicodeError):  # the error contains the typed text: it is dropped here
        return argument_text(click.prompt(question, err=True, **how))
    raise ClovrixConfigError(
        f"{question}: the typed text cannot be decoded in this locale", f"use {options}"
    )
