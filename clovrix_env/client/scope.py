"""``Scope``: the operations of a ``Client`` for one project and environment.

The names in annotations exist at run time, because frameworks that inject dependencies evaluate
them. ``Client`` is reached through ``clovrix_env``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import clovrix_env
from clovrix_env.api.messages import Entry, EntryVersion, LogEvent, WriteItem, WriteResult


class Scope:
    """The operations of ``Client`` for one project and environment.

    ``Client.scope()`` creates it. Each method raises the same errors as its counterpart.

    Args:
        client: The client that sends the requests.
        project: The name of the project.
        environment: The name of the environment.

    Example:
        >>> from clovrix_env import Client
        >>> with Client() as clovrix:
        ...     backend = clovrix.scope("backend", "development")
        ...     backend.set("PORT", "8000").created
        ...     backend.get("PORT").value
        ...     len(backend.get_all())
        True
        '8000'
        3
    """

    def __init__(self, client: clovrix_env.Client, project: str, environment: str) -> None:
        self._client = client
        self._at = project, environment

    def __repr__(self) -> str:
        return f"{self._client!r}.scope({self._at[0]!r}, {self._at[1]!r})"

    def get(self, key: str) -> Entry:
        """Get one entry, as ``Client.get_entry`` does."""
        return self._client.get_entry(*self._at, key)

    def get_all(self) -> dict[str, str]:
        """Get every entry, as ``Client.get_entries`` does."""
        return self._client.get_entries(*self._at)

    def set(self, key: str, value: str, is_secret: bool | None = None) -> WriteResult:
        """Write one entry, as ``Client.set_entry`` does."""
        held = [value]
        del value
        return self._client.set_entry(*self._at, key, held.pop(), is_secret)

    def set_many(self, items: Iterable[WriteItem | Mapping[str, object]]) -> int:
        """Write up to 100 entries, as ``Client.set_entries`` does."""
        items = iter(items)
        return self._client.set_entries(*self._at, items)

    def history(self, key: str) -> list[EntryVersion]:
        """Get the versions of one entry, as ``Client.get_history`` does."""
        return self._client.get_history(*self._at, key)

    def restore(self, key: str, version: int) -> int:
        """Restore an earlier version, as ``Client.restore_entry`` does."""
        return self._client.restore_entry(*self._at, key, version)

    def delete(self, key: str) -> int:
        """Delete one entry, as ``Client.delete_entry`` does."""
        return self._client.delete_entry(*self._at, key)

    def log(self, *, after: int = 0) -> list[LogEvent]:
        """Get the log of the environment, as ``Client.get_log`` does."""
        return self._client.get_log(*self._at, after=after)
