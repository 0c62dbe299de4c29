"""Remedies for sentences of the embedded store and its server, by words of the sentence."""

from __future__ import annotations

from clovrix_env.errors import AuthenticationError, NotFoundError, ServerError
from clovrix_env.system.error_lines import DAMAGED, OF_STARTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.errors import ClovrixAPIError

_ANOTHER = "use another token: clovrix-env local token create creates one for a store of your own"
_SOURCE = f"{_ANOTHER}; clovrix-env whoami shows where this one comes from"
_NAMES = "clovrix-env list shows the names that have a value"
# The first that fits counts. ``login`` ends its sentence with "; the token was not stored".
_REMEDIES: tuple[tuple[type[ClovrixAPIError], str, str], ...] = (
    (AuthenticationError, "the token has expired;", _ANOTHER),
    (AuthenticationError, "the token was revoked;", _ANOTHER),
    (AuthenticationError, "; the token was not stored", OF_STARTS[AuthenticationError]),
    (AuthenticationError, "the token has expired", _SOURCE),
    (AuthenticationError, "the token was revoked", _SOURCE),
    (NotFoundError, ".env' ", "to read a file, name it with -f, or with files= in load_env()"),
    (
        NotFoundError,
        " with an environment ",
        f"{OF_STARTS[NotFoundError]}; "
        "clovrix-env local environment create PROJECT NAME creates one in an embedded store",
    ),
    (
        NotFoundError,
        " has no environment ",
        "check the name, or run clovrix-env local environment create PROJECT NAME",
    ),
    (
        NotFoundError,
        "the store has no project ",
        "check the name, or run clovrix-env local project create NAME --env ENVIRONMENT",
    ),
    (NotFoundError, " has no value in this environment", _NAMES),
    (NotFoundError, " never had a value in this environment", _NAMES),
    (NotFoundError, " has no version ", "clovrix-env history KEY shows the versions"),
    (
        ServerError,
        " rejected the password",
        "correct it in CLOVRIX_STORE, or in the password or service file of PostgreSQL",
    ),
    (
        ServerError,
        '" does not exist',
        "create the database in PostgreSQL, or correct its name in CLOVRIX_STORE",
    ),
    (
        ServerError,
        DAMAGED,
        "run clovrix-env local verify, then set the value again, roll it back, or restore a backup",
    ),
)


def by_words(error: ClovrixAPIError) -> str:
    """Return the remedy for a sentence that is known, otherwise an empty string."""
    message = error.message
    found = (
        text for kind, words, text in _REMEDIES if isinstance(error, kind) and words in message
    )
    return next(found, "")
