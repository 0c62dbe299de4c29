"""A look into the store's own tables: what no door tells."""

from __future__ import annotations

import sqlite3
from contextlib import closing


def versions(path: str, environment: str = "staging") -> dict[str, int]:
    """How many versions each key has in an environment."""
    return dict(
        _rows(
            path,
            "SELECT entry.key, count(*) FROM version"
            " JOIN entry ON entry.id = version.entry_id"
            " JOIN environment ON environment.id = version.environment_id"
            " WHERE environment.name = ? GROUP BY entry.key",
            environment,
        )
    )


def secrecy(path: str, project: str = "backend") -> dict[str, bool]:
    """Of each key of a project, whether it was made a secret."""
    query = (
        "SELECT key, is_secret FROM entry"
        " JOIN project ON project.id = entry.project_id WHERE project.name = ?"
    )
    return {key: bool(secret) for key, secret in _rows(path, query, project)}


def _rows(path: str, query: str, *values: str) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(path, timeout=20)) as connection:
        return connection.execute(query, values).fetchall()
