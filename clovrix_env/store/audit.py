"""Writes the audit: a row for each write and each act on a token, in its transaction.

Each project has a chain of rows, which its lock orders. The acts on the store itself have another.

    MAC of a row = key number (4) | HMAC-SHA-256(MAC of the row before it, row and its position)
    proof of a chain = the same over the position and the MAC of its last row, and of the last row
                       that was pruned, if there is one

The keys of the MACs are random, 32 bytes each. The blob that proves the master key contains them,
so that a user who can only write to the file cannot make a MAC. The first write of a store makes
the first key, and begins each chain; the row ``begin_audit`` covers the rows before.

A row that is changed, removed, inserted or moved is noticed, also at the end of a chain. A whole
chain that is replaced by an earlier copy of itself is not, nor is an old file put back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time

from clovrix_env.system.seal import BrokenSeal, new_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, Optional

    from clovrix_env.api.messages import Call
    from clovrix_env.store.access import Grant
    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection

    # Time, token id, action, project, environment, key, version and status.
    Row = tuple[
        int,
        Optional[str],
        str,
        Optional[str],
        Optional[str],
        Optional[str],
        Optional[int],
        int,
    ]
    # Position and MAC of the last row, then of the last one that was pruned, and the proof of all.
    Head = tuple[int, bytes, int, bytes, bytes]

COLUMNS = "at, token_id, action, project, environment, key, version, status"
STORE = 0  # the chain of the store's own acts
BEGIN = "begin_audit"

ENDS = "SELECT chain, position, mac, begun, begun_mac, proof FROM audit_chain ORDER BY chain"
_END = "SELECT position, mac, begun, begun_mac, proof FROM audit_chain WHERE chain = ?"
_NUMBER_BYTES = 4
# SQLite stores any type in any column: such a cell gets a text that no program writes.
_encode = json.JSONEncoder(default=repr, check_circular=False).encode
_OLDER = (
    "SELECT id, at, token_id, action, project, environment, key, version, status FROM audit"
    " WHERE chain IS NULL ORDER BY id"
)
_ADVANCE = "UPDATE audit_chain SET position = ?, mac = ?, proof = ? WHERE chain = ? AND proof = ?"


class Chains:
    """The keys of a store's audit, and the end of each chain as it was last seen."""

    def __init__(self, keys: DataKeys) -> None:
        self._keys = keys
        self._macs: list[bytes] = []
        self._heads: dict[int, Head] = {}

    def append(self, connection: Connection, chain: int, rows: Sequence[Row]) -> None:
        """Add rows to a chain. Raises ``BrokenSeal`` if its end was changed."""
        # Another process may have written since: the end that is known is tried first.
        head = self._heads.get(chain) or self.head(connection, chain)
        while True:
            written, new = self._continued(chain, head, rows)
            if connection.execute(_ADVANCE, (*new[:2], new[4], chain, head[4])).rowcount:
                break
            head = self.head(connection, chain)
        self._heads[chain] = new
        connection.batch(f"INSERT INTO audit ({COLUMNS}, chain, position, mac)", written)

    def begin(self, connection: Connection, chain: int) -> None:
        """Begin the empty chain of a new project."""
        if self._load(connection):
            connection.batch(
                "INSERT INTO audit_chain (chain, position, mac, proof)",
                [self._empty(chain)],
            )

    def cut(self, connection: Connection, chain: int, begun: int) -> None:
        """Let a chain begin after a row, which the caller then removes with those before it."""
        position, mac, _, _, proof = self.head(connection, chain)
        statement = "SELECT mac FROM audit WHERE chain = ? AND position = ?"
        (begun_mac,) = connection.execute(statement, (chain, begun)).fetchone()
        number = int.from_bytes(proof[:_NUMBER_BYTES], "big")
        new = self._proof(number, chain, position, mac, begun, begun_mac)
        connection.execute(
            "UPDATE audit_chain SET begun = ?, begun_mac = ?, proof = ? WHERE chain = ?",
            (begun, begun_mac, new, chain),
        )

    def head(self, connection: Connection, chain: int) -> Head:
        """The end of a chain, as the store has it and once it is proven."""
        row = connection.execute(_END, (chain,)).fetchone()
        if row is None and not self._load(connection):
            row = connection.execute(_END, (chain,)).fetchone()
        if row is None or not self.is_proven(connection, chain, *row):
            raise BrokenSeal(f"the end of an audit chain ({chain}) was changed or removed")
        position, mac, begun, begun_mac, proof = row
        return position, mac, begun, begun_mac, proof

    def proven_ends(self, connection: Connection) -> list[tuple[int, Head]]:
        """The chain of each end that a program wrote, and that end."""
        self._load(connection)
        rows = connection.execute(ENDS).fetchall()
        return [(row[0], row[1:]) for row in rows if self.is_proven(connection, *row)]

    def renew(
        self, connection: Connection, content: bytes, ends: Iterable[tuple[int, Head]]
    ) -> None:
        """Add a key to those in ``content``, and prove these ends with it."""
        self._keys.replace_check(connection, content + new_key())
        self._macs = self._stored(connection)
        self._heads.clear()
        number = len(self._macs) - 1
        for chain, end in ends:
            connection.execute(
                "UPDATE audit_chain SET proof = ? WHERE chain = ?",
                (self._proof(number, chain, *end[:4]), chain),
            )

    def is_proven(self, connection: Connection, chain: int, *end: Any) -> bool:
        """Whether the end of a chain is the one that a program wrote."""
        for _ in range(2):
            number = self.number_of(connection, end[4])
            if number is not None and end[4] == self._proof(number, chain, *end[:4]):
                return True
            self._macs = self._stored(connection)  # those in memory may have been undone
        return False

    def row_mac(
        self, number: int, place: tuple[int, int], before: Any, row: Sequence[Any]
    ) -> bytes:
        """The MAC of the row at a chain and a position, after the row whose MAC is ``before``."""
        return self._mac(number, "row", place, before, row)

    def number_of(self, connection: Connection, mac: Any) -> int | None:
        """The number of the key of a MAC, or ``None`` for one that no program has written."""
        if not isinstance(mac, bytes) or len(mac) <= _NUMBER_BYTES:
            return None
        number = int.from_bytes(mac[:_NUMBER_BYTES], "big")
        if number >= len(self._macs):  # another process has made a key
            self._macs = self._stored(connection)
        return number if number < len(self._macs) else None

    def _continued(
        self, chain: int, head: Head, rows: Sequence[Row]
    ) -> tuple[list[tuple[Any, ...]], Head]:
        position, mac, begun, begun_mac, proof = head
        number = int.from_bytes(proof[:_NUMBER_BYTES], "big")
        written: list[tuple[Any, ...]] = []
        for row in rows:
            position += 1
            mac = self.row_mac(number, (chain, position), mac, row)
            written.append((*row, chain, position, mac))
        end = position, mac, begun, begun_mac
        return written, (*end, self._proof(number, chain, *end))

    def _proof(
        self, number: int, chain: int, position: Any, mac: Any, begun: Any, begun_mac: Any
    ) -> bytes:
        pruned = (begun, begun_mac) if begun or begun_mac else ()
        return self._mac(number, "end", (chain, position), mac, pruned)

    def _empty(self, chain: int) -> tuple[int, int, bytes, bytes]:
        return chain, 0, b"", self._proof(len(self._macs) - 1, chain, 0, b"", 0, b"")

    def _mac(
        self, number: int, kind: str, place: tuple[int, Any], before: Any, row: Sequence[Any]
    ) -> bytes:
        text = _encode([kind, self._keys.store_id, *place, before, *row])
        if number >= len(self._macs):
            raise BrokenSeal("a key of the audit is missing")
        digest = hmac.digest(self._macs[number], text.encode(), "sha256")
        return number.to_bytes(_NUMBER_BYTES, "big") + digest

    def _load(self, connection: Connection) -> bool:
        """Read the keys. False if there was none: the audit has begun just now."""
        self._macs = self._stored(connection)
        if self._macs:
            return True
        self._macs = [new_key()]
        if not self._keys.replace_check(connection, self._macs[0]):
            self._macs = self._stored(connection)  # another process was first
            return True
        projects = connection.execute("SELECT id FROM project ORDER BY id").fetchall()
        connection.batch(
            "INSERT INTO audit_chain (chain, position, mac, proof)",
            [self._empty(chain) for chain in (STORE, *(row[0] for row in projects))],
        )
        count, digest = older(connection)
        self.append(
            connection, STORE, [(int(time.time()), None, BEGIN, None, None, digest, count, 200)]
        )
        return False

    def _stored(self, connection: Connection) -> list[bytes]:
        plain = self._keys.check_content(connection)
        size = len(new_key())
        return [plain[at : at + size] for at in range(0, len(plain), size)]


def chains_of(keys: DataKeys) -> Chains:
    """The chains of a store, which its data keys keep."""
    if keys.chains is None:
        keys.chains = Chains(keys)
    return keys.chains


def older(connection: Connection) -> tuple[int, str | None]:
    """The number of the rows from before format 4, and their SHA-256 if there are any."""
    rows, digest = connection.execute(_OLDER).fetchall(), hashlib.sha256()
    for row in rows:
        digest.update(_encode(row).encode() + b"\n")
    return len(rows), digest.hexdigest() if rows else None


def note_call(
    connection: Connection,
    keys: DataKeys,
    grant: Grant,
    call: Call,
    done: Iterable[tuple[str | None, int | None, int]],
    now: int | None = None,
) -> None:
    """Add a row to the chain of the project for each key, version and status of a call.

    Without a key, a row has that of the call.
    """
    now = int(time.time()) if now is None else now
    place = now, grant.token_id, call.operation, call.project, call.environment or None
    chains_of(keys).append(
        connection,
        grant.project_id,
        [(*place, key or call.key or None, number, status) for key, number, status in done],
    )


def note_acts(
    connection: Connection,
    keys: DataKeys,
    action: str,
    subjects: Iterable[tuple[str | None, str | None, str | None]],
    *,
    status: int = 200,
    chain: int = STORE,
) -> None:
    """Add a row for each project, environment and key or token on which the owner has acted."""
    now = int(time.time())
    rows: list[Row] = [(now, None, action, *subject, None, status) for subject in subjects]
    if rows:
        chains_of(keys).append(connection, chain, rows)
