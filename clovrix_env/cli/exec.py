"""``clovrix-exec [OPTIONS] [PROJECT [ENVIRONMENT]] -- COMMAND [ARG]…``: the command line.

It is split at the first ``--`` before anything else looks at it: what follows is the program's,
untouched. A line without options is read by hand, so that click is loaded only where there are.
"""

from __future__ import annotations

import gc
import sys

from clovrix_env.interruption import end_at_once_on_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


def main() -> NoReturn:
    """The entry point of the ``clovrix-exec`` script."""
    end_at_once_on_signals()
    gc.disable()  # a few ms of garbage at most, and exec frees all of it
    run(sys.argv[1:])


def run(arguments: Sequence[str]) -> NoReturn:
    """Understand a command line and launch what it says."""
    # Imported here, so that a signal while they are loaded ends us without a traceback.
    from clovrix_env.launch import Launch, launch
    from clovrix_env.settings import COMMAND_WORDS, Request

    before, command = _split(arguments)
    if any(word.startswith("-") for word in before):
        from clovrix_env.cli.exec_options import parse

        launch(parse(before, command))
    if not command:
        _fail_without_command(before, command)
    if len(before) > 2:
        _fail(
            f"PROJECT and ENVIRONMENT are two words; before -- there are {len(before)}",
            "write clovrix-exec PROJECT ENVIRONMENT -- COMMAND",
        )
    project, environment = (*before, None, None)[:2]
    launch(Launch(Request(project, environment, words=COMMAND_WORDS), command))


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """What is ours, and what is the program's: ``None`` where there is no ``--``."""
    if "--" not in arguments:
        return list(arguments), None
    at = list(arguments).index("--")
    return list(arguments[:at]), list(arguments[at + 1 :])


def _fail_without_command(before: Sequence[str], command: Sequence[str] | None) -> NoReturn:
    if command is None and before:
        _fail(
            "there is no -- before the command",
            "write clovrix-exec PROJECT ENVIRONMENT -- COMMAND",
        )
    _fail(
        "there is no command", "write clovrix-exec PROJECT ENVIRONMENT -- COMMAND, or --help"
    )


def _fail(problem: str, remedy: str) -> NoReturn:
    from clovrix_env.errors import ClovrixConfigError
    from clovrix_env.launch import fail

    fail(ClovrixConfigError(problem, remedy))
