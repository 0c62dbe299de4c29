"""Prints what was found out: as text for people, as JSON for programs."""

from __future__ import annotations

import json
import os
import shutil
import sys

from clovrix_env.errors import ClovrixConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.explain import Explanation

# As a shell reports a program that died of SIGPIPE: whoever read has what he wanted.
_READER_GONE = 141


def tell(explanation: Explanation, *, reveal: bool, as_json: bool) -> None:
    """An explanation on stdout."""
    if as_json:
        write_json(explanation.document(reveal=reveal))
    else:
        write(explanation.text(width=columns(), reveal=reveal))


def write_json(document: object) -> None:
    # Only ASCII: a lone surrogate or a terminal's command in a value stays an escape.
    write(json.dumps(document, indent=2))


def write(text: str, end: str = "\n") -> None:
    """A text on stdout. Raises ``ClovrixConfigError`` where it cannot be written."""
    try:
        sys.stdout.buffer.write(f"{text}{end}".encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        _give_stdout_up()
        sys.exit(_READER_GONE)
    except OSError as error:
        _give_stdout_up()
        raise ClovrixConfigError(f"stdout cannot be written: {error.strerror}") from None


def _give_stdout_up() -> None:
    """Else Python tries again at exit, and changes our status."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def columns() -> int:
    """How wide the terminal is; 80 where there is none. COLUMNS says otherwise."""
    return shutil.get_terminal_size().columns
