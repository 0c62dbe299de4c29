"""What people read: an error as lines, one line as one line, rows as a table that fits."""

from __future__ import annotations

import errno
import io
import os
import sys

from clovrix_env.errors import (
    AuthenticationError,
    BillingError,
    ClovrixAPIError,
    ClovrixConfigError,
    ClovrixConnectionError,
    ClovrixError,
    ForbiddenError,
    NotFoundError,
    ValidationError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# What helps against an error that does not say so itself: where a program is to be started.
OF_STARTS: dict[type[ClovrixError], str] = {
    AuthenticationError: "check the token: it may be wrong, revoked or expired",
    BillingError: "the organization's billing has to be settled first",
    ForbiddenError: "use a token whose role may read",
    NotFoundError: "check the names, and that the token's scope holds them",
    ClovrixConnectionError: "check network and CLOVRIX_API_URL; {} starts without Clovrix",
    ClovrixAPIError: "try again; {} starts without Clovrix",
}
# And where somebody looks at entries, or writes them.
OF_COMMANDS: dict[type[ClovrixError], str] = {
    AuthenticationError: (
        "check the token: it may be wrong, revoked or expired; clovrix-env whoami tells its source"
    ),
    BillingError: OF_STARTS[BillingError],
    ForbiddenError: "use a token whose role may do this",
    NotFoundError: OF_STARTS[NotFoundError],
    ValidationError: "nothing was written",
    ClovrixConnectionError: "check network and CLOVRIX_API_URL",
    ClovrixAPIError: "try again",
}
# What a system can be short of, and what helps. An import that fails of it says so in words only.
_SHORTAGES = {
    errno.EMFILE: "raise ulimit -n, or leave it fewer open files",
    errno.ENFILE: "close files of other programs, or raise fs.file-max",
    errno.ENOMEM: "leave it more memory (ulimit -v)",
}
_STDERR = 2
# Below it a table's columns hold no name any more: its cells stand below each other.
NARROW = 60
_GAP = 2
_NARROWEST_COLUMN = 12


def lines_of(
    error: ClovrixError,
    remedies: Mapping[type[ClovrixError], str] = OF_STARTS,
    *,
    without: str = "--no-remote",
) -> list[str]:
    """One line a problem, and one with the remedy where there is one.

    ``without`` is how it is said that Clovrix is not to be asked.
    """
    if isinstance(error, ClovrixConfigError):
        lines, remedy = list(error.problems), error.remedy
    else:
        lines = [str(error)]
        remedy = next((text for kind, text in remedies.items() if isinstance(error, kind)), "")
        remedy = remedy.format(without)
    return [*lines, remedy] if remedy else lines


def shortage_of(error: BaseException) -> ClovrixConfigError | None:
    """What the system was short of, where an error of it ended a start."""
    if not isinstance(error, (ClovrixConnectionError, OSError, ImportError, MemoryError)):
        return None
    said = os.strerror(errno.ENOMEM) if isinstance(error, MemoryError) else str(error)
    for number, remedy in _SHORTAGES.items():
        why = os.strerror(number).lower()
        if why in said.lower():
            return ClovrixConfigError(f"cannot start: {why}", remedy)
    return None


def say(program: str, lines: Iterable[str]) -> None:
    """A line each on stderr; one that is closed or full changes nothing else."""
    complain("".join(f"{program}: {one_line(line)}\n" for line in lines))


def complain(text: str) -> None:
    """A text on stderr as it is; one that is closed or full changes nothing else, here or later."""
    try:
        print(text, end="", file=sys.stderr or io.StringIO(), flush=True)
    except ValueError:  # a program has closed it
        return
    except OSError:
        _drop_what_did_not_fit()


def _drop_what_did_not_fit() -> None:
    """Else Python tries it again at exit, and changes the status. What comes later may fit."""
    try:
        descriptor = sys.stderr.fileno()
    except OSError:  # a program's own stream
        return
    if descriptor == _STDERR:
        encoding = sys.stderr.encoding
        sys.stderr = open(  # noqa: SIM115 - the program's own, for as long as it runs
            _STDERR, "w", 1, encoding, "backslashreplace", closefd=False
        )


def is_dumb() -> bool:
    """Whether the terminal takes no escapes: it would show them."""
    return os.environ.get("TERM") == "dumb"


def one_line(text: str) -> str:
    """What an answer or a file name holds must not begin a line, nor command a terminal."""
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    """A text with every character that is not to be printed written as its escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Rows under a head, in at most ``width`` columns: cells are wrapped, and never cut.

    Under 60 columns each row becomes lines of its own, below the title of the first. Empty columns
    are left out.
    """
    kept = [at for at in range(len(head)) if any(row[at] for row in rows)]
    head = [head[at] for at in kept]
    rows = [[printable(row[at]) for at in kept] for row in rows]
    if width < NARROW:
        return "\n".join([head[0], *(_stacked(head, row, width) for row in rows)])
    from itertools import zip_longest

    widths = _widths([head, *rows], width)
    lines = [_line(head, widths)]
    for row in rows:
        cells = [wrapped(cell, most) for cell, most in zip(row, widths)]
        lines += [_line(line, widths) for line in zip_longest(*cells, fillvalue="")]
    return "\n".join(lines)


def titled(rows: Sequence[tuple[str, str]], width: int) -> str:
    """Each text behind its title, wrapped in a column of its own; under 60 columns, below it."""
    lines: list[str] = []
    if width < NARROW:
        for title, text in rows:
            lines += [*wrapped(title, width), *(f"  {line}" for line in _cell(text, width - 2))]
        return "\n".join(lines)
    most = max(len(title) for title, _ in rows) + _GAP
    for title, text in rows:
        first, *rest = _cell(text, width - most) or [""]
        lines += [f"{title.ljust(most)}{first}".rstrip(), *(f"{'':{most}}{line}" for line in rest)]
    return "\n".join(lines)


def _cell(text: str, width: int) -> list[str]:
    return wrapped(one_line(text), width)


def _stacked(head: Sequence[str], row: Sequence[str], width: int) -> str:
    lines = wrapped(row[0], width)
    for title, cell in zip(head[1:], row[1:]):
        if cell:
            first, *rest = wrapped(f"{title.lower()} {cell}", width - 4)
            lines += [f"  {first}", *(f"    {line}" for line in rest)]
    return "\n".join(lines)


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Each column as wide as its widest cell; where that is too much, the widest give way."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    left = width - _GAP * (len(widths) - 1)
    while sum(widths) > left and max(widths) > _NARROWEST_COLUMN:
        widths[widths.index(max(widths))] -= 1
    return widths


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    gap = " " * _GAP
    return gap.join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip()


def wrapped(text: str, width: int) -> list[str]:
    """A text as lines of at most ``width`` characters; none for an empty one."""
    if len(text) <= width:
        return [text] if text else []
    from textwrap import wrap

    return wrap(text, width, break_on_hyphens=False)
