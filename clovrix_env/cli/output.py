"""Prints results: as text for people, as JSON for programs."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.tables import wrapped
from clovrix_env.system.terminal import is_dumb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from clovrix_env.resolution.explain import Explanation

# As a shell reports a program that SIGPIPE ended: the reader has read enough.
_READER_GONE = 141
# Words are not readable in fewer columns.
_NARROWEST = 20
# The first line of a table: titles of columns in capitals.
_HEADING = re.compile(r"^[A-Z]+(?: +[A-Z]+)+ *$", re.MULTILINE)
BOLD, DIM, RED, GREEN = "1", "2", "31", "32"


def tell(explanation: Explanation, *, reveal: bool, as_json: bool) -> None:
    """Print an explanation."""
    if as_json:
        write_json(explanation.document(reveal=reveal))
    else:
        write_headed(explanation.text(width=columns(), reveal=reveal))


def write_headed(text: str) -> None:
    """Print tables, with bold headings on a terminal."""
    write(_HEADING.sub(lambda line: bold(line[0]), text))


def write_json(document: object) -> None:
    # Only ASCII: lone surrogates and control characters in a value stay escapes.
    write(json.dumps(document, indent=2))


def write(text: str, end: str = "\n") -> None:
    """Print a text. Raises ``ClovrixConfigError`` if stdout cannot be written."""
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] # it was closed
        raise ClovrixConfigError("stdout cannot be written: it is closed")
    try:
        sys.stdout.buffer.write(f"{text}{end}".encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except OSError as error:
        raise stdout_failed(error) from None


def stdout_failed(error: OSError) -> ClovrixConfigError:
    """The failure of stdout as an error. Exits if its reader is gone."""
    sys.stdout = io.StringIO()  # Python would try again at exit and change the status
    if isinstance(error, BrokenPipeError):
        sys.exit(_READER_GONE)
    return ClovrixConfigError(f"stdout cannot be written: {error.strerror}")


def write_sentence(text: str) -> None:
    """Print a text in lines as wide as the terminal."""
    write("\n".join(wrapped(text, columns())))


def kind(secret: bool | None) -> str:
    """The word for the kind of a key; empty if it is not known."""
    return "" if secret is None else "secret" if secret else "plain"


def on_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal; it is ``None`` if it was closed."""
    return stream is not None and stream.isatty()


def takes_styles() -> bool:
    """Whether bold and colour are wanted on a terminal: not with NO_COLOR or TERM=dumb."""
    return not os.environ.get("NO_COLOR") and not is_dumb()


def styled(text: str, style: str) -> str:
    """A text for stdout, in a style if stdout is a terminal that takes it."""
    if not (text and takes_styles() and on_terminal(sys.stdout)):
        return text
    return f"\x1b[{style}m{text}\x1b[0m"


def bold(text: str) -> str:
    return styled(text, BOLD)


def columns() -> int | None:
    """The width of the terminal, or ``None`` if stdout is not a terminal: no line is wrapped."""
    if not on_terminal(sys.stdout):
        return None
    return max(shutil.get_terminal_size().columns, _NARROWEST)
