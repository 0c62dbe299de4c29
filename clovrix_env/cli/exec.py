"""``clovrix-exec [OPTIONS] [PROJECT [ENVIRONMENT]] -- COMMAND [ARG]…``: the command line.

It is split at the first ``--`` first: everything after it is passed on unchanged. A line without
options is parsed here, so that click is loaded only for options.
"""

from __future__ import annotations

import gc
import sys

from clovrix_env.system import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from clovrix_env.launch import Launch

_OWN_FAILURE = 125
_SCRIPT, _COMMAND = "clovrix-exec", "clovrix-env run"


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The entry point of the ``clovrix-exec`` script; ``clovrix-env run`` passes ``arguments``."""
    signals.end_at_once()
    gc.disable()  # exec frees everything: a few ms of garbage at most
    try:
        if arguments is None:
            run(sys.argv[1:])
        run(arguments, _COMMAND)
    except SystemExit as leaving:
        signals.leave(leaving.code)
    except Exception as error:
        # A bug in clovrix-env: print the traceback, with a status that no program uses.
        sys.excepthook(type(error), error, error.__traceback__)
        signals.leave(_OWN_FAILURE)


def run(arguments: Sequence[str], program: str = _SCRIPT) -> NoReturn:
    """Parse a command line and launch its command. ``program`` is its name, for ``--help``."""
    # Imported here, so that a signal during the import ends the process without a traceback.
    from clovrix_env.errors import ClovrixConfigError
    from clovrix_env.launch import fail, launch

    try:
        asked = _understood(*_split(arguments), program)
    except ClovrixConfigError as error:
        fail(error)
    launch(asked)


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """The words before and after ``--``; ``None`` if there is no ``--``."""
    if "--" not in arguments:
        return list(arguments), None
    at = list(arguments).index("--")
    return list(arguments[:at]), list(arguments[at + 1 :])


def _understood(words: list[str], command: list[str] | None, program: str) -> Launch:
    from clovrix_env.launch import Launch
    from clovrix_env.settings.load_options import LAUNCHER_WORDING, LoadOptions
    from clovrix_env.system.process import argument_text

    if not any(word.startswith("-") for word in words):
        command = _checked_command(words, command)
        project, environment = (*map(argument_text, _checked_place(words)), None, None)[:2]
        return Launch(LoadOptions(project, environment, wording=LAUNCHER_WORDING), command)
    from clovrix_env.cli.exec_options import parse

    words, options = parse(words, program, forgotten=command is None)
    if not options.explain:
        command = _checked_command(words, command)
    return options.launch(_checked_place(words), command or ())


def _checked_command(words: Sequence[str], command: list[str] | None) -> list[str]:
    if command:
        return command
    from clovrix_env.errors import ClovrixConfigError

    forgotten = command is None and words
    raise ClovrixConfigError(
        "-- is missing before the command" if forgotten else "the command is missing",
        "run clovrix-exec PROJECT ENVIRONMENT -- COMMAND, or see clovrix-exec --help",
    )


def _checked_place(words: Sequence[str]) -> Sequence[str]:
    """The arguments PROJECT and ENVIRONMENT, if any."""
    if len(words) <= 2:
        return words
    from clovrix_env.errors import ClovrixConfigError

    raise ClovrixConfigError(
        f"expected PROJECT and ENVIRONMENT before --, found {len(words)} words",
        "run clovrix-exec PROJECT ENVIRONMENT -- COMMAND",
    )
