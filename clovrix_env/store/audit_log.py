"""Reads the audit, and verifies its chains in many short transactions: writers need not wait."""

from __future__ import annotations

from functools import partial

from clovrix_env.model.record import Record
from clovrix_env.store import access, audit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from clovrix_env.store.audit import Chains
    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection, Database

    # The last row that is sound: its position, id and MAC, and the number of that MAC's key.
    _Reached = tuple[int, int, bytes, int]

FORMAT = 4  # the first in which the audit has chains

_BATCH = 500
_EVENTS = (
    "SELECT audit.id, at, token_id, {name}, action, project, environment, key, version, status"
    " FROM audit LEFT JOIN token ON token.id = token_id WHERE"
)
_ROWS = (
    "SELECT position, id, mac, at, token_id, action, project, environment, key, version, status"
    " FROM audit WHERE chain = ? AND position > ? ORDER BY position LIMIT ?"
)
_ID, _MAC, _CELLS = 1, 2, 3


class AuditEvent(Record):
    """A row of the audit. ``token`` is a public id, and ``None`` for the owner of the store.

    ``key`` is that of an entry, or the public id of the token that was created or revoked.
    """

    id: int
    at: int
    token: str | None
    token_name: str | None
    action: str
    project: str | None
    environment: str | None
    key: str | None
    version: int | None
    status: int


def newest(
    database: Database, project: str | None, most: int
) -> tuple[list[AuditEvent], dict[int, int]]:
    """The newest events, oldest first, and the position of each chain, from which to follow."""
    return database.read(
        lambda connection: (_newest(connection, project, most), _positions(connection))
    )


def _newest(connection: Connection, project: str | None, most: int) -> list[AuditEvent]:
    within, bound = ("1 = 1", []) if project is None else ("project = ?", [project])
    statement = _EVENTS.format(name=access.name_column(connection))
    rows = connection.execute(
        f"{statement} {within} ORDER BY audit.id DESC LIMIT ?", (*bound, most)
    ).fetchall()
    return [AuditEvent(*row) for row in reversed(rows)]


def since(
    database: Database, project: str | None, seen: dict[int, int]
) -> tuple[list[AuditEvent], dict[int, int]]:
    """The events after the positions of ``seen``, and the new positions.

    By chain: where projects are written side by side, a lower id can appear after a higher one.
    """
    rows, now = database.read(lambda connection: _since(connection, seen))
    events = [AuditEvent(*row) for row in sorted(rows)]
    return [event for event in events if project in (None, event.project)], now


def _since(
    connection: Connection, seen: dict[int, int]
) -> tuple[list[tuple[Any, ...]], dict[int, int]]:
    now = _positions(connection)
    rows: list[tuple[Any, ...]] = []
    statement = _EVENTS.format(name=access.name_column(connection))
    for chain, position in now.items():
        bound = chain, seen.get(chain, 0), position
        if bound[1] < position:
            rows += connection.execute(
                f"{statement} chain = ? AND position > ? AND position <= ?", bound
            ).fetchall()
    return rows, now


def _positions(connection: Connection) -> dict[int, int]:
    if connection.format < FORMAT:
        return {}
    return dict(connection.execute("SELECT chain, position FROM audit_chain").fetchall())


def problems(database: Database, keys: DataKeys) -> Iterator[str]:
    """A line for the first problem of each chain; none if no row was changed."""
    ends, names, missing = database.read(lambda connection: _overview(connection, keys))
    yield from missing
    for chain, *end in ends:
        name = f"the audit of {names.get(chain, f'project {chain}')}" if chain else "the audit"
        problem = _of_chain(database, keys, chain, end)
        if problem is not None:
            yield f"{name}: {problem}"


def _overview(
    connection: Connection, keys: DataKeys
) -> tuple[list[tuple[Any, ...]], dict[int, str], list[str]]:
    """The end of each chain, the names of the projects, and what is missing."""
    if connection.format < FORMAT:
        return [], {}, []
    ends = connection.execute(audit.ENDS).fetchall()
    names = dict(connection.execute("SELECT id, name FROM project ORDER BY id").fetchall())
    return ends, names, list(_missing(connection, keys, names, {end[0] for end in ends}))


def _missing(
    connection: Connection, keys: DataKeys, names: dict[int, str], chains: set[int]
) -> Iterator[str]:
    """The chains, and the rows from before the chains, that are not in the store."""
    if not chains and not keys.check_content(connection):
        return  # nothing was written since the store was converted
    for chain in (audit.STORE, *names):
        if chain not in chains:
            name = f"the audit of {names[chain]}" if chain else "the audit"
            yield f"{name}: its end was removed"
    for (project,) in connection.execute(
        "SELECT project FROM audit WHERE action = 'create_project' ORDER BY id"
    ):
        if project not in names.values():
            yield f"the audit: project {project} was created, and is not in the store"
    begun = connection.execute(
        "SELECT version, key FROM audit WHERE chain = ? AND action = ? ORDER BY position LIMIT 1",
        (audit.STORE, audit.BEGIN),
    ).fetchone()
    if begun is not None and begun != audit.older(connection):
        yield f"the audit: the {begun[0]} rows from before format {FORMAT} were changed"


def _of_chain(database: Database, keys: DataKeys, chain: int, end: Sequence[Any]) -> str | None:
    """The first problem of a chain with this end, or ``None``."""
    begun, begun_mac = end[2:4]
    found: _Reached | str | None = (begun, 0, begun_mac, 0)
    while isinstance(found, tuple):
        found = database.read(partial(_further, audit.chains_of(keys), chain, end, found))
    return found


def _further(
    chains: Chains, chain: int, end: Sequence[Any], reached: _Reached, connection: Connection
) -> _Reached | str | None:
    """The row up to which the next rows are sound, a problem, or ``None`` at the end."""
    position, row_id, mac, number = reached
    if position == end[2] and not chains.is_proven(connection, chain, *end):
        return "its end was changed"
    rows = connection.execute(_ROWS, (chain, position, _BATCH)).fetchall()
    for row in rows:
        if position == end[0]:
            # Added since this began, or by another program: the end then is another one.
            if chains.head(connection, chain)[0] < row[0]:
                return f"row {row[0]} (id {row[_ID]}) was inserted at its end"
            return None
        if row[0] != position + 1:
            return f"row {position + 1} was removed"
        position += 1
        found = chains.number_of(connection, row[_MAC])
        if (
            found is None
            or found < number
            or row[_ID] <= row_id
            or row[_MAC] != chains.row_mac(found, (chain, position), mac, row[_CELLS:])
        ):
            return f"row {position} (id {row[_ID]}) was changed, inserted or moved"
        row_id, mac, number = row[_ID], row[_MAC], found
    if rows:
        return position, row_id, mac, number
    if position < end[0]:
        return f"row {position + 1} and those after it were removed"
    return None if mac == end[1] else "its end was changed"
