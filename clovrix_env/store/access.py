"""Tokens, their roles and their scopes, and the admission of calls.

    token = "icr_" | public id (8) | 32 random bytes in base 62 (43) | CRC-32 of all before (6)

The store contains the public id and the SHA-256 of the token: random bytes need no slow hash. The
checksum lets a scanner of leaked secrets distinguish a token from a text that looks like one.

A seal under the master key covers the row of a token and its scopes. Without that key, a user who
can write to the file cannot create a token or change its role, scope or expiry.
"""

from __future__ import annotations

import binascii
import os
import time

from clovrix_env.api import limits
from clovrix_env.errors import (
    AuthenticationError,
    BillingError,
    ClovrixConfigError,
    ForbiddenError,
    NotFoundError,
    ValidationError,
)
from clovrix_env.model.record import Record
from clovrix_env.system.seal import BrokenSeal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Connection
    from typing import Any

    from clovrix_env.api.messages import Call
    from clovrix_env.store.data_keys import DataKeys

ROLES = ("read", "write")
BILLING = ("active", "pending_payment", "restricted")

_PREFIX = "icr_"
_ID, _SECRET, _CHECK = 8, 43, 6
_SECRET_BYTES = 32
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NAME_CHARACTERS = 80


class Grant(Record):
    """The scope of an admitted call and the id of its token: ``None`` is the owner.

    ``environment_id`` is 0 for a call on the whole project.
    """

    project_id: int
    environment_id: int
    token_id: str | None


class HeldToken(Record):
    """A token as the store knows it, without its secret. Times are seconds since 1970."""

    id: str
    role: str
    scopes: tuple[str, ...]
    expires_at: int | None
    revoked_at: int | None
    proven: bool

    def state(self, now: float) -> str:
        """``holds``, ``revoked``, ``expired`` or ``damaged``."""
        if not self.proven:
            return "damaged"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and now >= self.expires_at else "holds"


def admit(connection: Connection, keys: DataKeys, call: Call) -> Grant:
    """Admit a call before its body is read. Raises 401, 402, 404 and 403, in this order.

    An environment that does not exist and one out of the token's scope get the same message.
    """
    token_id, role = None, "write"
    if call.token is not None:
        token_id, role = _holder(connection, keys, call.token)
    _check_billing(connection)
    grant = _place(connection, call, token_id)
    if call.writes and role != "write":
        raise ForbiddenError("the token may read but not write", 403)
    return grant


def billing(connection: Connection) -> str:
    row = connection.execute("SELECT value FROM setting WHERE name = 'billing'").fetchone()
    return "active" if row is None else str(row[0])


def _check_billing(connection: Connection) -> None:
    status = billing(connection)
    if status != "active":
        raise BillingError(f"the organization's billing is {status}", 402, None, status)


def _place(connection: Connection, call: Call, token_id: str | None) -> Grant:
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
    return Grant(row[0], row[1] or 0, token_id)


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


def _holder(connection: Connection, keys: DataKeys, token: str) -> tuple[str, str]:
    """The public id and the role of a valid token; 401 for any other."""
    from hmac import compare_digest

    public_id = _public_id(token)
    if public_id is None:
        raise AuthenticationError("the token does not have the form of a Clovrix token", 401)
    row = connection.execute(
        "SELECT hash, role, expires_at, revoked_at, proof FROM token WHERE id = ?", (public_id,)
    ).fetchone()
    # The same work for an unknown id as for a wrong secret, so that the time reveals nothing.
    stored, role, expires_at, revoked_at, proof = row or (bytes(32), "", None, None, b"")
    if not isinstance(stored, bytes) or not isinstance(proof, bytes):
        raise BrokenSeal(f"the token {public_id} has lost its hash or its proof")
    if not compare_digest(_hash(token), stored) or row is None:
        raise AuthenticationError("the token is not valid", 401)
    keys.check(proof, _proven(connection, public_id))
    if revoked_at is not None:
        raise AuthenticationError("the token was revoked", 401)
    if expires_at is not None and time.time() >= expires_at:
        raise AuthenticationError("the token has expired", 401)
    return public_id, role


def is_held_to(connection: Connection, token: str, *, from_file: bool) -> bool:
    """Whether this store checks a token: an invalid one then gets 401 and not the owner's rights.

    A token with a public id of this store is checked, even if the rest was cut off or mistyped. So
    is a well-formed token with an unknown id, unless it comes from a file of the project. Any other
    token belongs to the hosted Clovrix, and is ignored.
    """
    if not token.startswith(_PREFIX):
        return False
    public_id = token[len(_PREFIX) : len(_PREFIX) + _ID]
    found = connection.execute("SELECT 1 FROM token WHERE id = ?", (public_id,)).fetchone()
    return found is not None or (not from_file and _public_id(token) is not None)


def held(connection: Connection, keys: DataKeys) -> list[HeldToken]:
    """Every token, in the order of creation."""
    rows = connection.execute(
        "SELECT id, role, expires_at, revoked_at, proof FROM token ORDER BY rowid"
    ).fetchall()
    return [
        HeldToken(
            public_id,
            role,
            _scopes(connection, public_id),
            expires_at,
            revoked_at,
            _is_proven(connection, keys, public_id, proof),
        )
        for public_id, role, expires_at, revoked_at, proof in rows
    ]


def _scopes(connection: Connection, public_id: str) -> tuple[str, ...]:
    """``project`` for all its environments, ``project/environment`` for one."""
    rows = connection.execute(
        "SELECT project.name, environment.name FROM token_scope AS scope"
        " JOIN project ON project.id = scope.project_id"
        " LEFT JOIN environment ON environment.id = environment_id"
        " WHERE token_id = ? ORDER BY project.name, environment.name",
        (public_id,),
    )
    return tuple("/".join(filter(None, row)) for row in rows)


def _is_proven(connection: Connection, keys: DataKeys, public_id: str, proof: object) -> bool:
    if not isinstance(proof, bytes):
        return False
    try:
        keys.check(proof, _proven(connection, public_id))
    except BrokenSeal:
        return False
    return True


def mint(
    connection: Connection,
    keys: DataKeys,
    scopes: Iterable[tuple[int, int | None]],
    role: str,
    expires_at: int | None,
) -> str:
    """Create a token for pairs of a project and an environment (``None``: all environments).

    Only the returned text contains its secret: the store keeps a hash.
    """
    public_id = _base62(int.from_bytes(os.urandom(_ID), "big") % len(_DIGITS) ** _ID, _ID)
    secret = _base62(int.from_bytes(os.urandom(_SECRET_BYTES), "big"), _SECRET)
    token = _PREFIX + public_id + secret
    token += _checksum(token)
    connection.execute(
        "INSERT INTO token (id, hash, role, expires_at, proof) VALUES (?, ?, ?, ?, x'')",
        (public_id, _hash(token), role, expires_at),
    )
    connection.executemany(
        "INSERT INTO token_scope VALUES (?, ?, ?)",
        [(public_id, project_id, environment_id) for project_id, environment_id in scopes],
    )
    _prove(connection, keys, public_id)
    _note(connection, "create_token", public_id)
    return token


def revoke(connection: Connection, keys: DataKeys, public_id: str) -> None:
    """Revoke a token, given whole or by its public id; ``ClovrixConfigError`` if there is none."""
    # A public id is ASCII: any other text matches no token.
    public_id = _public_id(public_id) or public_id.encode("ascii", "replace").decode()
    changed = connection.execute(
        "UPDATE token SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?",
        (int(time.time()), public_id),
    )
    if not changed.rowcount:
        raise ClovrixConfigError(
            "no token has this public id", "run clovrix-env local token list for the ids"
        )
    _prove(connection, keys, public_id)
    _note(connection, "revoke_token", public_id)


def _prove(connection: Connection, keys: DataKeys, public_id: str) -> None:
    connection.execute(
        "UPDATE token SET proof = ? WHERE id = ?",
        (keys.proof(_proven(connection, public_id)), public_id),
    )


def _proven(connection: Connection, public_id: str) -> tuple[Any, ...]:
    """Everything that defines a token: its row, then its scopes, by id and by name."""
    row = connection.execute(
        "SELECT id, hex(hash), role, expires_at, revoked_at FROM token WHERE id = ?", (public_id,)
    ).fetchone()
    scopes = connection.execute(
        "SELECT scope.project_id, project.name, environment_id, environment.name"
        " FROM token_scope AS scope LEFT JOIN project ON project.id = scope.project_id"
        " LEFT JOIN environment ON environment.id = environment_id"
        " WHERE token_id = ? ORDER BY scope.project_id, environment_id",
        (public_id,),
    ).fetchall()
    return ("token", *row, *scopes)


def _note(connection: Connection, action: str, public_id: str) -> None:
    connection.execute(
        "INSERT INTO audit (at, action, key, status) VALUES (?, ?, ?, 200)",
        (int(time.time()), action, public_id),
    )


def _public_id(token: str) -> str | None:
    if len(token) != len(_PREFIX) + _ID + _SECRET + _CHECK or not token.startswith(_PREFIX):
        return None
    if not token.isascii() or _checksum(token[:-_CHECK]) != token[-_CHECK:]:
        return None
    return token[len(_PREFIX) : len(_PREFIX) + _ID]


def _checksum(text: str) -> str:
    return _base62(binascii.crc32(text.encode()), _CHECK)


def _hash(token: str) -> bytes:
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
