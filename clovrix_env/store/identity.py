"""The identity of a store, the last row that its creation writes: a store without it is not opened.

A copy writes the rows before it in many transactions. Until the last one, the setting ``copying``
has the id of the store that is copied, and a number for the run that copies.
"""

from __future__ import annotations

import os

from clovrix_env.store.opening import Identity
from clovrix_env.system.seal import seal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol

    from clovrix_env.store.master_key import MasterKey

    class Executes(Protocol):
        """A connection of this package, or one of ``sqlite3``."""

        def execute(self, statement: str, values: Sequence[Any] = ..., /) -> Any: ...


def new_identity(key: MasterKey) -> Identity:
    """The identity of a new store, sealed with ``key``."""
    key.verify()
    store_id = os.urandom(16).hex()
    return Identity(store_id, key.label, seal(key.key, key.key_id, (store_id,), b""))


def write(connection: Executes, identity: Identity) -> None:
    """Make a store that has all its tables complete."""
    connection.execute(
        "INSERT INTO store (id, format, key_label, check_blob)"
        " SELECT ?, max(number), ?, ? FROM migration",
        (identity.store_id, identity.key_label, identity.check_blob),
    )
