"""``AsyncClient`` and ``AsyncScope``: the operations for asyncio and trio.

The module has the structure of ``client.client``.

The names in annotations exist at run time, because frameworks that inject dependencies evaluate
them. Names whose import is expensive are reached through ``clovrix_env``, which imports them then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType

import clovrix_env
from clovrix_env.api import history, operations
from clovrix_env.api.messages import Entry, EntryVersion, LogEvent, WriteItem, WriteResult
from clovrix_env.auth.clean_environ import clean_process
from clovrix_env.auth.endpoint import Given, for_client
from clovrix_env.client.base import TIMEOUT, BaseClient
from clovrix_env.client.exchange import exchange_async
from clovrix_env.client.retry import MAX_RETRIES
from clovrix_env.errors import HideFrames
from clovrix_env.system.process import of_functions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Self

    import clovrix_env.client.protocols
    from clovrix_env.api.messages import Call
    from clovrix_env.client.exchange import Outcome, SendAsync
    from clovrix_env.client.protocols import AsyncHttpClient
else:
    Self = object


class AsyncClient(BaseClient):
    """The Clovrix API for asyncio and trio: the methods of ``Client``, with ``await``.

    A client can be used in several event loops, one after another. Use it in an ``async with``
    block, or call ``aclose()``.

    Args:
        token: The token (default: ``CLOVRIX_TOKEN``, ``CLOVRIX_TOKEN_FILE``, or the systemd
            credential ``clovrix_token``). An embedded store needs none.
        base_url: Scheme and host, or ``file:PATH`` for an embedded store (default:
            ``CLOVRIX_API_URL``, otherwise ``https://app.clovrix.com``).
        timeout: Seconds for a whole call, including name look-up, TLS and retries (default: 30).
        user_agent: Replaces ``clovrix-env/VERSION``.
        http_client: An ``httpx.AsyncClient`` or an object with the same ``request`` method. It is
            neither closed nor changed.
        max_retries: Attempts after the first one; 0 turns retries off (default: 2).

    Raises:
        ClovrixConfigError: An argument is invalid, or the token is missing.

    Example:
        >>> import asyncio
        >>> from clovrix_env import AsyncClient
        >>> async def greeting():
        ...     async with AsyncClient() as clovrix:
        ...         return (await clovrix.get_entry("backend", "development", "GREETING")).value
        >>> asyncio.run(greeting())
        'hello'
    """

    def __init__(
        self,
        token: str | None = None,
        base_url: str | None = None,
        timeout: float = TIMEOUT,
        user_agent: str | None = None,
        http_client: clovrix_env.client.protocols.AsyncHttpClient | None = None,
        *,
        max_retries: int = MAX_RETRIES,
    ) -> None:
        given = Given(token, base_url)
        del token, base_url
        with HideFrames():
            process = clean_process(of_functions())
            origin = for_client(given, process.environ)
            super().__init__(origin, timeout, user_agent, max_retries)
            self._sender = self._new_sender(process.environ, http_client)

    async def get_entries(self, project: str, environment: str) -> dict[str, str]:
        """Get every entry that has a value in an environment. Secrets are decrypted.

        The asynchronous form of ``Client.get_entries``, with the same arguments and errors.
        """
        with HideFrames():
            call = operations.get_entries(self._place(project, environment))
            return operations.entries(await self._ask(call))

    async def get_entry(self, project: str, environment: str, key: str) -> Entry:
        """Get one entry. ``NotFoundError`` is raised if it has no value in the environment.

        The asynchronous form of ``Client.get_entry``, with the same arguments and errors.
        """
        with HideFrames():
            call = operations.get_entry(self._place(project, environment), key)
            return operations.entry(await self._ask(call))

    async def set_entry(
        self, project: str, environment: str, key: str, value: str, is_secret: bool | None = None
    ) -> WriteResult:
        """Write one entry. An existing key gets a new version of its value.

        The asynchronous form of ``Client.set_entry``, with the same arguments and errors.
        """
        item = WriteItem(key, value, is_secret)
        del value
        with HideFrames():
            call = operations.set_entry(self._place(project, environment), item)
            return operations.write_result(await self._ask(call))

    async def set_entries(
        self, project: str, environment: str, items: Iterable[WriteItem | Mapping[str, object]]
    ) -> int:
        """Write up to 100 entries: all of them or none. An empty batch sends no request.

        The asynchronous form of ``Client.set_entries``, with the same arguments and errors.
        """
        items = iter(items)
        with HideFrames():
            call = operations.set_entries(self._place(project, environment), items)
            return operations.written(await self._ask(call)) if call.items else 0

    async def get_history(self, project: str, environment: str, key: str) -> list[EntryVersion]:
        """Get the versions of an entry without their values: the last 1,000, oldest first.

        The asynchronous form of ``Client.get_history``, with the same arguments and errors.
        """
        with HideFrames():
            call = history.get_history(self._place(project, environment), key)
            return history.history(await self._ask(call), self._origin.address)

    async def restore_entry(self, project: str, environment: str, key: str, version: int) -> int:
        """Write an earlier value as a new version, unless the entry already has that value.

        The asynchronous form of ``Client.restore_entry``, with the same arguments and errors.
        """
        with HideFrames():
            call = history.restore_entry(self._place(project, environment), key, version)
            return history.restored(await self._ask(call), self._origin.address)[0]

    async def delete_entry(self, project: str, environment: str, key: str) -> int:
        """Remove the value of an entry. Its key remains, and still counts for the limit of 500.

        The asynchronous form of ``Client.delete_entry``, with the same arguments and errors.
        """
        with HideFrames():
            call = history.delete_entry(self._place(project, environment), key)
            return history.deleted(await self._ask(call), self._origin.address)

    async def get_log(
        self, project: str, environment: str | None = None, *, after: int = 0
    ) -> list[LogEvent]:
        """Get the log of a project, oldest event first.

        The asynchronous form of ``Client.get_log``, with the same arguments and errors.
        """
        with HideFrames():
            place = self._place_of_log(project, environment)
            outcome = await self._ask(history.get_log(place, after))
            return history.log(outcome, self._origin.address)

    def scope(self, project: str, environment: str) -> AsyncScope:
        """The operations bound to one project and environment. See ``Client.scope``."""
        return AsyncScope(self, project, environment)

    async def aclose(self) -> None:
        """Close this client's own connections. A client passed as ``http_client`` stays open."""
        self._closed = True
        aclose = getattr(self._sender, "aclose", None)
        if aclose is not None:
            await aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _ask(self, call: Call) -> Outcome:
        return await exchange_async(
            call, self._sender, deadline=self._deadline(), max_retries=self._max_retries
        )

    def _new_sender(
        self,
        environ: Mapping[str, str],
        brought: AsyncHttpClient | None,
    ) -> SendAsync:
        if self._origin.is_store:
            from clovrix_env.client.send_store import AsyncStoreSender

            return AsyncStoreSender(self._origin, environ)
        from clovrix_env.client.send_httpx import AsyncHttpxSender

        return AsyncHttpxSender(self._origin.address, self._user_agent, environ, brought)


class AsyncScope:
    """The operations of ``AsyncClient`` for one project and environment.

    ``AsyncClient.scope()`` creates it. Each method raises the same errors as its counterpart.

    Args:
        client: The client that sends the requests.
        project: The name of the project.
        environment: The name of the environment.

    Example:
        >>> import asyncio
        >>> from clovrix_env import AsyncClient
        >>> async def keys():
        ...     async with AsyncClient() as clovrix:
        ...         return sorted(await clovrix.scope("backend", "development").get_all())
        >>> asyncio.run(keys())
        ['GREETING', 'SENTRY_DSN']
    """

    def __init__(self, client: AsyncClient, project: str, environment: str) -> None:
        self._client = client
        self._at = project, environment

    def __repr__(self) -> str:
        return f"{self._client!r}.scope({self._at[0]!r}, {self._at[1]!r})"

    async def get(self, key: str) -> Entry:
        """Get one entry, as ``AsyncClient.get_entry`` does."""
        return await self._client.get_entry(*self._at, key)

    async def get_all(self) -> dict[str, str]:
        """Get every entry, as ``AsyncClient.get_entries`` does."""
        return await self._client.get_entries(*self._at)

    async def set(self, key: str, value: str, is_secret: bool | None = None) -> WriteResult:
        """Write one entry, as ``AsyncClient.set_entry`` does."""
        held = [value]
        del value
        return await self._client.set_entry(*self._at, key, held.pop(), is_secret)

    async def set_many(self, items: Iterable[WriteItem | Mapping[str, object]]) -> int:
        """Write up to 100 entries, as ``AsyncClient.set_entries`` does."""
        items = iter(items)
        return await self._client.set_entries(*self._at, items)

    async def history(self, key: str) -> list[EntryVersion]:
        """Get the versions of one entry, as ``AsyncClient.get_history`` does."""
        return await self._client.get_history(*self._at, key)

    async def restore(self, key: str, version: int) -> int:
        """Restore an earlier version, as ``AsyncClient.restore_entry`` does."""
        return await self._client.restore_entry(*self._at, key, version)

    async def delete(self, key: str) -> int:
        """Delete one entry, as ``AsyncClient.delete_entry`` does."""
        return await self._client.delete_entry(*self._at, key)

    async def log(self, *, after: int = 0) -> list[LogEvent]:
        """Get the log of the environment, as ``AsyncClient.get_log`` does."""
        return await self._client.get_log(*self._at, after=after)
