"""An error as the lines that people read: each problem, and what helps."""

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
# A store on a disk that is full, or mounted to be read: another attempt fails as well.
_UNWRITABLE = 507
_OF_UNWRITABLE = "free space on its disk, or let this user write to the file and its folder"
# What a system can be short of, and what helps. An import that fails of it says so in words only.
_SHORTAGES = {
    errno.EMFILE: "raise ulimit -n, or leave it fewer open files",
    errno.ENFILE: "close files of other programs, or raise fs.file-max",
    errno.ENOMEM: "leave it more memory (ulimit -v)",
}


def lines_of(
    error: ClovrixError,
    remedies: Mapping[type[ClovrixError], str] = OF_STARTS,
    *,
    without: str = "--no-remote",
) -> list[str]:
    """One line for each problem, and one with the remedy below those that share it.

    ``without`` is how it is said that Clovrix is not to be asked.
    """
    if isinstance(error, ClovrixConfigError):
        return error.lines
    remedy = next((text for kind, text in remedies.items() if isinstance(error, kind)), "")
    if isinstance(error, ServerError) and error.status_code == _UNWRITABLE:
        remedy = _OF_UNWRITABLE
    return [str(error), remedy.format(without)] if remedy else [str(error)]


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
