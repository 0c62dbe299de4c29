"""The exit statuses of ``clovrix-env``, by which a script distinguishes failures. Pure."""

from __future__ import annotations

from clovrix_env.errors import (
    AuthenticationError,
    BillingError,
    ClovrixAPIError,
    ClovrixConnectionError,
    ClovrixError,
    ForbiddenError,
    NotFoundError,
)
from clovrix_env.system.error_lines import is_damaged, is_unwritable

NO = 1
NOT_FOUND, REFUSED, NO_ANSWER = 3, 4, 5
FAILED = 125

# The rows of the table in the reference.
MEANINGS = {
    0: "done",
    NO: (
        "the answer is no: `check` or `doctor` found a problem, `migrate` a line that changes "
        "meaning, `diff` a difference, `whoami` or "
        "`logout` no token, `hook status` no hook, `local verify`, `audit verify`, `backup`, "
        "`restore` or `local copy` damage; `set` or `copy` wrote to a key of the other kind; "
        "or you declined a prompt"
    ),
    2: "wrong usage",
    NOT_FOUND: "the project, the environment or the key does not exist, or the token's scope "
    "excludes it",
    REFUSED: "Clovrix refused: the token is wrong, revoked or expired, its role does not allow "
    "this, or the billing of the organization is restricted",
    NO_ANSWER: "Clovrix did not answer, was too busy or failed, or the store was locked: another "
    "attempt may succeed",
    FAILED: "any other failure, such as an invalid setting or a damaged store",
}


def status_of(error: ClovrixError) -> int:
    """The status for an error, which ``run`` does not use: its statuses are the launcher's."""
    if isinstance(error, NotFoundError):
        return NOT_FOUND
    if isinstance(error, (AuthenticationError, BillingError, ForbiddenError)):
        return REFUSED
    if is_damaged(error) or is_unwritable(error):
        return FAILED
    if isinstance(error, ClovrixConnectionError) or _is_temporary(error):
        return NO_ANSWER
    return FAILED


def _is_temporary(error: ClovrixError) -> bool:
    return isinstance(error, ClovrixAPIError) and (
        error.status_code in (408, 429) or error.status_code >= 500
    )
