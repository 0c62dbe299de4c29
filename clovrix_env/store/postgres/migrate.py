"""Creates a store in a database and converts one of an older format.

Each file of ``migrations/`` is one step. All steps are one transaction, under a lock that excludes
other conversions and all writes.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from psycopg import errors

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store.identity import new_identity, write
from clovrix_env.store.opening import COPYING, FORMAT, incomplete
from clovrix_env.store.postgres.connection import LOCK, Connection
from clovrix_env.store.postgres.failures import FAILURES, repeated, server_error
from clovrix_env.store.postgres.pool import connect
from clovrix_env.system import files

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import TypeVar

    from clovrix_env.store.identity import Executes
    from clovrix_env.store.master_key import MasterKey
    from clovrix_env.store.postgres.address import Address
    from clovrix_env.store.postgres.connection import Raw

    _T = TypeVar("_T")

_FOLDER = os.path.join(os.path.dirname(__file__), "migrations")
_FIRST = 3
_OF_ANOTHER = (errors.UndefinedColumn, errors.DuplicateTable, errors.DuplicateFunction)


def create(address: Address, key: MasterKey) -> bool:
    """Create a store sealed with ``key``; false if the database has one."""
    identity = new_identity(key)
    return lay_out(address, lambda connection: write(connection, identity))


def lay_out(address: Address, fill: Callable[[Executes], None]) -> bool:
    """Create the tables of a store, which ``fill`` adds rows to; false if they exist."""

    def laid_out(raw: Raw) -> bool:
        if _is_unfinished(raw) or _format(raw) is not None:
            return False
        _bring_up(raw, 0)
        fill(Connection(raw))
        return True

    return repeated(partial(_alone, address, laid_out))


def exists(address: Address) -> bool:
    """Whether the database has a store, of whatever format. It must be complete."""

    def found(raw: Raw) -> bool:
        return _complete(address, raw) is not None

    return repeated(partial(_connected, address, found))


def convert(address: Address) -> None:
    """Convert a store of an older format to the present one."""

    def converted(raw: Raw) -> None:
        present = _complete(address, raw)
        if present is None:
            raise no_store(address)
        _bring_up(raw, present)

    repeated(partial(_alone, address, converted))


def no_store(address: Address) -> ClovrixConfigError:
    return ClovrixConfigError(
        f"no store in {address.name}",
        "run clovrix-env local init PROJECT to create one, or restore a dump",
    )


def _alone(address: Address, act: Callable[[Raw], _T]) -> _T:
    """The result of ``act`` in a transaction that excludes other conversions and all writes."""

    def run(raw: Raw) -> _T:
        with alone(raw):
            return act(raw)

    return _connected(address, run)


@contextmanager
def alone(raw: Raw) -> Generator[None, None, None]:
    """A transaction that excludes conversions and all writes."""
    raw.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    raw.execute(LOCK.encode())
    yield
    raw.execute("COMMIT")


def _connected(address: Address, act: Callable[[Raw], _T]) -> _T:
    """The result of ``act`` on a connection. Raises the errors of this package."""
    raw = connect(address)
    try:
        return act(raw)
    except _OF_ANOTHER:
        raise ClovrixConfigError(
            f"{address.name} has a table of another program with the name of one of the store's",
            "use a database for the store alone",
        ) from None
    except errors.InsufficientPrivilege:
        raise ClovrixConfigError(
            f"this user of {address.name} must not create tables there",
            "run the command as the owner of the database",
        ) from None
    except FAILURES as error:
        raise server_error(address.name, error) from None
    finally:
        raw.close()


def _complete(address: Address, raw: Raw) -> int | None:
    """The format of a store, if there is one. Raises ``ClovrixConfigError`` for a part of one."""
    if _is_unfinished(raw):
        raise incomplete(address.name)
    return _format(raw)


def _is_unfinished(raw: Raw) -> bool:
    """Whether a copy has not completed the store."""
    if raw.execute("SELECT to_regclass('setting')").fetchone() == (None,):
        return False
    found = raw.execute("SELECT 1 FROM setting WHERE name = %s", (COPYING,))
    return found.fetchone() is not None


def _format(raw: Raw) -> int | None:
    if raw.execute("SELECT to_regclass('store')").fetchone() == (None,):
        return None
    row = raw.execute("SELECT max(format) FROM store WHERE check_blob IS NOT NULL").fetchone()
    return None if row is None or row[0] is None else int(row[0])


def _bring_up(raw: Raw, present: int) -> None:
    for number in range(max(present + 1, _FIRST), FORMAT + 1):
        content, _ = files.read(os.path.join(_FOLDER, f"{number:04}.sql"))
        raw.execute(content)
        raw.execute("INSERT INTO migration VALUES (%s, %s)", (number, int(time.time())))
        raw.execute("UPDATE store SET format = %s", (number,))
