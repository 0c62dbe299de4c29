"""The data keys of the projects, which the master key seals in the store."""

from __future__ import annotations

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.seal import (
    KEY_ID_BYTES,
    BrokenSeal,
    Sealer,
    cipher_of,
    key_id_of,
    new_key,
    seal,
    unseal,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from clovrix_env.store.audit import Chains
    from clovrix_env.store.database import Connection, Database
    from clovrix_env.store.master_key import MasterKey

_MOST_KEPT = 1000


class DataKeys:
    """The data keys of the projects, unsealed once and then kept by project and key id.

    It also makes proofs: seals without content, whose context proves that a row is genuine.
    """

    def __init__(self, store_id: str, master: MasterKey) -> None:
        self.store_id = store_id
        self.chains: Chains | None = None  # of the audit, which a read does not need
        self._source = master.source
        # By key id. After a rotation there are several: other processes may have yet to notice.
        self._masters = {master.key_id: cipher_of(master.key)}
        self._open: dict[tuple[int, bytes], AESGCM] = {}
        self._proofs: dict[bytes, tuple[object, ...]] = {}
        self._sealers: dict[tuple[bytes, tuple[str, ...]], Sealer] = {}

    @classmethod
    def proven(cls, key: MasterKey, database: Database) -> DataKeys:
        """Refuse a wrong key: by its label, then by the blob that it must open."""
        identity, path = database.identity, database.path
        keys = cls(identity.store_id, key)
        if key.label != identity.key_label:
            key.verify()
            key_id = _key_id(identity.key_label)
            if database.read(lambda connection: keys.learn(connection, key_id)) is None:
                raise ClovrixConfigError(
                    f"the store {path} is sealed under the master key {identity.key_label}; "
                    f"{key.source} has {key.label}",
                    f"use the key whose line ends in :{identity.key_label}",
                )
        try:
            keys.unseal_with(None, (identity.store_id,), identity.check_blob)
        except BrokenSeal:
            key.verify()
            raise ClovrixConfigError(
                f"the store {path} is damaged: its proof of the master key does not open",
                "restore it from a backup",
            ) from None
        return keys

    def learn(self, connection: Connection, key_id: bytes) -> AESGCM | None:
        """The master key with this id, if it replaced one that is known here."""
        if key_id not in self._masters:
            from clovrix_env.store import rotate_master  # a launch does not need it

            found = rotate_master.successor(connection, self, key_id, self._source)
            if found is not None:
                self._masters[key_id] = cipher_of(found)
        return self._masters.get(key_id)

    def unseal_with(
        self, connection: Connection | None, place: tuple[str, ...], blob: bytes
    ) -> bytes:
        """Open what the master key has sealed: the present one, or one that it replaced."""
        key_id = key_id_of(blob)
        master = self._masters.get(key_id)
        if master is None and connection is not None:
            master = self.learn(connection, key_id)
        if master is None:
            raise BrokenSeal(f"it is sealed under the master key {key_id.hex()}, which is not here")
        return unseal(master, place, blob)

    def seal_with(self, connection: Connection, place: tuple[str, ...], plain: bytes) -> bytes:
        """Seal with the present master key, which another process may have rotated."""
        row = connection.execute("SELECT key_label FROM store").fetchone()
        key_id = _key_id(None if row is None else row[0])
        master = self.learn(connection, key_id)
        if master is None:
            raise BrokenSeal(f"it is sealed under the master key {key_id.hex()}, which is not here")
        return seal(master, key_id, place, plain)

    def create(self, connection: Connection, project_id: int) -> None:
        key_id = new_key()[:KEY_ID_BYTES]
        place = self.place(project_id, key_id)
        sealed = self.seal_with(connection, place, new_key())
        connection.execute(
            "INSERT INTO data_key (project_id, key_id, sealed) VALUES (?, ?, ?)",
            (project_id, key_id, sealed),
        )

    def current(self, connection: Connection, project_id: int) -> bytes:
        """The id of the key for new values of the project."""
        row = connection.execute(
            "SELECT key_id FROM data_key WHERE project_id = ? AND retired_at IS NULL"
            " ORDER BY key_id LIMIT 1",
            (project_id,),
        ).fetchone()
        if row is None or not isinstance(row[0], bytes):
            raise BrokenSeal("the project has no data key")
        return row[0]

    def named(self, connection: Connection, project_id: int, key_id: bytes) -> AESGCM:
        key = self._open.get((project_id, key_id))
        if key is None:
            row = connection.execute(
                "SELECT sealed FROM data_key WHERE project_id = ? AND key_id = ?",
                (project_id, key_id),
            ).fetchone()
            if row is None or not isinstance(row[0], bytes):
                raise BrokenSeal("its data key is not in the store")
            place = self.place(project_id, key_id)
            key = cipher_of(self.unseal_with(connection, place, row[0]))
            self._open[project_id, key_id] = key
        return key

    def sealer(
        self, connection: Connection, project_id: int, key_id: bytes, place: tuple[str, ...]
    ) -> Sealer:
        """The sealer of a key for places that begin with ``place``, which names the project."""
        sealer = self._sealers.get((key_id, place))
        if sealer is None:
            if len(self._sealers) >= _MOST_KEPT:
                self._sealers.clear()
            sealer = Sealer(self.named(connection, project_id, key_id), key_id, place)
            self._sealers[key_id, place] = sealer
        return sealer

    def proof(self, connection: Connection, proven: Iterable[object]) -> bytes:
        return self.seal_with(connection, (self.store_id, *map(str, proven)), b"")

    def check(self, connection: Connection, proof: bytes, proven: Iterable[object]) -> None:
        """Raise ``BrokenSeal`` if ``proof`` does not belong to ``proven``."""
        proven = tuple(proven)
        if self._proofs.get(proof) == proven:  # 15 µs of each request of a server
            return
        self.unseal_with(connection, (self.store_id, *map(str, proven)), proof)
        if len(self._proofs) >= _MOST_KEPT:
            self._proofs.clear()
        self._proofs[proof] = proven

    def check_content(self, connection: Connection) -> bytes:
        """The content of the blob that proves the master key: the keys of the audit."""
        return self.unseal_with(connection, (self.store_id,), self._check_blob(connection))

    def replace_check(self, connection: Connection, content: bytes) -> bool:
        """Replace that content; false if another process has just done so."""
        sealed = self.seal_with(connection, (self.store_id,), content)
        bound = sealed, self._check_blob(connection)
        done = connection.execute("UPDATE store SET check_blob = ? WHERE check_blob = ?", bound)
        return done.rowcount == 1

    def _check_blob(self, connection: Connection) -> bytes:
        row = connection.execute("SELECT check_blob FROM store").fetchone()
        if row is None or not isinstance(row[0], bytes):
            raise BrokenSeal("its identity is missing")
        return row[0]

    def place(self, project_id: int, key_id: bytes) -> tuple[str, ...]:
        return (self.store_id, str(project_id), key_id.hex())


def _key_id(label: object) -> bytes:
    """The id of the master key with this label; of no key, if the label was changed."""
    try:
        return bytes.fromhex(str(label))
    except ValueError:
        return b""
