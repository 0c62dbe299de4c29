"""``Client`` and ``AsyncClient``: the four operations, and the same four bound to one place.

Both are thin. What is asked and what an answer means stands in ``api.operations``, when to ask
again in ``retry``, how to send in ``send_*``. No frame of a traceback shows a value or a token:
arguments that hold one go into records, iterators or a list that is emptied, before anything can
fail, and what fails on purpose leaves by a ``HideFrames``.

The names in annotations exist at run time, because frameworks that inject evaluate them; what
would have to be loaded for that is reached through ``clovrix_env``, which loads it then.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from types import TracebackType

import clovrix_env
from clovrix_env.api import USER_AGENT, operations
from clovrix_env.api.messages import Entry, WriteItem, WriteResult
from clovrix_env.auth.clean_environ import clean_process
from clovrix_env.auth.endpoint import Given, for_client
from clovrix_env.client.exchange import exchange, exchange_async
from clovrix_env.client.retry import MAX_RETRIES
from clovrix_env.client.sender import sender_of
from clovrix_env.errors import ClovrixConfigError, HideFrames
from clovrix_env.system.deadline import checked_timeout
from clovrix_env.system.process import of_functions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Self

    import clovrix_env.client.protocols
    from clovrix_env.api.messages import Call
    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.client.exchange import Outcome, Send, SendAsync
    from clovrix_env.client.protocols import AsyncHttpClient, HttpClient
else:
    Self = object

TIMEOUT = 30.0


class _Asker:
    """What both clients are made of: an origin, a deadline and how often to ask."""

    def __init__(
        self, origin: Endpoint, timeout: float, user_agent: str | None, max_retries: int
    ) -> None:
        self._origin = origin
        self._timeout = checked_timeout(timeout, "timeout=")
        self._user_agent = _checked_user_agent(user_agent)
        if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:
            raise ClovrixConfigError("max_retries= is no whole number from 0", "0 turns them off")
        self._max_retries = max_retries
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._origin.address!r})"

    def _place(self, project: str, environment: str) -> operations.Scope:
        if self._closed:
            raise RuntimeError(f"this {type(self).__name__} is closed")
        return operations.checked_place(project, environment, self._origin.bearer)

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout


class Client(_Asker):
    """The Clovrix API, synchronous and safe to share between threads and across ``fork()``.

    ``token`` is ``CLOVRIX_TOKEN`` where it is left out, ``base_url`` ``CLOVRIX_API_URL``, else
    ``https://app.clovrix.com``; ``file:PATH`` asks the embedded store. ``timeout`` is in seconds
    and covers a whole call: name look-up, TLS, retries and a slow body included. ``http_client`` is
    an ``httpx.Client`` or anything of its shape; it is neither closed nor changed, and sharing it
    across ``fork()`` is the caller's care. ``max_retries`` counts attempts after the first.

    Raises ``ClovrixConfigError`` where token or address is missing or cannot be used; each call
    raises ``ClovrixAPIError``'s subclasses for what Clovrix refuses and ``ClovrixConnectionError``
    where no answer came.
    """

    def __init__(
        self,
        token: str | None = None,
        base_url: str | None = None,
        timeout: float = TIMEOUT,
        user_agent: str | None = None,
        http_client: clovrix_env.client.protocols.HttpClient | None = None,
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

    def get_entries(self, project: str, environment: str) -> dict[str, str]:
        """Every entry that has a value there; secrets come decrypted."""
        with HideFrames():
            call = operations.get_entries(self._place(project, environment))
            return operations.entries(self._ask(call))

    def get_entry(self, project: str, environment: str, key: str) -> Entry:
        """One entry; ``NotFoundError`` where it has no value there."""
        with HideFrames():
            call = operations.get_entry(self._place(project, environment), key)
            return operations.entry(self._ask(call))

    def set_entry(
        self, project: str, environment: str, key: str, value: str, is_secret: bool | None = None
    ) -> WriteResult:
        """Write one entry. ``is_secret`` counts only when the key is first created."""
        item = WriteItem(key, value, is_secret)
        del value
        with HideFrames():
            call = operations.set_entry(self._place(project, environment), item)
            return operations.write_result(self._ask(call))

    def set_entries(
        self, project: str, environment: str, items: Iterable[WriteItem | Mapping[str, object]]
    ) -> int:
        """Write up to 100 entries, all or none; returns how many were written.

        An item is a ``WriteItem`` or a mapping with ``key``, ``value`` and perhaps ``is_secret``.
        """
        items = iter(items)
        with HideFrames():
            call = operations.set_entries(self._place(project, environment), items)
            return operations.written(self._ask(call)) if call.items else 0

    def scope(self, project: str, environment: str) -> Scope:
        """The same four calls, bound to one project and environment."""
        return Scope(self, project, environment)

    def close(self) -> None:
        """Close the connections of our own; a brought client stays open."""
        self._closed = True
        close = getattr(self._sender, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, call: Call) -> Outcome:
        return exchange(
            call, self._sender, deadline=self._deadline(), max_retries=self._max_retries
        )

    def _new_sender(self, environ: Mapping[str, str], brought: HttpClient | None) -> Send:
        if brought is None or self._origin.is_store:
            sender = sender_of(self._origin, environ, self._user_agent)
            check = getattr(sender, "check", None)
            if check is not None:
                check()
            return sender
        from clovrix_env.client.send_httpx import HttpxSender

        return HttpxSender(self._origin.address, self._user_agent, environ, brought)


class AsyncClient(_Asker):
    """The Clovrix API for asyncio and trio: ``Client`` with ``await``, in any event loop.

    Takes what ``Client`` takes, with an ``httpx.AsyncClient``, and raises what it raises.
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
        """Every entry that has a value there; secrets come decrypted."""
        with HideFrames():
            call = operations.get_entries(self._place(project, environment))
            return operations.entries(await self._ask(call))

    async def get_entry(self, project: str, environment: str, key: str) -> Entry:
        """One entry; ``NotFoundError`` where it has no value there."""
        with HideFrames():
            call = operations.get_entry(self._place(project, environment), key)
            return operations.entry(await self._ask(call))

    async def set_entry(
        self, project: str, environment: str, key: str, value: str, is_secret: bool | None = None
    ) -> WriteResult:
        """Write one entry. ``is_secret`` counts only when the key is first created."""
        item = WriteItem(key, value, is_secret)
        del value
        with HideFrames():
            call = operations.set_entry(self._place(project, environment), item)
            return operations.write_result(await self._ask(call))

    async def set_entries(
        self, project: str, environment: str, items: Iterable[WriteItem | Mapping[str, object]]
    ) -> int:
        """Write up to 100 entries, all or none; returns how many were written."""
        items = iter(items)
        with HideFrames():
            call = operations.set_entries(self._place(project, environment), items)
            return operations.written(await self._ask(call)) if call.items else 0

    def scope(self, project: str, environment: str) -> AsyncScope:
        """The same four calls, bound to one project and environment."""
        return AsyncScope(self, project, environment)

    async def aclose(self) -> None:
        """Close the connections of our own; a brought client stays open."""
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


class Scope:
    """``Client``'s four calls for one project and environment."""

    def __init__(self, client: Client, project: str, environment: str) -> None:
        self._client = client
        self._at = project, environment

    def __repr__(self) -> str:
        return f"{self._client!r}.scope({self._at[0]!r}, {self._at[1]!r})"

    def get(self, key: str) -> Entry:
        return self._client.get_entry(*self._at, key)

    def get_all(self) -> dict[str, str]:
        return self._client.get_entries(*self._at)

    def set(self, key: str, value: str, is_secret: bool | None = None) -> WriteResult:
        held = [value]
        del value
        return self._client.set_entry(*self._at, key, held.pop(), is_secret)

    def set_many(self, items: Iterable[WriteItem | Mapping[str, object]]) -> int:
        items = iter(items)
        return self._client.set_entries(*self._at, items)


class AsyncScope:
    """``AsyncClient``'s four calls for one project and environment."""

    def __init__(self, client: AsyncClient, project: str, environment: str) -> None:
        self._client = client
        self._at = project, environment

    def __repr__(self) -> str:
        return f"{self._client!r}.scope({self._at[0]!r}, {self._at[1]!r})"

    async def get(self, key: str) -> Entry:
        return await self._client.get_entry(*self._at, key)

    async def get_all(self) -> dict[str, str]:
        return await self._client.get_entries(*self._at)

    async def set(self, key: str, value: str, is_secret: bool | None = None) -> WriteResult:
        held = [value]
        del value
        return await self._client.set_entry(*self._at, key, held.pop(), is_secret)

    async def set_many(self, items: Iterable[WriteItem | Mapping[str, object]]) -> int:
        items = iter(items)
        return await self._client.set_entries(*self._at, items)


def _checked_user_agent(user_agent: str | None) -> str:
    if user_agent is None:
        return USER_AGENT
    if not isinstance(user_agent, str):
        raise ClovrixConfigError(f"user_agent= is a {type(user_agent).__name__}, not a text")
    if not user_agent.isascii() or not user_agent.isprintable() or not user_agent.strip():
        raise ClovrixConfigError("user_agent= is empty or holds a character that no header takes")
    if user_agent != user_agent.strip():
        raise ClovrixConfigError("user_agent= begins or ends with white space")
    return user_agent
