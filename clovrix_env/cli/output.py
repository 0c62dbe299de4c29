"""Prints what was found out: as text for people, as JSON for programs."""

from __future__ import annotations

import io
import json
import shutil
import sys

from clovrix_env.errors import ClovrixConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from clovrix_env.resolution.explain import Explanation

# As a shell reports a program that died of SIGPIPE: whoever read has what he wanted.
_READER_GONE = 141
# No words are readable in less.
_NARROWEST = 20


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
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] # it was closed
        raise ClovrixConfigError("stdout cannot be written: it is closed")
    try:
        sys.stdout.buffer.write(f"{text}{end}".encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except OSError as error:
        raise stdout_failed(error) from None


def stdout_failed(error: OSError) -> ClovrixConfigError:
    """What is wrong with stdout, as an error. Exits where nobody reads it any more."""
    sys.stdout = io.StringIO()  # else Python tries again at exit, and changes our status
    if isinstance(error, BrokenPipeError):
        sys.exit(_READER_GONE)
    return ClovrixConfigError(f"stdout cannot be written: {error.strerror}")


def on_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks at a stream, which is ``None`` where it was closed."""
    return stream is not None and stream.isatty()


def columns() -> int | None:
    """How wide the terminal is, or ``None`` where stdout is none: what reads it wraps nothing."""
    if not on_terminal(sys.stdout):
        return None
    return max(shutil.get_terminal_size().columns, _NARROWEST)
