"""The two locations of a store: a file, or a database of PostgreSQL."""

from __future__ import annotations

import importlib.util
import os
import time
from contextlib import closing

from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.model.record import Record
from clovrix_env.store import opening, sqlite
from clovrix_env.store.answer import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Union

    from clovrix_env.store.database import Database, Unfinished
    from clovrix_env.store.identity import Executes
    from clovrix_env.store.master_key import MasterKey
    from clovrix_env.store.postgres.address import Address

    Location = Union["InFile", "InDatabase"]

DATABASES = ("postgresql:", "postgres:")
_STEP_SECONDS = 0.25
_BUSY_MS = 1000


class InFile(Record):
    """A store in the file at ``path``. ``name`` is what messages show."""

    path: str

    @property
    def name(self) -> str:
        return self.path

    def exists(self) -> bool:
        return os.path.lexists(self.path)

    def check_there(self) -> None:
        """Raise ``ClovrixConfigError`` unless there is a store."""
        opening.check_there(self.path)

    def create(self, key: MasterKey) -> bool:
        """Create a store; false if it exists."""
        if self.exists():
            return False
        try:
            sqlite.create(self.path, key)
        except FileExistsError:
            return False
        return True

    def lay_out(self, fill: Callable[[Executes], None]) -> bool:
        """Create the tables of a store, which ``fill`` adds rows to; false if there is a file."""
        try:
            sqlite.lay_out(self.path, fill)
        except FileExistsError:
            return False
        return True

    def unfinished(self) -> Unfinished:
        from clovrix_env.store.unfinished import UnfinishedFile

        return UnfinishedFile(self.path)

    def database(self) -> Database:
        return sqlite.Database(self.path, _BUSY_MS)

    def opened(self, key: MasterKey) -> Store:
        return Store.open(self.path, key)


class InDatabase(Record):
    """A store in a database of PostgreSQL. Each method connects on its own."""

    address: Address

    @classmethod
    def named(cls, text: str, source: str, *, instead: str = "") -> InDatabase:
        """The location of an address (``parse``). Raises ``ClovrixConfigError``."""
        if importlib.util.find_spec("psycopg") is None:
            raise ClovrixConfigError(
                f"{source} names a PostgreSQL database, which needs psycopg",
                "run pip install 'clovrix-env[postgres]'",
            )
        from clovrix_env.store.postgres.address import parse

        return cls(parse(text, source, instead=instead))

    @property
    def name(self) -> str:
        return self.address.name

    def key_label(self) -> str | None:
        """The label of the key that the store needs, or ``None`` if it cannot be opened."""
        from clovrix_env.store.postgres.database import Database

        try:
            with closing(Database(self.address)) as database:
                return database.identity.key_label
        except (ClovrixConfigError, ServerError):
            return None

    def exists(self) -> bool:
        from clovrix_env.store.postgres import migrate

        return migrate.exists(self.address)

    def check_there(self) -> None:
        from clovrix_env.store.postgres import migrate

        if not migrate.exists(self.address):
            raise migrate.no_store(self.address)

    def create(self, key: MasterKey) -> bool:
        from clovrix_env.store.postgres import migrate

        return migrate.create(self.address, key)

    def lay_out(self, fill: Callable[[Executes], None]) -> bool:
        """Create the tables of a store, which ``fill`` adds rows to; false if they exist."""
        from clovrix_env.store.postgres import migrate

        return migrate.lay_out(self.address, fill)

    def unfinished(self) -> Unfinished:
        from clovrix_env.store.postgres.unfinished import UnfinishedDatabase

        return UnfinishedDatabase(self.address)

    def database(self) -> Database:
        from clovrix_env.store.postgres import database

        return database.Database(self.address)

    def opened(self, key: MasterKey) -> Store:
        return Store.of(self.database(), key)

    def too_many(self, workers: int) -> str:
        """Why the database may refuse connections of a server, or an empty string."""
        from clovrix_env.store.postgres.pool import SIZE, most_connections

        needed, most = workers * SIZE, most_connections(self.address)
        if needed <= most:
            return ""
        return (
            f"{workers} workers can open {needed} connections, and the database accepts {most}: "
            "use fewer --workers, or raise max_connections"
        )

    def wait(self, seconds: float, note: Callable[[str], None]) -> None:
        """Wait until there is a store, and report once that this waits.

        Raises the last error after ``seconds``, and at once if the password is rejected.
        """
        from clovrix_env.store.postgres.failures import Rejected

        end, noted = time.monotonic() + seconds, False
        while True:
            try:
                self.check_there()
            except (ClovrixConfigError, ServerError) as error:
                if isinstance(error, Rejected) or time.monotonic() >= end:
                    raise
                if not noted:
                    noted = True
                    why = error.message if isinstance(error, ServerError) else error.problems[0]
                    note(f"waiting up to {seconds:.0f} s: {why}")
                time.sleep(_STEP_SECONDS)
            else:
                return
