"""Replaces the master key of a store, without a moment in which only one file has the new key.

    1. The caller makes the new key durable.
    2. ``begin`` seals all that the old key has sealed with the new one, in one transaction. The new
       key itself stays in the store, sealed with the old one: programs that have the old key learn
       it from there, so that none has to be restarted.
    3. The caller puts the new key in the place of the old one.
    4. ``finish`` removes the sealed copy. From then on the old key opens nothing.

A kill between two of these leaves a store that both keys open. The values are not touched: the
master key seals only the data keys, the proofs of tokens and the keys of the audit.
"""

from __future__ import annotations

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import access, audit
from clovrix_env.store.master_key import reread
from clovrix_env.system.seal import BrokenSeal, key_id_of, seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection, Database
    from clovrix_env.store.master_key import MasterKey

SETTING = "master_key_before"
_STORED = "SELECT value FROM setting WHERE name = ?"


def pending(database: Database) -> str | None:
    """The label of the old key while a rotation is not finished, otherwise ``None``."""
    sealed = database.read(_sealed)
    return None if sealed is None else key_id_of(sealed).hex()


def label(database: Database) -> str:
    """The label of the key that seals the store now."""
    return database.read(_label)


def begin(database: Database, keys: DataKeys, old: MasterKey, new: MasterKey) -> None:
    """Seal everything with the new key, which must be durable. The old one stays valid."""

    def begun(connection: Connection) -> None:
        connection.lock_all()
        if _sealed(connection) is not None:
            raise ClovrixConfigError(
                "an earlier rotation is not finished",
                "run clovrix-env local rotate master --finish",
            )
        present = _label(connection)
        if present != old.label:
            raise ClovrixConfigError(
                f"the store is sealed under the master key {present}; {old.source} had {old.label}",
                "run the command again",
            )
        chains = audit.chains_of(keys)
        ends = chains.proven_ends(connection)
        content = keys.check_content(connection)
        place = (keys.store_id, SETTING, new.label)
        sealed = seal(old.key, old.key_id, place, new.key)
        connection.execute(
            "INSERT INTO setting (name, value) VALUES (?, ?)",
            (SETTING, sealed.hex()),
        )
        connection.execute("UPDATE store SET key_label = ?", (new.label,))
        _seal_again(connection, keys, old.key_id)
        chains.renew(connection, content, ends)
        audit.note_acts(connection, keys, "rotate_master", [(None, None, new.label)])

    database.write(begun)


def finish(database: Database, keys: DataKeys) -> None:
    """Remove the copy of the new key that the old one opens."""

    def finished(connection: Connection) -> None:
        connection.lock_all()
        sealed = _sealed(connection)
        if sealed is None:
            return
        # A program may have used the old key while the new one was put in its place.
        _seal_again(connection, keys, key_id_of(sealed))
        connection.execute("DELETE FROM setting WHERE name = ?", (SETTING,))
        old = key_id_of(sealed).hex()
        audit.note_acts(connection, keys, "retire_master", [(None, None, old)])

    database.write(finished)


def successor(connection: Connection, keys: DataKeys, key_id: bytes, source: str) -> bytes | None:
    """The bytes of a master key that has replaced a known one, by the store or by its file."""
    try:
        sealed = _sealed(connection)
        if sealed is not None:
            return keys.unseal_with(None, (keys.store_id, SETTING, key_id.hex()), sealed)
    except BrokenSeal:  # of a key that is not known here, or for another one
        pass
    found = reread(source)
    return found.key if found is not None and found.key_id == key_id else None


def _label(connection: Connection) -> str:
    return str(connection.execute("SELECT key_label FROM store").fetchone()[0])


def _sealed(connection: Connection) -> bytes | None:
    row = connection.execute(_STORED, (SETTING,)).fetchone()
    if row is None:
        return None
    try:
        return bytes.fromhex(str(row[0]))
    except ValueError:
        raise BrokenSeal("the rotation of its master key was changed") from None


def _seal_again(connection: Connection, keys: DataKeys, old: bytes) -> None:
    """Seal the data keys and the proofs of tokens with the present key.

    One that does not open stays as it is, so that ``verify`` still names it.
    """
    data_keys = connection.execute("SELECT project_id, key_id, sealed FROM data_key").fetchall()
    for project_id, key_id, sealed in data_keys:
        try:
            if key_id_of(sealed) != old:
                continue
            place = keys.place(project_id, key_id)
            plain = keys.unseal_with(connection, place, sealed)
        except (BrokenSeal, TypeError, AttributeError):
            continue
        connection.execute(
            "UPDATE data_key SET sealed = ? WHERE project_id = ? AND key_id = ?",
            (keys.seal_with(connection, place, plain), project_id, key_id),
        )
    for public_id, proof in connection.execute("SELECT id, proof FROM token").fetchall():
        try:
            if key_id_of(proof) != old:
                continue
            proven = access.proven(connection, public_id)
            keys.check(connection, proof, proven)
        except (BrokenSeal, TypeError, AttributeError):
            continue
        connection.execute(
            "UPDATE token SET proof = ? WHERE id = ?",
            (keys.proof(connection, proven), public_id),
        )
