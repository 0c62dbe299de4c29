"""The status of an export inside a shell: ``eval "$(…)"`` ignores the command's status.

If an export fails, it prints a line that fails instead of values.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress

import click

from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import write
from clovrix_env.cli.statuses import FAILED, status_of
from clovrix_env.errors import ClovrixConfigError, ClovrixError
from clovrix_env.export.shell import failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

SHELL, STDOUT = "shell", "-"
_INTERRUPTED = 130


class ShellCommand(Command):
    """A command whose ``--format shell`` also fails in the shell that evaluates it."""

    def make_context(
        self, info_name: str | None, args: list[str], *more: Any, **extra: Any
    ) -> click.Context:
        with _failing_in_shell(_is_for_shell(args)):
            return super().make_context(info_name, args, *more, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        output: str | None = ctx.params["output"]
        with _failing_in_shell(ctx.params["kind"] == SHELL and output in (None, STDOUT)):
            return super().invoke(ctx)


def _is_for_shell(words: list[str]) -> bool:
    """Whether these arguments ask for shell output; parsing them may fail later."""
    return f"--format={SHELL}" in words or ("--format", SHELL) in zip(words, words[1:])


@contextmanager
def _failing_in_shell(is_for_shell: bool) -> Generator[None, None, None]:
    try:
        yield
    except BaseException as error:
        status = FAILED
        if isinstance(error, ClovrixError):
            status = status_of(error)
        elif isinstance(error, (click.ClickException, click.exceptions.Exit)):
            status = error.exit_code
        elif isinstance(error, KeyboardInterrupt):
            status = _INTERRUPTED
        # A stdout that is closed or has failed has no reader.
        if is_for_shell and status and hasattr(sys.stdout, "buffer") and not sys.stdout.isatty():
            with suppress(ClovrixConfigError, SystemExit):
                write(failure(status))
        raise
