"""Turns an error into the lines that people read: each problem, followed by its remedy."""

from __future__ import annotations

import errno
import os

from clovrix_env.errors import (
    AuthenticationError,
    BillingError,
    ClovrixAPIError,
    ClovrixConfigError,
    ClovrixConnectionError,
    ClovrixError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    ValidationError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Remedies for errors that bring none of their own, while a program is being started.
OF_STARTS: dict[type[ClovrixError], str] = {
    AuthenticationError: "check the token: it may be wrong, revoked or expired",
    BillingError: "the organization's billing has to be settled first",
    ForbiddenError: "use a token whose role may read",
    NotFoundError: "check the names, and that the token's scope includes them",
    ClovrixConnectionError: "check network and CLOVRIX_API_URL; {} starts without Clovrix",
    ClovrixAPIError: "try again; {} starts without Clovrix",
}
# The same for commands that read or write entries.
OF_COMMANDS: dict[type[ClovrixError], str] = {
    AuthenticationError: (
        "check the token: it may be wrong, revoked or expired; clovrix-env whoami shows its source"
    ),
    BillingError: OF_STARTS[BillingError],
    ForbiddenError: "use a token whose role may do this",
    NotFoundError: OF_STARTS[NotFoundError],
    ValidationError: "this request wrote nothing",
    ClovrixConnectionError: "check network and CLOVRIX_API_URL",
    ClovrixAPIError: "try again",
}
# The store's words for a value or a token that does not open.
DAMAGED = " is damaged: "
# A store on a disk that is full or mounted read-only: another attempt fails as well.
_UNWRITABLE = 507
_OF_UNWRITABLE = "free space on its disk, or let this user write to the file and its folder"
# Resources that a system can run out of, and the remedies. A failed import names one in its text.
_SHORTAGES = {
    errno.EMFILE: "raise ulimit -n, or open fewer files",
    errno.ENFILE: "close files of other programs, or raise fs.file-max",
    errno.ENOMEM: "allow more memory (ulimit -v)",
}


def lines_of(
    error: ClovrixError,
    remedies: Mapping[type[ClovrixError], str] = OF_STARTS,
    *,
    without: str = "--no-remote",
) -> list[str]:
    """Return one line for each problem, and one remedy below the problems that share it.

    ``without`` is the option or setting that starts the program without Clovrix.
    """
    if isinstance(error, ClovrixConfigError):
        return error.lines
    remedy = next((text for kind, text in remedies.items() if isinstance(error, kind)), "")
    if is_unwritable(error):
        remedy = _OF_UNWRITABLE
    elif isinstance(error, ClovrixAPIError):
        from clovrix_env.system.remedies import by_words

        remedy = by_words(error) or remedy
    return [str(error), remedy.format(without)] if remedy else [str(error)]


def is_damaged(error: ClovrixError) -> bool:
    """Whether a store refused to read a value because its seal does not open."""
    return isinstance(error, ServerError) and DAMAGED in error.message


def is_unwritable(error: ClovrixError) -> bool:
    """Whether the disk of a store is full or read-only."""
    return isinstance(error, ServerError) and error.status_code == _UNWRITABLE


def shortage_of(error: BaseException) -> ClovrixConfigError | None:
    """Return an error that names the missing resource, or ``None`` if the cause is another."""
    if not isinstance(error, (ClovrixConnectionError, OSError, ImportError, MemoryError)):
        return None
    message = os.strerror(errno.ENOMEM) if isinstance(error, MemoryError) else str(error)
    for number, remedy in _SHORTAGES.items():
        why = os.strerror(number).lower()
        if why in message.lower():
            return ClovrixConfigError(f"cannot start: {why}", remedy)
    return None
