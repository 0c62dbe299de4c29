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
from clovrix_env.store.opening import format_of
from clovrix_env.system.seal import BrokenSeal

TYPE_CHECKING = False
if TYPE_CHECKING:
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
_PROVEN = "SELECT id, hex(hash), role, expires_at, revoked_at, {name} FROM token WHERE id = ?"
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

    An environment that does not exist and one out of the token's scope get the same message.
    """
    token_id, role, last_used = None, "write", None
    if call.token is not None:
        token_id, role, last_used = _holder(connection, keys, call.token)
    _check_billing(connection)
    grant = Grant(*_place(connection, call, token_id), token_id, last_used)
    if call.writes and role != "write":
        raise ForbiddenError("the token may read but not write", 403)
    return grant


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


def _check_billing(connection: Connection) -> None:
    status = billing(connection)
    if status != "active":
        raise BillingError(f"the organization's billing is {status}", 402, None, status)


def _place(connection: Connection, call: Call, token_id: str | None) -> tuple[int, int]:
    row: tuple[int, int | None] | None = None
    if call.operation == "get_log" and not call.environment:
        row = _whole_project(connection, call.project)
    elif _can_exist(call.project) and _can_exist(call.environment):
        row = connection.execute(
            "SELECT project.id, environment.id FROM project"
            " JOIN environment ON environment.project_id = project.id"
            " WHERE project.name = ? AND environment.name = ?",
            (call.project, call.environment),
        ).fetchone()
    if row is None or not (token_id is None or _in_scope(connection, token_id, *row)):
        within = f" with an environment {_shown(call.environment)}" if call.environment else ""
        raise NotFoundError(f"there is no project {_shown(call.project)}{within} here", 404)
    return row[0], row[1] or 0


def _whole_project(connection: Connection, name: str) -> tuple[int, None] | None:
    if not _can_exist(name):
        return None
    found: tuple[int, None] | None = connection.execute(
        "SELECT id, NULL FROM project WHERE name = ?", (name,)
    ).fetchone()
    return found


def _can_exist(name: str) -> bool:
    # Names with NUL or lone surrogates cannot be created, and must not reach the database.
    try:
        limits.check_segment("name", name)
    except ValidationError:
        return False
    return True


def _in_scope(
    connection: Connection, token_id: str, project_id: int, environment_id: int | None
) -> bool:
    found = connection.execute(
        "SELECT 1 FROM token_scope WHERE token_id = ? AND project_id = ?"
        " AND (? IS NULL OR environment_id IS NULL OR environment_id = ?)",
        (token_id, project_id, environment_id, environment_id),
    ).fetchone()
    return found is not None


def _holder(connection: Connection, keys: DataKeys, token: str) -> tuple[str, str, int | None]:
    """The public id, the role and the last use of a valid token; 401 for any other."""
    from hmac import compare_digest

    public_id = public_id_of(token)
    if public_id is None:
        raise AuthenticationError("the token does not have the form of a Clovrix token", 401)
    row = connection.execute(
        "SELECT hash, role, expires_at, revoked_at, last_used, proof FROM token WHERE id = ?",
        (public_id,),
    ).fetchone()
    # The same work for an unknown id as for a wrong secret, so that the time reveals nothing.
    unknown = (bytes(32), "", None, None, None, b"")
    stored, role, expires_at, revoked_at, last_used, proof = row or unknown
    if not isinstance(stored, bytes) or not isinstance(proof, bytes):
        raise BrokenSeal(f"the token {public_id} has lost its hash or its proof")
    if not compare_digest(hash_of(token), stored) or row is None:
        raise AuthenticationError("the token is not valid", 401)
    keys.check(proof, proven(connection, public_id))
    if revoked_at is not None:
        raise AuthenticationError("the token was revoked", 401)
    if expires_at is not None and time.time() >= expires_at:
        raise AuthenticationError("the token has expired", 401)
    return public_id, role, last_used


def is_held_to(connection: Connection, token: str, *, from_file: bool) -> bool:
    """Whether this store checks a token: an invalid one then gets 401 and not the owner's rights.

    A token with a public id of this store is checked, even if the rest was cut off or mistyped. So
    is a well-formed token with an unknown id, unless it comes from a file of the project. Any other
    token belongs to the hosted Clovrix, and is ignored.
    """
    if not token.startswith(_PREFIX):
        return False
    public_id = token[len(_PREFIX) : len(_PREFIX) + _ID]
    if not set(public_id).issubset(_DIGITS):
        return False
    found = connection.execute("SELECT 1 FROM token WHERE id = ?", (public_id,)).fetchone()
    if found is None and format_of(connection) >= _PRUNED:
        found = connection.execute(
            "SELECT 1 FROM former_token WHERE id = ?", (public_id,)
        ).fetchone()
    return found is not None or (not from_file and public_id_of(token) is not None)


def proven(connection: Connection, public_id: str) -> tuple[object, ...]:
    """Everything that defines a token: its row, its scopes by id and by name, and its name.

    A token without a name has the proof that formats 1 and 2 gave it.
    """
    *row, name = connection.execute(
        _PROVEN.format(name=name_column(connection)), (public_id,)
    ).fetchone()
    scopes = connection.execute(
        "SELECT scope.project_id, project.name, environment_id, environment.name"
        " FROM token_scope AS scope LEFT JOIN project ON project.id = scope.project_id"
        " LEFT JOIN environment ON environment.id = environment_id"
        " WHERE token_id = ? ORDER BY scope.project_id, environment_id",
        (public_id,),
    ).fetchall()
    named = () if name is None else (("name", name),)
    return ("token", *row, *scopes, *named)


def name_column(connection: Connection) -> str:
    """The column of a token's name. An older format, which may be read-only, does not have it."""
    return "name" if format_of(connection) >= _NAMED else "NULL"


def new_token() -> str:
    public_id = _base62(int.from_bytes(os.urandom(_ID), "big") % len(_DIGITS) ** _ID, _ID)
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


def _checksum(text: str) -> str:
    return _base62(binascii.crc32(text.encode()), _CHECK)


def hash_of(token: str) -> bytes:
    from hashlib import sha256

    return sha256(token.encode()).digest()


def _base62(number: int, width: int) -> str:
    digits: list[str] = []
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def _shown(name: str) -> str:
    return ascii(name[:_NAME_CHARACTERS])
