"""``clovrix-exec`` behind its command line: resolve, then hand off."""

from __future__ import annotations

import errno
import io
import os
import sys

from clovrix_env import marker as markers
from clovrix_env.client.token import MARKER
from clovrix_env.errors import (
    AuthenticationError,
    BillingError,
    ClovrixAPIError,
    ClovrixConfigError,
    ClovrixConnectionError,
    ClovrixError,
    ForbiddenError,
    NotFoundError,
)
from clovrix_env.handoff import OWN_FAILURE, CannotRun, Changes, hand_off
from clovrix_env.process import of_launcher
from clovrix_env.record import Record
from clovrix_env.resolve import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import NoReturn

    from clovrix_env.resolve import Resolution
    from clovrix_env.settings import Request

# What the program does not get unless it is asked for: it could ask Clovrix for everything else.
KEPT_BACK = ("CLOVRIX_TOKEN", "CLOVRIX_MASTER_KEY")

_REMEDIES: dict[type[ClovrixError], str] = {
    AuthenticationError: "check the token: it may be wrong, revoked or expired",
    BillingError: "the organization's billing has to be settled first",
    ForbiddenError: "use a token whose role may read",
    NotFoundError: "check the names, and that the token's scope holds them",
    ClovrixConnectionError: "check network and CLOVRIX_API_URL; --no-remote starts without Clovrix",
    ClovrixAPIError: "try again; --no-remote starts without Clovrix",
}

# What a system can be short of, and what helps. An import that fails of it says so in words only.
_SHORTAGES = {
    errno.EMFILE: "raise ulimit -n, or leave it fewer open files",
    errno.ENFILE: "close files of other programs, or raise fs.file-max",
    errno.ENOMEM: "leave it more memory (ulimit -v)",
}


class Launch(Record):
    """One command line, understood."""

    request: Request
    command: Sequence[str]
    pass_token: bool = False
    verbose: bool = False


def launch(asked: Launch) -> NoReturn:
    """Run the command with the resolved environment; exit with a status of ours if it cannot."""
    try:
        resolution = resolve(asked.request, of_launcher(), follows_marker=False)
        _say(resolution.notes)
        if asked.verbose:
            _say(resolution.log)
            _say(_told(resolution))
        hand_off(asked.command, _changes(resolution, asked.pass_token))
    except CannotRun as error:
        _say([error.sentence])
        sys.exit(error.status)
    except ClovrixError as error:
        fail(error)
    except (OSError, ImportError, MemoryError) as error:
        shortage = _shortage(error)
        if shortage is None:
            raise
        fail(shortage)


def _shortage(error: Exception) -> ClovrixConfigError | None:
    """What the system was short of, where an error of it got as far as this."""
    said = os.strerror(errno.ENOMEM) if isinstance(error, MemoryError) else str(error)
    for number, remedy in _SHORTAGES.items():
        why = os.strerror(number)
        if why in said:
            return ClovrixConfigError(f"cannot start: {why.lower()}", remedy)
    return None


def fail(error: ClovrixError) -> NoReturn:
    """One line a problem, one with the remedy, and our own status."""
    if isinstance(error, ClovrixConfigError):
        _say(error.problems)
        remedy = error.remedy
    else:
        _say([str(error)])
        remedy = next((text for kind, text in _REMEDIES.items() if isinstance(error, kind)), "")
    if remedy:
        _say([remedy])
    sys.exit(OWN_FAILURE)


def _changes(resolution: Resolution, pass_token: bool) -> Changes:
    environment = resolution.environment
    added = {name: environment[name] for name in resolution.injected}
    removed = list(resolution.removed)
    if resolution.marker is not None:
        removed.append(MARKER)
        text = markers.written(resolution.marker)
        if text is not None:
            added[MARKER] = text
    if not pass_token:
        removed.extend(KEPT_BACK)
    return Changes(added, removed)


def _told(resolution: Resolution) -> Iterator[str]:
    environment = resolution.environment
    for name in environment:
        yield f"{name} from {environment.origin(name)}"


def _say(lines: Iterable[str]) -> None:
    """A line each on stderr; one that is closed or full changes nothing else."""
    text = "".join(f"clovrix-exec: {_one_line(line)}\n" for line in lines)
    try:
        print(text, end="", file=sys.stderr or io.StringIO(), flush=True)
    except OSError:
        sys.stderr = io.StringIO()  # else Python tries again at exit, and changes our status


def _one_line(text: str) -> str:
    """What an answer or a file name holds must not begin a line, nor command a terminal."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
