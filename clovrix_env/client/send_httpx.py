"""Sends calls with httpx, or with a client that the user passed. Only this module imports httpx.

A client that the user passed is never closed or changed, and has its own proxies and certificates.
A child of ``fork()`` and each event loop create their own pools.
"""

from __future__ import annotations

import os
import sys
import time
from contextvars import copy_context
from typing import cast

import httpx

from clovrix_env.api import wire
from clovrix_env.auth.address import is_loopback
from clovrix_env.client import tls
from clovrix_env.client.body import Body
from clovrix_env.client.failures import (
    ANSWER,
    TLS,
    Progress,
    Unreached,
    coded,
    elsewhere,
    failure_of,
    late,
    redirected,
    too_long,
    untrusted,
)
from clovrix_env.client.loop_pool import LoopPools
from clovrix_env.client.protocols import check_kind
from clovrix_env.client.proxies import unusable
from clovrix_env.client.route import host_and_port, proxy_for, trust_in
from clovrix_env.system.deadline import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    from clovrix_env.api.messages import Call, Failure, Reply
    from clovrix_env.client.protocols import AsyncHttpClient, HttpClient, HttpResponse

    Own = TypeVar("Own", httpx.Client, httpx.AsyncClient)

# By name, because httpx2 has other classes with the same names.
_NEVER_SENT = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"}
)
_CONNECT_SECONDS = 5.0
# httpcore leaves its socket open when it is cancelled in a handshake. So its own time-outs come
# first, and cancelling is for answers that arrive too slowly.
_GRACE_SECONDS = 0.05


class _Sender:
    """The common part of both senders: requests, replies and failures."""

    def __init__(
        self, address: str, user_agent: str, environ: Mapping[str, str], brought: object
    ) -> None:
        self._address = address
        self._user_agent = user_agent
        self._is_own = brought is None
        self._trust = trust_in(environ)
        self._proxy = proxy_for(address, environ) if self._is_own else None

    @property
    def _is_narrow(self) -> bool:
        return self._is_own and tls.is_narrow(self._trust)

    def _pool(self, kind: Callable[..., Own]) -> Own:
        """A new pool, without time-outs, which each call sets. Raises ``ClovrixConfigError``."""
        context, proxy = tls.context(self._trust), self._proxy
        try:
            given = None
            if proxy is not None:
                trusted = context if proxy.scheme == "https" else None
                given = httpx.Proxy(proxy.url, ssl_context=trusted)
            return kind(verify=context, trust_env=False, follow_redirects=False, proxy=given)
        except ImportError:
            name = "" if proxy is None else proxy.variable
            raise unusable(name, "SOCKS needs `pip install 'httpx[socks]'`") from None
        except (ValueError, httpx.InvalidURL):  # their texts may contain the password of a proxy
            name = "" if proxy is None else proxy.variable
            raise unusable(name, "it is not a valid URL") from None

    def _arguments(self, call: Call, deadline: float) -> dict[str, Any]:
        request = wire.request_of(call, self._user_agent)
        left = max(0.001, deadline - time.monotonic())
        return {
            "method": request.method,
            "url": self._address + request.path,
            "content": request.body,
            "headers": request.headers,
            # connect, read, write, pool: a tuple, which httpx and httpx2 both accept.
            "timeout": (min(_CONNECT_SECONDS, left), left, left, min(_CONNECT_SECONDS, left)),
            "follow_redirects": False,
        }

    def _whole(self, call: Call, response: HttpResponse) -> Reply | Failure:
        """The answer of a client of another library, which has read it completely."""
        refused = self._refused(response)
        if refused is not None:
            return refused
        body = Body()
        body.takes(response.content)
        return self._reply(call, response, body)

    def _reply(self, call: Call, response: HttpResponse, body: Body) -> Reply | Failure:
        if body.is_too_long:
            return too_long(self._address)
        headers = response.headers
        return wire.reply_of(
            call,
            response.status_code,
            body.content,
            headers.get("Retry-After"),
            headers.get("Date"),
            headers.get("ETag"),
        )

    def _refused(self, response: HttpResponse) -> Failure | None:
        """The refusal of an answer that is compressed or from another address."""
        earlier: list[Any] = getattr(response, "history", None) or []
        if any(300 <= answer.status_code < 400 for answer in earlier):
            return redirected(self._address)
        return coded(self._address, response.headers.get("Content-Encoding"))

    def _failure(self, error: BaseException, progress: Progress) -> Failure:
        if isinstance(error, Unreached):
            return error.failure
        if type(error).__name__ in _NEVER_SENT:
            progress.sent = False
        return failure_of(error, progress)

    def _follow(
        self, progress: Progress, deadline: float, event: str, info: dict[str, Any]
    ) -> None:
        """Follow the trace of httpcore. A request may have arrived from its first byte on.

        CONNECT does not count. Raises ``TimeoutError`` instead of sending after the deadline.
        """
        *_, step, moment = event.split(".")
        if moment == "complete" and step in ("connect_tcp", "start_tls"):
            progress.set_socket(info["return_value"].get_extra_info("socket"))
        if moment != "started":
            return
        if step == "connect_tcp":
            progress.connects(self._address if self._proxy is None else self._proxy.shown)
        elif step == "start_tls":  # with the proxy, or through it once it has answered
            progress.begins(TLS, self._address if progress.step == ANSWER else progress.peer)
        elif step == "setup_socks5_connection" or (
            step == "send_request_headers" and info["request"].method == b"CONNECT"
        ):
            progress.begins(ANSWER, progress.peer)
        elif step == "send_request_headers":
            if time.monotonic() >= deadline:
                raise TimeoutError
            progress.sends(self._address)


class HttpxSender(_Sender):
    """Sends calls synchronously. The blocking work runs in a thread, limited by the deadline.

    Without a passed client it is used only for proxies with TLS or SOCKS. ``StdlibSender`` sends
    all other calls.
    """

    def __init__(
        self,
        address: str,
        user_agent: str,
        environ: Mapping[str, str],
        brought: HttpClient | None = None,
    ) -> None:
        super().__init__(address, user_agent, environ, brought)
        check_kind(brought, wrong="__aenter__", right="__enter__")
        self._brought = brought
        self._pools: dict[int, httpx.Client] = {}
        if brought is None:
            self._own()

    def __call__(self, call: Call, deadline: float) -> Reply | Failure:
        progress = Progress(self._address, sent=self._brought is not None)
        # A passed client may be traced through the caller's context.
        context = copy_context()
        return within(
            deadline,
            lambda: context.run(self._ask, call, deadline, progress),
            lambda: self._late(progress),
        )

    def _late(self, progress: Progress) -> Failure:
        if self._brought is None:  # HTTP/2 may share a passed client's connection
            progress.cut()
        return late(progress)

    def _ask(self, call: Call, deadline: float, progress: Progress) -> Reply | Failure:
        # The arguments are in no variable, which a traceback from a signal or loop would show.
        narrow = self._is_narrow
        try:
            if self._brought is not None and not _is_of_family(self._brought, "Client"):
                return self._whole(call, self._brought.request(**self._arguments(call, deadline)))
            client = cast("httpx.Client", self._own() if self._brought is None else self._brought)

            def follow(event: str, info: dict[str, Any]) -> None:
                self._follow(progress, deadline, event, info)

            trace = {"trace": follow}
            body = Body()
            with client.stream(**self._arguments(call, deadline), extensions=trace) as response:
                refused = self._refused(response)
                if refused is not None:
                    return refused
                if response.is_stream_consumed:  # by a custom transport
                    body.takes(response.content)
                else:
                    for piece in response.iter_raw():
                        if time.monotonic() >= deadline:
                            return late(progress)
                        if not body.takes(piece):
                            break
            return self._reply(call, response, body)
        except _transport_errors() as error:
            if narrow and untrusted(error):
                tls.widen(self._trust)
                return self._ask(call, deadline, progress)
            return self._failure(error, progress)

    def _own(self) -> httpx.Client:
        """The pool of this process. An inherited pool is neither used nor closed."""
        made = self._pools.get(os.getpid())
        # setdefault, because two threads can run this at once. Dropping a pool without
        # connections costs nothing.
        new = self._pool(httpx.Client) if made is None else made
        return self._pools.setdefault(os.getpid(), new)

    def close(self) -> None:
        if os.getpid() in self._pools:
            self._own().close()


class AsyncHttpxSender(_Sender):
    """The same under an event loop. It can be used in several loops, one after another."""

    def __init__(
        self,
        address: str,
        user_agent: str,
        environ: Mapping[str, str],
        brought: AsyncHttpClient | None = None,
    ) -> None:
        super().__init__(address, user_agent, environ, brought)
        check_kind(brought, wrong="__enter__", right="__aenter__")
        self._brought = brought
        self._pools = LoopPools(lambda: self._pool(httpx.AsyncClient))
        scheme, _, place = address.partition("://")
        # Over http, a loopback name must resolve to this machine, whatever the hosts file contains.
        self._stays_here = scheme == "http" and is_loopback(host_and_port(place, 0)[0])
        if brought is None:
            self._pool(httpx.AsyncClient)  # an error is raised now, not with the first call

    async def __call__(self, call: Call, deadline: float) -> Reply | Failure:
        import anyio

        progress = Progress(self._address, sent=self._brought is not None)
        try:
            with anyio.move_on_after(max(0.0, deadline - time.monotonic()) + _GRACE_SECONDS):
                if self._brought is not None:
                    return await self._ask(self._brought, call, deadline, progress)
                own = await self._pools.own()
                async with own.limit:
                    return await self._ask(own.pool, call, deadline, progress)
            return late(progress)
        finally:
            await progress.close_opened()

    async def _ask(
        self,
        asked: httpx.AsyncClient | AsyncHttpClient,
        call: Call,
        deadline: float,
        progress: Progress,
    ) -> Reply | Failure:
        import anyio

        # The arguments are in no variable, which a traceback from a signal or loop would show.
        narrow = self._is_narrow
        try:
            if not _is_of_family(asked, "AsyncClient"):
                other = cast("AsyncHttpClient", asked)
                return self._whole(call, await other.request(**self._arguments(call, deadline)))
            client = cast("httpx.AsyncClient", asked)

            async def follow(event: str, info: dict[str, Any]) -> None:
                self._follow(progress, deadline, event, info)
                if self._brought is None and event.endswith("connect_tcp.complete"):
                    progress.opened.append(info["return_value"])
                    await self._check_peer(info["return_value"])

            trace = {"trace": follow}
            body = Body()
            async with client.stream(
                **self._arguments(call, deadline), extensions=trace
            ) as response:
                refused = self._refused(response)
                if refused is not None:
                    return refused
                if response.is_stream_consumed:  # by a custom transport
                    body.takes(response.content)
                else:
                    async for piece in response.aiter_raw():
                        if not body.takes(piece):
                            break
                        del piece  # a traceback from the loop would show it
            progress.opened.clear()
            return self._reply(call, response, body)
        except _transport_errors(anyio.EndOfStream, Unreached) as error:
            if narrow and untrusted(error):
                tls.widen(self._trust)
                return await self._ask(asked, call, deadline, progress)
            return self._failure(error, progress)

    async def _check_peer(self, stream: Any) -> None:
        if self._stays_here and not is_loopback(stream.get_extra_info("server_addr")[0]):
            await stream.aclose()
            raise Unreached(elsewhere(self._address))

    async def aclose(self) -> None:
        await self._pools.aclose()


def _is_of_family(brought: object, kind: str) -> bool:
    """Whether a passed client sends requests like httpx or httpx2, with streams and traces."""
    asks = getattr(type(brought), "request", None)
    return any(getattr(family, kind).request is asks for family in _families())


def _families() -> list[Any]:
    return [httpx, *(sys.modules[name] for name in ("httpx2",) if name in sys.modules)]


def _transport_errors(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """The errors of both families, and OSError, because a TLS error can escape unmapped."""
    return (*(family.RequestError for family in _families()), OSError, *more)
