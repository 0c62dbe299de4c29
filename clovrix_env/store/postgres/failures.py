"""PostgreSQL's failures as errors of this package.

A message of PostgreSQL can quote a value of a row, so only its code is shown. The exception is a
refused connection, whose message names the cause: host, user or database.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import ExecStatus

from clovrix_env.errors import ServerError
from clovrix_env.store.sqlite_failures import BUSY, REFUSED, UNWRITABLE
from clovrix_env.system.terminal import one_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from psycopg.pq.abc import PGresult

    from clovrix_env.store.postgres.address import Address

    _T = TypeVar("_T")

# Python raises the second for a lone surrogate, which no text of PostgreSQL can contain.
FAILURES = (psycopg.Error, UnicodeEncodeError)
_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)
# A primary that has become a replica refuses writes: another host may be the primary now.
_LOST = (errors.ReadOnlySqlTransaction, errors.AdminShutdown, errors.CrashShutdown)
_BUSY = (errors.QueryCanceled, errors.LockNotAvailable, errors.TooManyConnections)
_FULL = (errors.DiskFull, errors.OutOfMemory)
_CHARACTERS = 300
_REJECTED = re.compile(r'password authentication failed for user "([^"]*)"')
_REPEATS = 5


class Rejected(ServerError):
    """The database rejected the password: waiting for it does not help."""


class Conflict(ServerError):
    """The transaction was undone because of another one, and may succeed if it is repeated."""


def repeated(act: Callable[[], _T]) -> _T:
    """The result of a transaction, which is repeated a few times if it ends in a conflict."""
    for _ in range(_REPEATS):
        with suppress(Conflict):
            return act()
    return act()


def checked(result: PGresult | None) -> PGresult:
    """Raise the error of a result, if it is one."""
    if result is None:
        raise psycopg.OperationalError("no result")
    if result.status == ExecStatus.FATAL_ERROR:
        error = errors.error_from_result(result)
        # libpq's own failure, without a code: the connection is lost.
        raise error if error.sqlstate else psycopg.OperationalError(str(error))
    return result


def is_lost(error: BaseException) -> bool:
    """Whether the connection, or its server as the primary, is gone."""
    return isinstance(error, _LOST) or (
        isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
        and (error.sqlstate or "08").startswith("08")
    )


def not_connected(address: Address, error: psycopg.Error) -> ServerError:
    """The error for a connection that the host or the database refuses."""
    words = one_line(str(error).strip())[:_CHARACTERS]
    # A refused connection has no code, and its words are those of the server's language.
    rejected = _REJECTED.search(words)
    password = conninfo_to_dict(address.conninfo).get("password")
    if password and str(password) in words:
        words = "the connection failed"
    if rejected:
        user = rejected[1]
        named = f" of user {user}" if user and not (password and str(password) in user) else ""
        return Rejected(f"the store {address.name} rejected the password{named}", BUSY, 1.0)
    return ServerError(f"the store {address.name} cannot be reached: {words}", BUSY, 1.0)


def server_error(name: str, error: Exception) -> ServerError:
    """The error for a failed operation on an open store."""
    if is_lost(error):
        return ServerError(f"the store {name} has closed the connection", BUSY, 1.0)
    if isinstance(error, _AGAIN):
        return Conflict(f"the store {name} is busy", BUSY, 1.0)
    if isinstance(error, _BUSY):
        return ServerError(f"the store {name} is busy", BUSY, 1.0)
    if isinstance(error, _FULL):
        return ServerError(f"the store {name} cannot be written: its disk is full", UNWRITABLE)
    code = (error.sqlstate if isinstance(error, psycopg.Error) else None) or ""
    kind = type(error).__name__
    return ServerError(f"the store {name} failed: {kind} {code}".rstrip(), REFUSED)
