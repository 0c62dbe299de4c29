"""The token: its sources and its form. No message contains it."""

from __future__ import annotations

import os
import time

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.names import EXPORTED, MARKER
from clovrix_env.model.record import Record
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ARGUMENT = "token="
TOKEN_FILE_BYTES = 16 * 1024
# The status of a token that an embedded store did not issue.
IGNORED = "is ignored: it is not one of this store's"
_COPY_AGAIN = "a token is one line of printable ASCII, such as icr_…; copy it again"


class Token(Record, hidden=("value",)):
    """A token and its source. Its ``repr`` hides the token.

    ``given`` is true for ``token=``. ``from_file`` is true for a token from a file of the project,
    which is used for reads only.
    """

    value: str
    source: str
    from_file: bool = False

    @property
    def given(self) -> bool:
        return self.source == ARGUMENT


def given_token(token: str | None) -> Token | None:
    """The checked argument ``token=``, or ``None`` if it was omitted."""
    return None if token is None else _checked(Token(token, ARGUMENT), ARGUMENT)


def token_of(environ: Mapping[str, str]) -> Token | None:
    """The token of the environment: ``CLOVRIX_TOKEN``, ``CLOVRIX_TOKEN_FILE``, or systemd's.

    Setting both variables is an error. One trailing newline of a file is removed.
    """
    value, path = environ.get("CLOVRIX_TOKEN", ""), environ.get("CLOVRIX_TOKEN_FILE", "")
    source = "CLOVRIX_TOKEN"
    if value and path:
        del value
        raise ClovrixConfigError(
            "CLOVRIX_TOKEN and CLOVRIX_TOKEN_FILE are both set", "unset one of the two"
        )
    if path:
        source = f"CLOVRIX_TOKEN_FILE ({path})"
        value = _read_token(path, source)
    elif not value and environ.get("CREDENTIALS_DIRECTORY"):
        path = _credential(environ)
        if not os.path.exists(path):
            return None
        source = f"$CREDENTIALS_DIRECTORY ({path})"
        value = _read_token(path, source)
    found = Token(value, source)
    del value
    return _checked(found, source) if found.value else None


def why_no_token(token: object) -> str:
    """Why a token is invalid, without the token itself; empty for a valid one."""
    if not isinstance(token, str):
        return f"must be a string, not {type(token).__name__}"
    if not token:
        return "is empty"
    if token != token.strip():
        return "begins or ends with white space (perhaps a copied newline)"
    if not token.isascii() or not token.isprintable() or " " in token:
        return "contains a character that is not printable ASCII"
    return ""


def _read_token(path: str, source: str) -> str:
    try:
        until = time.monotonic() + files.FIFO_SECONDS
        # A FIFO without a writer reads as empty, and does not block.
        content, _ = files.read(path, TOKEN_FILE_BYTES, fifo_deadline=until, awaits_writer=False)
    except files.Unreadable as error:
        raise ClovrixConfigError(
            f"{source} {error}", "set it to the path of a readable file that contains the token"
        ) from None
    text = files.without_newline(content.decode("ascii", "replace"))
    del content
    if not text:
        raise ClovrixConfigError(f"{source} is empty", "write the token to this file")
    return text


def _credential(environ: Mapping[str, str]) -> str:
    return os.path.join(environ["CREDENTIALS_DIRECTORY"], "clovrix_token")


def missing_token(
    environ: Mapping[str, str], address: str, *, hint: str = "", may_be_kept: bool = False
) -> ClovrixConfigError:
    """The error for a missing token. It mentions a launcher that withheld the token.

    ``address`` is the address and its source. ``hint`` is added to the remedy. ``may_be_kept`` is
    true if the caller uses stored tokens.
    """
    marker = environ.get(MARKER, "")
    if marker and not marker.startswith(EXPORTED):
        return ClovrixConfigError(
            f"no token for {address}: clovrix-exec withholds CLOVRIX_TOKEN from the program that "
            "it starts",
            "start it with --pass-token if the program itself uses Clovrix",
        )
    if may_be_kept:
        remedy = "run clovrix-env login, or set CLOVRIX_TOKEN or CLOVRIX_TOKEN_FILE"
    else:
        remedy = "set CLOVRIX_TOKEN, pass token=, or set CLOVRIX_TOKEN_FILE to the token's file"
    problem = f"no token for {address}{_unreadable_credential(environ)}"
    return ClovrixConfigError(problem, remedy + hint)


def _unreadable_credential(environ: Mapping[str, str]) -> str:
    if environ.get("CREDENTIALS_DIRECTORY"):
        path = _credential(environ)
        try:
            os.stat(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            return f"; $CREDENTIALS_DIRECTORY ({path}) cannot be read: {files.reason(error)}"
    return ""


def said_token(text: str, place: str) -> Token | None:
    """The token of a project's file, at ``place``. An empty value counts as unset."""
    found = Token(text, place, from_file=True)
    del text
    return _checked(found, f"{place}: CLOVRIX_TOKEN") if found.value else None


def _checked(token: Token, shown: str) -> Token:
    """The token, if it is valid. ``shown`` is its place in the message otherwise."""
    wrong = why_no_token(token.value)
    if wrong:
        raise ClovrixConfigError(f"{shown} {wrong}", _COPY_AGAIN)
    return token
