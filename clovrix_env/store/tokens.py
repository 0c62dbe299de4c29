"""Creates, lists and revokes tokens, which only the owner of a store does."""

from __future__ import annotations

import time

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record
from clovrix_env.store import access, audit
from clovrix_env.store.projects import scopes as in_projects
from clovrix_env.system.seal import BrokenSeal
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection

NAME_CHARACTERS = 100
_ALL = "SELECT id, {name}, role, expires_at, revoked_at, last_used, proof FROM token"
_PROJECTS = "SELECT DISTINCT project_id FROM token_scope WHERE token_id = ? ORDER BY project_id"


class HeldToken(Record):
    """A token as the store knows it, without its secret. Times are seconds since 1970.

    ``last_used`` is the beginning of a day in UTC, or ``None`` if it was not used yet.
    """

    id: str
    name: str | None
    role: str
    scopes: tuple[str, ...]
    created_at: int | None
    expires_at: int | None
    revoked_at: int | None
    last_used: int | None
    proven: bool

    def state(self, now: float) -> str:
        """``holds``, ``revoked``, ``expired`` or ``damaged``."""
        if not self.proven:
            return "damaged"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and now >= self.expires_at else "holds"


def held(connection: Connection, keys: DataKeys) -> list[HeldToken]:
    """Every token, in the order of creation."""
    created = dict(
        connection.execute(
            "SELECT key, at FROM audit WHERE action = 'create_token' ORDER BY id"
        ).fetchall()
    )
    order = {public_id: number for number, public_id in enumerate(created)}
    rows = connection.execute(_ALL.format(name=access.name_column(connection))).fetchall()
    rows.sort(key=lambda row: order.get(row[0], len(order)))
    return [
        HeldToken(
            public_id,
            name,
            role,
            _scopes(connection, public_id),
            _time(created.get(public_id)),
            expires_at,
            revoked_at,
            _time(last_used),
            _is_proven(connection, keys, public_id, proof),
        )
        for public_id, name, role, expires_at, revoked_at, last_used, proof in rows
    ]


def _time(cell: object) -> int | None:
    # No proof covers these two times, and SQLite stores any type in any column.
    return cell if isinstance(cell, int) else None


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
        keys.check(connection, proof, access.proven(connection, public_id))
    except BrokenSeal:
        return False
    return True


def mint(
    connection: Connection,
    keys: DataKeys,
    scopes: Iterable[tuple[int, int | None]],
    role: str,
    expires_at: int | None,
    name: str | None,
) -> str:
    """Create a token for pairs of a project and an environment (``None``: all environments).

    Only the returned text contains its secret: the store keeps a hash.
    """
    token = access.new_token()
    public_id = access.public_id_of(token)
    assert public_id is not None
    connection.execute(
        "INSERT INTO token (id, hash, role, expires_at, proof, name) VALUES (?, ?, ?, ?, ?, ?)",
        (public_id, access.hash_of(token), role, expires_at, b"", name),
    )
    connection.batch(
        "INSERT INTO token_scope (token_id, project_id, environment_id)",
        [(public_id, project_id, environment_id) for project_id, environment_id in scopes],
    )
    _prove(connection, keys, public_id)
    audit.note_acts(connection, keys, "create_token", [(None, None, public_id)])
    return token


def check(role: str, name: str | None) -> None:
    """Refuse an unknown role, and a name that is not valid."""
    if role not in access.ROLES:
        raise ClovrixConfigError(f"the role must be one of {', '.join(access.ROLES)}")
    if name is not None:
        check_name(name)


def scopes(
    connection: Connection, projects: Iterable[str], environments: Iterable[str]
) -> list[tuple[int, int | None]]:
    """The scopes of a token, by id; it has at least one."""
    granted = in_projects(connection, projects, environments)
    if not granted:
        raise ClovrixConfigError("a token needs a project")
    return granted


def check_name(name: str) -> None:
    """Refuse a name that is empty, too long, or more than one printable line."""
    if not name.strip():
        raise ClovrixConfigError("the name of the token is empty", "name the program that uses it")
    if len(name) > NAME_CHARACTERS or one_line(name) != name:
        raise ClovrixConfigError(
            f"the name of a token must be one line of at most {NAME_CHARACTERS} characters",
            "use a short name, such as that of the program that uses the token",
        )


def revoke(connection: Connection, keys: DataKeys, public_id: str) -> None:
    """Revoke a token, given whole or by its public id; ``ClovrixConfigError`` if there is none."""
    public_id = access.public_id_of(public_id) or public_id
    if not access.is_public_id(public_id):  # a NUL or a mistyped token must not reach the database
        public_id = ""
    # No write by the token follows: each locks its project first and is then admitted.
    for (project_id,) in connection.execute(_PROJECTS, (public_id,)).fetchall():
        connection.lock(project_id)
    changed = connection.execute(
        "UPDATE token SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?",
        (int(time.time()), public_id),
    )
    if not changed.rowcount:
        raise ClovrixConfigError(
            "no token has this public id", "run clovrix-env local token list for the ids"
        )
    _prove(connection, keys, public_id)
    audit.note_acts(connection, keys, "revoke_token", [(None, None, public_id)])


def _prove(connection: Connection, keys: DataKeys, public_id: str) -> None:
    connection.execute(
        "UPDATE token SET proof = ? WHERE id = ?",
        (keys.proof(connection, access.proven(connection, public_id)), public_id),
    )
