"""A call by httpx, or by any client of its shape: the only module that imports httpx.

A brought client (``httpx``, ``httpx2``) is never closed or changed. Our own pool is built anew in
a child of ``fork()``: a pool that two processes share hands one the other's answer.
"""

from __future__ import annotations

import os
import sys
import time
from contextvars import copy_context
from typing import cast

import httpx

from clovrix_env.api import wire
from clovrix_env.client import tls
from clovrix_env.client.body import Body
from clovrix_env.client.failures import Progress, failure_of, late, too_long, untrusted
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.deadline import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from clovrix_env.api.messages import Call, Failure, Reply
    from clovrix_env.client.protocols import AsyncHttpClient, Headers, HttpClient, HttpResponse

    Pool = TypeVar("Pool", httpx.Client, httpx.AsyncClient)

# By name, for httpx2's classes are other classes with the same names.
_NEVER_SENT = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"}
)
_CONNECT_SECONDS = 5.0
# httpcore leaves its socket open where it is cancelled in a handshake. So its own time-outs come
# first, and cancelling is for what they do not see: an answer that drips.
_GRACE_SECONDS = 0.05


class _Sender:
    """What the two senders share: the request, the reply and what each failure means."""

    def __init__(self, address: str, user_agent: str) -> None:
        self._address = address
        self._user_agent = user_agent

    def _arguments(self, call: Call, deadline: float) -> dict[str, Any]:
        request = wire.request_of(call, self._user_agent)
        left = max(0.001, deadline - time.monotonic())
        return {
            "method": request.method,
            "url": self._address + request.path,
            "content": request.body,
            "headers": request.headers,
            # connect, read, write, pool: a tuple, which httpx and httpx2 both take.
            "timeout": (min(_CONNECT_SECONDS, left), left, left, min(_CONNECT_SECONDS, left)),
            "follow_redirects": False,
        }

    def _reply(self, call: Call, response: HttpResponse) -> Reply:
        """The answer of a brought client of somebody's own, which has read it whole."""
        return self._reply_of(call, response.status_code, response.headers, response.content)

    def _streamed(self, call: Call, response: httpx.Response, body: Body) -> Reply | Failure:
        if body.is_too_long:
            return too_long(self._address)
        return self._reply_of(call, response.status_code, response.headers, body.content)

    @staticmethod
    def _reply_of(call: Call, status: int, headers: Headers, content: bytes) -> Reply:
        return wire.reply_of(call, status, content, headers.get("Retry-After"), headers.get("Date"))

    def _failure(self, error: BaseException, progress: Progress) -> Failure:
        sent = progress.sent and type(error).__name__ not in _NEVER_SENT
        return failure_of(error, self._address, sent)


class HttpxSender(_Sender):
    """Sends from the calling thread's view: blocking work runs in a thread, by the deadline."""

    def __init__(self, address: str, user_agent: str, brought: HttpClient | None) -> None:
        super().__init__(address, user_agent)
        _check_kind(brought, wrong="__aenter__", right="__enter__")
        self._brought = brought
        self._pools: dict[int, httpx.Client] = {}
        if brought is None:
            self._own()

    def __call__(self, call: Call, deadline: float) -> Reply | Failure:
        progress = Progress(sent=self._brought is not None)
        # The caller's context goes along: a brought client may be traced by it.
        context = copy_context()
        return within(
            deadline,
            lambda: context.run(self._ask, call, deadline, progress),
            lambda: self._late(progress),
        )

    def _late(self, progress: Progress) -> Failure:
        if self._brought is None:  # else others may go by the same connection: HTTP/2
            progress.cut()
        return late(self._address, progress.sent)

    def _ask(self, call: Call, deadline: float, progress: Progress) -> Reply | Failure:
        # No variable holds the arguments: what a caller's signal or loop raises here shows it.
        narrow = self._brought is None and tls.is_narrow()
        try:
            if self._brought is not None and not _is_of_family(self._brought, "Client"):
                return self._reply(call, self._brought.request(**self._arguments(call, deadline)))
            client = cast("httpx.Client", self._own() if self._brought is None else self._brought)

            def follow(event: str, info: dict[str, Any]) -> None:
                _follow(progress, deadline, event, info)

            trace = {"trace": follow}
            body = Body()
            with client.stream(**self._arguments(call, deadline), extensions=trace) as response:
                for piece in response.iter_bytes():
                    if time.monotonic() >= deadline:
                        return late(self._address, sent=True)
                    if not body.takes(piece):
                        break
            return self._streamed(call, response, body)
        except _transport_errors() as error:
            if narrow and untrusted(error):
                tls.widen()
                return self._ask(call, deadline, progress)
            return self._failure(error, progress)

    def _own(self) -> httpx.Client:
        return _pool_of_this_process(self._pools, httpx.Client, self._address)

    def close(self) -> None:
        if os.getpid() in self._pools:
            self._own().close()


class AsyncHttpxSender(_Sender):
    """The same under an event loop; one loop a sender, as httpx's own pool."""

    def __init__(self, address: str, user_agent: str, brought: AsyncHttpClient | None) -> None:
        super().__init__(address, user_agent)
        _check_kind(brought, wrong="__enter__", right="__aenter__")
        self._brought = brought
        self._pools: dict[int, httpx.AsyncClient] = {}
        if brought is None:
            self._own()

    async def __call__(self, call: Call, deadline: float) -> Reply | Failure:
        import anyio

        progress = Progress(sent=self._brought is not None)
        with anyio.move_on_after(max(0.0, deadline - time.monotonic()) + _GRACE_SECONDS):
            return await self._ask(call, deadline, progress)
        return late(self._address, progress.sent)

    async def _ask(self, call: Call, deadline: float, progress: Progress) -> Reply | Failure:
        import anyio

        # No variable holds the arguments: what a caller's signal or loop raises here shows it.
        narrow = self._brought is None and tls.is_narrow()
        try:
            if self._brought is not None and not _is_of_family(self._brought, "AsyncClient"):
                return self._reply(
                    call, await self._brought.request(**self._arguments(call, deadline))
                )
            client = cast(
                "httpx.AsyncClient", self._own() if self._brought is None else self._brought
            )

            async def follow(event: str, info: dict[str, Any]) -> None:
                _follow(progress, deadline, event, info)

            trace = {"trace": follow}
            body = Body()
            async with client.stream(
                **self._arguments(call, deadline), extensions=trace
            ) as response:
                async for piece in response.aiter_bytes():
                    if not body.takes(piece):
                        break
                    del piece  # it would be shown by what the loop raises here
            return self._streamed(call, response, body)
        except _transport_errors(anyio.EndOfStream) as error:
            if narrow and untrusted(error):
                tls.widen()
                return await self._ask(call, deadline, progress)
            return self._failure(error, progress)

    def _own(self) -> httpx.AsyncClient:
        return _pool_of_this_process(self._pools, httpx.AsyncClient, self._address)

    async def aclose(self) -> None:
        if os.getpid() in self._pools:
            await self._own().aclose()


def _check_kind(brought: object, *, wrong: str, right: str) -> None:
    """Refuse an asynchronous client for a synchronous one, or the other way round.

    They are told apart by the ``with`` that they take. Later would be too late: a synchronous
    client has sent its request when ``await`` fails.
    """
    if hasattr(brought, wrong) and not hasattr(brought, right):
        raise ClovrixConfigError(
            f"http_client= is a {type(brought).__name__}, which is of the other kind",
            "Client takes an httpx.Client, AsyncClient an httpx.AsyncClient",
        )


def _pool_of_this_process(pools: dict[int, Pool], kind: Callable[..., Pool], address: str) -> Pool:
    """Our own pool in this process; an inherited one stays where it is, neither used nor closed."""
    made = pools.get(os.getpid())
    # setdefault, for two threads of a child can come here at once; a pool without a connection
    # costs nothing to drop.
    return pools.setdefault(os.getpid(), _pool(kind, address)) if made is None else made


def _pool(kind: Callable[..., Pool], address: str) -> Pool:
    # Proxies of the environment are taken for https only: an http: address is this machine or one
    # that the user vouched for, and a proxy would read the token. Time-outs come with each call.
    secure = address.startswith("https:")
    try:
        return kind(verify=tls.context(), trust_env=secure, follow_redirects=False)
    except (ImportError, ValueError, httpx.InvalidURL):  # their texts can hold a proxy's password
        raise ClovrixConfigError(
            "the proxy that HTTPS_PROXY or ALL_PROXY names cannot be used",
            "name an http: proxy, or `pip install httpx[socks]` for a socks5: one",
        ) from None


def _follow(progress: Progress, deadline: float, event: str, info: dict[str, Any]) -> None:
    """httpcore's trace: from its first byte on a request may have arrived; CONNECT is not it.

    Raises ``TimeoutError`` where a request would go out after the deadline.
    """
    if event.endswith("connect_tcp.started"):
        progress.connects()
    elif event.endswith(("connect_tcp.complete", "start_tls.complete")):
        progress.set_socket(info["return_value"].get_extra_info("socket"))
    elif event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
        if time.monotonic() >= deadline:
            raise TimeoutError
        progress.sends()


def _is_of_family(brought: object, kind: str) -> bool:
    """Whether a brought client asks as httpx's or httpx2's own does: so that it streams, and its
    connections can be followed."""
    asks = getattr(type(brought), "request", None)
    return any(getattr(family, kind).request is asks for family in _families())


def _families() -> list[Any]:
    return [httpx, *(sys.modules[name] for name in ("httpx2",) if name in sys.modules)]


def _transport_errors(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What the two families raise; OSError too, for a TLS error can escape unmapped."""
    # RequestError holds TransportError and DecodingError: a body that is not the gzip it says.
    return (*(family.RequestError for family in _families()), OSError, *more)
