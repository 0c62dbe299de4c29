"""Reads the audit, and verifies its chains in many short transactions: writers need not wait."""

from __future__ import annotations

from clovrix_env.model.record import Record
from clovrix_env.store import access, audit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection, Database

FORMAT = 4  # the first in which the audit has chains

_BATCH = 500
_EVENTS = (
    "SELECT audit.id, at, token_id, {name}, action, project, environment, key, version, status"
    " FROM audit LEFT JOIN token ON token.id = token_id WHERE"
)
_ENDS = "SELECT chain, position, mac, proof FROM audit_chain ORDER BY chain"
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
    with database.reading() as connection:
        return _newest(connection, project, most), _positions(connection)


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
    rows: list[Any] = []
    with database.reading() as connection:
        now = _positions(connection)
        statement = _EVENTS.format(name=access.name_column(connection))
        for chain, position in now.items():
            bound = chain, seen.get(chain, 0), position
            if bound[1] < position:
                rows += connection.execute(
                    f"{statement} chain = ? AND position > ? AND position <= ?", bound
                ).fetchall()
    events = [AuditEvent(*row) for row in sorted(rows)]
    return [event for event in events if project in (None, event.project)], now


def _positions(connection: Connection) -> dict[int, int]:
    if connection.format < FORMAT:
        return {}
    return dict(connection.execute("SELECT chain, position FROM audit_chain").fetchall())


def problems(database: Database, keys: DataKeys) -> Iterator[str]:
    """A line for the first problem of each chain; none if no row was changed."""
    with database.reading() as connection:
        if connection.format < FORMAT:
            return
        ends = connection.execute(_ENDS).fetchall()
        names = dict(connection.execute("SELECT id, name FROM project ORDER BY id").fetchall())
        yield from _missing(connection, keys, names, {end[0] for end in ends})
    for chain, *end in ends:
        name = f"the audit of {names.get(chain, f'project {chain}')}" if chain else "the audit"
        for problem in _of_chain(database, keys, chain, end):
            yield f"{name}: {problem}"


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


def _of_chain(database: Database, keys: DataKeys, chain: int, end: Sequence[Any]) -> Iterator[str]:
    chains = audit.chains_of(keys)
    position, row_id, mac, number = 0, 0, b"", 0
    while True:
        with database.reading() as connection:
            if not position and not chains.is_proven(connection, chain, *end):
                yield "its end was changed"
                return
            rows = connection.execute(_ROWS, (chain, position, _BATCH)).fetchall()
            for row in rows:
                if position == end[0]:
                    # Added since this began, or by another program: the end then is another one.
                    if chains.head(connection, chain)[0] < row[0]:
                        yield f"row {row[0]} (id {row[_ID]}) was inserted at its end"
                    return
                if row[0] != position + 1:
                    yield f"row {position + 1} was removed"
                    return
                position += 1
                found = chains.number_of(connection, row[_MAC])
                if (
                    found is None
                    or found < number
                    or row[_ID] <= row_id
                    or row[_MAC] != chains.row_mac(found, (chain, position), mac, row[_CELLS:])
                ):
                    yield f"row {position} (id {row[_ID]}) was changed, inserted or moved"
                    return
                row_id, mac, number = row[_ID], row[_MAC], found
        if not rows:
            break
    if position < end[0]:
        yield f"row {position + 1} and those after it were removed"
    elif mac != end[1]:
        yield "its end was changed"
