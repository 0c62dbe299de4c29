"""The data keys of the projects, which the master key seals in the store."""

from __future__ import annotations

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.seal import (
    KEY_ID_BYTES,
    BrokenSeal,
    Sealer,
    cipher_of,
    new_key,
    seal,
    unseal,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from clovrix_env.store.database import Connection, Database
    from clovrix_env.store.master_key import MasterKey

_MOST_KEPT = 1000


class DataKeys:
    """The data keys of the projects, unsealed once and then kept by project and key id.

    It also makes proofs: seals without content, whose context proves that a row is genuine.
    """

    def __init__(self, store_id: str, master: MasterKey) -> None:
        self.store_id = store_id
        self._master = master
        self._open: dict[tuple[int, bytes], AESGCM] = {}
        self._proofs: dict[bytes, tuple[object, ...]] = {}
        self._sealers: dict[tuple[bytes, tuple[str, ...]], Sealer] = {}

    @classmethod
    def proven(cls, key: MasterKey, database: Database) -> DataKeys:
        """Refuse a wrong key: by its label, then by the blob that it must open."""
        identity, path = database.identity, database.path
        if key.label != identity.key_label:
            key.verify()
            raise ClovrixConfigError(
                f"the store {path} is sealed under the master key {identity.key_label}; "
                f"{key.source} has {key.label}",
                f"use the key whose line ends in :{identity.key_label}",
            )
        try:
            unseal(key.key, (identity.store_id,), identity.check_blob)
        except BrokenSeal:
            key.verify()
            raise ClovrixConfigError(
                f"the store {path} is damaged: its proof of the master key does not open",
                "restore it from a backup",
            ) from None
        return cls(identity.store_id, key)

    def create(self, connection: Connection, project_id: int) -> None:
        key_id = new_key()[:KEY_ID_BYTES]
        place = self._place(project_id, key_id)
        sealed = seal(self._master.key, self._master.key_id, place, new_key())
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
            place = self._place(project_id, key_id)
            key = cipher_of(unseal(self._master.key, place, row[0]))
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

    def proof(self, proven: Iterable[object]) -> bytes:
        place = (self.store_id, *map(str, proven))
        return seal(self._master.key, self._master.key_id, place, b"")

    def check(self, proof: bytes, proven: Iterable[object]) -> None:
        """Raise ``BrokenSeal`` if ``proof`` does not belong to ``proven``."""
        proven = tuple(proven)
        if self._proofs.get(proof) == proven:  # 15 µs of each request of a server
            return
        unseal(self._master.key, (self.store_id, *map(str, proven)), proof)
        if len(self._proofs) >= _MOST_KEPT:
            self._proofs.clear()
        self._proofs[proof] = proven

    def _place(self, project_id: int, key_id: bytes) -> tuple[str, ...]:
        return (self.store_id, str(project_id), key_id.hex())
