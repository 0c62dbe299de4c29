"""Questions to the person at the terminal; where there is none, an error names the option."""

from __future__ import annotations

import sys

import click


def somebody_is_there() -> bool:
    """Whether questions can be asked: stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def hidden(question: str, options: str) -> str:
    """What is typed, and not shown; without a terminal ``click.UsageError`` names ``options``."""
    _check(question, options)
    # An empty default, for click asks again for ever where nothing is typed.
    answer: str = click.prompt(question, default="", show_default=False, hide_input=True, err=True)
    return answer


def text(question: str, default: str | None, options: str) -> str:
    """What is typed, or the default."""
    _check(question, options)
    answer: str = click.prompt(question, default=default, err=True)
    return answer


def yes(question: str, *, default: bool) -> bool:
    """Whether the answer is yes; the default where nobody can be asked."""
    if not somebody_is_there():
        return default
    return click.confirm(question, default=default, err=True)


def _check(question: str, options: str) -> None:
    if not somebody_is_there():
        raise click.UsageError(f"{question}: there is no terminal to ask on; give {options}")
