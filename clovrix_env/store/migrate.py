"""Brings a store of an older format to the present one, within the transaction of a write.

Each file of ``migrations/`` is one step. Reading needs no step: the formats so far differ in
columns that only the history of a key shows.
"""

from __future__ import annotations

import os
import sqlite3
import time

from clovrix_env.store.opening import FORMAT
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = os.path.join(os.path.dirname(__file__), "migrations")


def bring_up(connection: sqlite3.Connection, present: int) -> None:
    """Apply the steps after format ``present``. The caller commits."""
    for number in range(present + 1, FORMAT + 1):
        for statement in _statements(number):
            connection.execute(statement)
        connection.execute("INSERT INTO migration VALUES (?, ?)", (number, int(time.time())))
        connection.execute("UPDATE store SET format = ?", (number,))


def _statements(number: int) -> Iterator[str]:
    # Not executescript, which would commit the transaction before it begins.
    content, _ = files.read(os.path.join(_FOLDER, f"{number:04}.sql"))
    statement = ""
    for line in content.decode().splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
