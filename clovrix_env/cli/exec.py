"""``clovrix-exec [OPTIONS] [PROJECT [ENVIRONMENT]] -- COMMAND [ARG]…``: the command line.

It is split at the first ``--`` before anything else looks at it: what follows is the program's,
untouched. A line without options is read by hand, so that click is loaded only where there are.
"""

from __future__ import annotations

import gc
import os
import sys

from clovrix_env.system import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from clovrix_env.launch import Launch

_OWN_FAILURE = 125


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The entry point of the ``clovrix-exec`` script, which gives no ``arguments``."""
    signals.end_at_once()
    _travel_light()
    try:
        run(sys.argv[1:] if arguments is None else arguments)
    except SystemExit as leaving:
        signals.leave(leaving.code)
    except Exception as error:
        # A fault of ours: its traceback is for the report, and its status not to be the program's.
        sys.excepthook(type(error), error, error.__traceback__)
        signals.leave(_OWN_FAILURE)


def _travel_light() -> None:
    """What a process that ends in exec can do without."""
    gc.disable()  # a few ms of garbage at most
    if os.environ.get("CLOVRIX_API_URL", "")[:5].lower() == "http:":
        # http.client would load ssl for an address without TLS: 0.71 × an interpreter, 16 % of the
        # start.
        sys.modules["ssl"] = None  # type: ignore[assignment] # this is how an import is refused


def run(arguments: Sequence[str]) -> NoReturn:
    """Understand a command line and launch what it says."""
    # Imported here, so that a signal while they are loaded ends us without a traceback.
    from clovrix_env.errors import ClovrixConfigError
    from clovrix_env.launch import fail, launch

    try:
        asked = _understood(*_split(arguments))
    except ClovrixConfigError as error:
        fail(error)
    launch(asked)


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str] | None]:
    """What is ours, and what is the program's: ``None`` where there is no ``--``."""
    if "--" not in arguments:
        return list(arguments), None
    at = list(arguments).index("--")
    return list(arguments[:at]), list(arguments[at + 1 :])


def _understood(words: list[str], command: list[str] | None) -> Launch:
    from clovrix_env.launch import Launch
    from clovrix_env.settings.load_options import LAUNCHER_WORDING, LoadOptions
    from clovrix_env.system.process import argument_text

    if not any(word.startswith("-") for word in words):
        command = _checked_command(words, command)
        project, environment = (*map(argument_text, _checked_place(words)), None, None)[:2]
        return Launch(LoadOptions(project, environment, wording=LAUNCHER_WORDING), command)
    from clovrix_env.cli.exec_options import parse

    words, options = parse(words, forgotten=command is None)
    if not options.explain:
        command = _checked_command(words, command)
    return options.launch(_checked_place(words), command or ())


def _checked_command(words: Sequence[str], command: list[str] | None) -> list[str]:
    if command:
        return command
    from clovrix_env.errors import ClovrixConfigError

    forgotten = command is None and words
    raise ClovrixConfigError(
        "there is no -- before the command" if forgotten else "there is no command",
        "write clovrix-exec PROJECT ENVIRONMENT -- COMMAND, or --help",
    )


def _checked_place(words: Sequence[str]) -> Sequence[str]:
    """PROJECT and ENVIRONMENT, as far as they were written."""
    if len(words) <= 2:
        return words
    from clovrix_env.errors import ClovrixConfigError

    raise ClovrixConfigError(
        f"PROJECT and ENVIRONMENT are two words; before -- there are {len(words)}",
        "write clovrix-exec PROJECT ENVIRONMENT -- COMMAND",
    )
