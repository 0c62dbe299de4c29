"""The form of tokens, and the admission of calls. ``tokens`` creates, lists and revokes them.

    token = "icr_" | public id (8) | 32 random bytes in base 62 (43) | CRC-32 of all before (6)

The store contains the public id and the SHA-256 of the token: random bytes need no slow hash. The
checksum lets a scanner of leaked secrets distinguish a token from a text that looks like one.

A seal under the master key covers the row of a token and its scopes, but not the day of its last
use. Without that key, a user who can write to the file cannot create a token or change its name,
role, scope or expiry.
"""

from __future__ import annotations

import binascii
import os
import time

from clovrix_env.api import limits
from clovrix_env.errors import (
    AuthenticationError,
    BillingError,
    ForbiddenError,
    NotFoundError,
    ValidationError,
)
from clovrix_env.model.record import Record
from clovrix_env.system.seal import BrokenSeal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from clovrix_env.api.messages import Call
    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection

ROLES = ("read", "write")
BILLING = ("active", "pending_payment", "restricted")

_PREFIX = "icr_"
_ID, _SECRET, _CHECK = 8, 43, 6
_SECRET_BYTES = 32
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NAME_CHARACTERS = 80
# The first format in which a token can have a name, and in which it can be pruned.
_NAMED = _PRUNED = 3
_SCOPES = (
    " LEFT JOIN token_scope AS scope ON scope.token_id = token.id"
    " LEFT JOIN project AS within ON within.id = scope.project_id"
    " LEFT JOIN environment AS part ON part.id = scope.environment_id"
)
_COLUMNS = "scope.project_id, within.name, scope.environment_id, part.name"
_HELD = (
    "SELECT token.id, hash, role, expires_at, revoked_at, {name}, {columns} FROM token{scopes}"
    " WHERE token.id = ? ORDER BY scope.project_id, scope.environment_id"
)
_PLACE = (
    "SELECT (SELECT value FROM setting WHERE name = 'billing'), project.id, environment.id{more}"
    " FROM store"  # it has one row
    " LEFT JOIN project ON project.name = ?"
    " LEFT JOIN environment ON environment.project_id = project.id AND environment.name = ?{joined}"
)
_OF_OWNER = _PLACE.format(more="", joined="")
# One row for each scope of the token, at least one.
_BY_TOKEN = _PLACE.format(
    more=", token.id, hash, role, expires_at, revoked_at, {name}, last_used, proof, {columns}",
    joined=" LEFT JOIN token ON token.id = ?{scopes}"
    " ORDER BY scope.project_id, scope.environment_id",
)
_SCOPE = 11  # the first column of a scope in a row of _BY_TOKEN
_DAY = 86400


class Grant(Record):
    """The scope of an admitted call and the id of its token: ``None`` is the owner.

    ``environment_id`` is 0 for a call on the whole project. ``last_used`` is the day of the token's
    last use as the store has it.
    """

    project_id: int
    environment_id: int
    token_id: str | None
    last_used: int | None = None


def admit(connection: Connection, keys: DataKeys, call: Call) -> Grant:
    """Admit a call before its body is read. Raises 401, 402, 404 and 403, in this order.

    One statement reads everything that decides, so that all of it is of one moment. An environment
    that does not exist and one out of the token's scope get the same message.
    """
    whole = _is_of_project(call)
    values = [_possible(call.project), None if whole else _possible(call.environment)]
    statement, public_id = _OF_OWNER, None
    if call.token is not None:
        public_id = _well_formed(call.token)
        statement = _in_format(_BY_TOKEN, connection)
        values.append(public_id)
    rows = connection.execute(statement, values).fetchall()
    if not rows:
        raise BrokenSeal("its identity is missing")
    status, project_id, environment_id, *token = rows[0][:_SCOPE]
    scopes = [row[_SCOPE:] for row in rows if row[_SCOPE:] and row[_SCOPE] is not None]
    role, last_used = "write", None
    if call.token is not None:
        role, last_used = _holder(connection, keys, call.token, token, scopes)
    if status is not None and status != "active":
        raise BillingError(f"the organization's billing is {status}", 402, None, str(status))
    if project_id is None or (environment_id is None and not whole):
        raise _absent(call) if call.token is not None else _missing(connection, call, project_id)
    if public_id is not None and not any(
        scope[0] == project_id and (whole or scope[2] in (None, environment_id)) for scope in scopes
    ):
        raise _absent(call)
    if call.writes and role != "write":
        raise ForbiddenError("the token may read but not write", 403)
    return Grant(project_id, environment_id or 0, public_id, last_used)


def note_of_use(grant: Grant) -> tuple[str, tuple[object, ...]] | None:
    """The statement that notes this use of a token, or ``None`` if its day has one already.

    A day begins at 00:00 UTC, and is noted as that time in seconds since 1970.
    """
    if grant.token_id is None:
        return None
    today = int(time.time()) // _DAY * _DAY
    if grant.last_used == today:
        return None
    return "UPDATE token SET last_used = ? WHERE id = ?", (today, grant.token_id)


def billing(connection: Connection) -> str:
    row = connection.execute("SELECT value FROM setting WHERE name = 'billing'").fetchone()
    return "active" if row is None else str(row[0])


def _is_of_project(call: Call) -> bool:
    return call.operation == "get_log" and not call.environment


def _absent(call: Call) -> NotFoundError:
    within = f" with an environment {_shown(call.environment)}" if call.environment else ""
    return NotFoundError(f"there is no project {_shown(call.project)}{within} here", 404)


def _missing(connection: Connection, call: Call, project_id: int | None) -> NotFoundError:
    from clovrix_env.store.absent import error_of

    return error_of(connection, call, project_id)


def _possible(name: str) -> str | None:
    # Names with NUL or lone surrogates cannot be created, and must not reach the database. Nor must
    # a token in their place: a database can log what it receives.
    try:
        limits.check_segment("name", name)
    except ValidationError:
        return None
    return None if public_id_of(name) else name


def _well_formed(token: str) -> str:
    public_id = public_id_of(token)
    if public_id is None:
        raise AuthenticationError("the token does not have the form of a Clovrix token", 401)
    return public_id


def _holder(
    connection: Connection,
    keys: DataKeys,
    token: str,
    row: list[Any],
    scopes: Sequence[tuple[Any, ...]],
) -> tuple[str, int | None]:
    """The role and the last use of a valid token; 401 for any other."""
    from hmac import compare_digest

    public_id, stored, role, expires_at, revoked_at, name, last_used, proof = row
    is_known = public_id is not None
    # The same work for an unknown id as for a wrong secret, so that the time reveals nothing.
    if not is_known:
        stored, proof = bytes(32), b""
    if not isinstance(stored, bytes) or not isinstance(proof, bytes):
        raise BrokenSeal("the token has lost its hash or its proof")
    if not compare_digest(hash_of(token), stored) or not is_known:
        raise AuthenticationError("the token is not valid", 401)
    defined = _defined((public_id, stored, role, expires_at, revoked_at), name, scopes)
    keys.check(connection, proof, defined)
    if revoked_at is not None:
        raise AuthenticationError("the token was revoked", 401)
    if expires_at is not None and time.time() >= expires_at:
        raise AuthenticationError("the token has expired", 401)
    return role, last_used


def is_held_to(connection: Connection, token: str, *, from_file: bool) -> bool:
    """Whether this store checks a token: an invalid one then gets 401 and not the owner's rights.

    A token with a public id of this store is checked, even if the rest was cut off or mistyped. So
    is a well-formed token with an unknown id, unless it comes from a file of the project. Any other
    token belongs to the hosted Clovrix, and is ignored.
    """
    if not token.startswith(_PREFIX):
        return False
    public_id = token[len(_PREFIX) : len(_PREFIX) + _ID]
    if not is_public_id(public_id):
        return False
    found = connection.execute("SELECT 1 FROM token WHERE id = ?", (public_id,)).fetchone()
    if found is None and connection.format >= _PRUNED:
        found = connection.execute(
            "SELECT 1 FROM former_token WHERE id = ?", (public_id,)
        ).fetchone()
    return found is not None or (not from_file and public_id_of(token) is not None)


def proven(connection: Connection, public_id: str) -> tuple[object, ...]:
    """Everything that defines a token."""
    rows = connection.execute(_in_format(_HELD, connection), (public_id,)).fetchall()
    *row, name = rows[0][:6]
    return _defined(row, name, [row[6:] for row in rows if row[6] is not None])


def _defined(
    row: Sequence[Any], name: object, scopes: Sequence[tuple[Any, ...]]
) -> tuple[object, ...]:
    """The content of a proof: the row of a token, its scopes by id and by name, and its name.

    A token without a name has the proof that formats 1 and 2 gave it.
    """
    public_id, stored, *rest = row
    shown = stored.hex().upper() if isinstance(stored, bytes) else stored
    named = () if name is None else (("name", name),)
    return ("token", public_id, shown, *rest, *scopes, *named)


def _in_format(statement: str, connection: Connection) -> str:
    return statement.format(name=name_column(connection), columns=_COLUMNS, scopes=_SCOPES)


def name_column(connection: Connection) -> str:
    """The column of a token's name. An older format, which may be read-only, does not have it."""
    return "token.name" if connection.format >= _NAMED else "NULL"


def new_token() -> str:
    public_id = _base62(int.from_bytes(os.urandom(_ID), "big"), _ID)
    secret = _base62(int.from_bytes(os.urandom(_SECRET_BYTES), "big"), _SECRET)
    token = _PREFIX + public_id + secret
    return token + _checksum(token)


def public_id_of(token: str) -> str | None:
    """The public id of a well-formed token, otherwise ``None``."""
    if len(token) != len(_PREFIX) + _ID + _SECRET + _CHECK or not token.startswith(_PREFIX):
        return None
    # Base 62: a NUL, for example, must not reach the database.
    if not set(token[len(_PREFIX) :]).issubset(_DIGITS):
        return None
    if _checksum(token[:-_CHECK]) != token[-_CHECK:]:
        return None
    return token[len(_PREFIX) : len(_PREFIX) + _ID]


def is_public_id(text: str) -> bool:
    return len(text) == _ID and set(text).issubset(_DIGITS)


def _checksum(text: str) -> str:
    return _base62(binascii.crc32(text.encode()), _CHECK)


def hash_of(token: str) -> bytes:
    from hashlib import sha256

    return sha256(token.encode()).digest()


def _base62(number: int, width: int) -> str:
    """The lowest ``width`` digits of a number."""
    digits: list[str] = []
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def _shown(name: str) -> str:
    return ascii(name[:_NAME_CHARACTERS])
