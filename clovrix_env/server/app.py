"""The ASGI application: one HTTP request, from its head to the line in the log.

The store blocks, so its calls run in a small pool of threads, unless a read can be answered at
once: a change of threads costs more than the read. Bodies are read here, with a limit and a
deadline, and only after the call was admitted.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from clovrix_env.api import limits, wire
from clovrix_env.api.messages import Call
from clovrix_env.model.record import Record
from clovrix_env.server import access_log, exchange
from clovrix_env.server.attempts import Attempts, Capped
from clovrix_env.server.exchange import Request, Response, refusal
from clovrix_env.server.metrics import Metrics
from clovrix_env.server.peers import UNIX, Proxies, is_allowed_host
from clovrix_env.server.writer import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Any, TypeVar

    from clovrix_env.api.messages import Reply
    from clovrix_env.server.exchange import Served

    T = TypeVar("T")
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

THREADS = 16
REQUESTS = 256
STORE_SECONDS = 10.0
# A body has ten seconds, and one more for each 64 KiB that have arrived.
BODY_SECONDS, BODY_RATE = 10.0, 64 * 1024
# uvicorn reads as much before it asks.
SHORT_BODY = 64 * 1024
_AT_ONCE_SECONDS = 0.05
# After a refusal the rest of the body is read for a moment: a socket that is closed while data
# arrives resets the connection, and the client would lose the answer.
_LINGER_SECONDS = 2.0
_BUSY, _DISCONNECTED = 503, 499


class Options(Record):
    """The options of ``serve`` that change answers and logs."""

    proxies: Proxies = Proxies()
    allowed_hosts: tuple[str, ...] = ()
    log_format: str = "text"
    has_metrics: bool = False
    workers: int = 1
    audits_reads: bool = False


class App:
    """Answers requests for a store. ``close`` ends its threads and leaves the store open."""

    def __init__(
        self,
        store: Served,
        options: Options,
        metrics: Metrics | None = None,
        attempts: Attempts | None = None,
    ) -> None:
        self._store = store
        self._options = options
        self._metrics = metrics or Metrics()
        self._attempts = attempts or Attempts()
        self._pool = ThreadPoolExecutor(THREADS, "clovrix-store")
        self._writer = Writer(self._together)
        self._running = 0
        self._large = asyncio.Lock()

    def close(self) -> None:
        self._pool.shutdown()

    def refused(self, peer: str, status: int) -> None:
        """Count and log a request that ``protocol`` has refused."""
        self._metrics.count("", status, 0.0)
        access_log.write(self._options.log_format, peer, None, status, 0.0)

    def failed(self, error: BaseException | None) -> None:
        """Log the place of an exception. Its message may contain a value."""
        access_log.note(self._options.log_format, "failure", **_where(error))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        start = time.monotonic()
        request = _request(scope)
        client = self._options.proxies.client_of((scope["client"] or [UNIX])[0], request)
        body = Body(receive, is_empty=not request.has_body)
        call: Call | None = None
        self._running += 1
        try:
            call, response = await self._answered(request, client, body)
        except Exception as error:  # no answer shows an exception
            self.failed(error)
            response = refusal(500, "the server failed; its log has the reason")
        finally:
            self._running -= 1
        seconds = time.monotonic() - start
        operation = call.operation if call is not None else ""
        status = response.status if response is not None else _DISCONNECTED
        self._metrics.count(operation, status, seconds)
        if call is not None and call.writes and 200 <= status < 300:
            self._metrics.commit()
        if operation or status != 200:  # not for each look at the health
            access_log.write(self._options.log_format, client, call, response or status, seconds)
        if response is not None:
            await _respond(response, body, send)

    async def _answered(
        self, request: Request, client: str, body: Body
    ) -> tuple[Call | None, Response | None]:
        """The call and its response, or no response if the client has closed the connection."""
        refused = self._refusal(request)
        if refused is not None:
            return None, refused
        if request.path in ("/healthz", "/readyz", "/metrics"):
            return None, await self._own_page(request)
        if self._running > REQUESTS:
            return None, refusal(503, "the server is busy", ("Retry-After", "1"))
        call, response = exchange.call_of(request)
        if call is None or response is not None:
            return call, response
        store = Capped(self._store, self._attempts, client)
        if not wire.body_limit(call):
            return call, exchange.response_of(await self._read(call, store))
        unread = exchange.unfit(request, call)
        if unread is None and request.is_short(SHORT_BODY):
            content = await body.at_once()
            read = None if content is None else wire.read_body(call, content)
            if isinstance(read, Call):
                return call, exchange.response_of(await self._written(read, store))
            unread = read
        denied = await self._in_thread(store.admit, call) or unread
        if denied is not None:
            return call, exchange.response_of(denied)
        async with Turn(self._large) as turn:
            large = await body.read(wire.body_limit(call), turn)
            if large is None or isinstance(large, Response):
                return call, large
            finish = partial(exchange.finish, call, large, store)
            return call, await self._in_thread(finish, _deadline())

    async def _read(self, call: Call, store: Capped) -> Reply:
        if self._options.audits_reads:
            return await self._written(call, store)
        if self._store.is_file:
            reply = store.answer(call, time.monotonic())
            if reply.status != _BUSY:
                return reply
        return await self._in_thread(store.answer, call, _deadline())

    async def _written(self, call: Call, store: Capped) -> Reply:
        if not self._store.is_file:
            return await self._in_thread(store.answer, call, _deadline())
        return store.refusal(call) or store.noted(call, await self._writer.answer(call))

    async def _together(self, calls: list[Call]) -> list[Reply | Exception]:
        return await self._in_thread(self._store.answer_together, calls, _deadline())

    def _refusal(self, request: Request) -> Response | None:
        """The refusal of a request whose ``Host`` is missing, ambiguous or another site's."""
        hosts = request.values("host")
        if len(hosts) > 1 or (not hosts and request.version != "1.0"):
            return refusal(400, "the request must have one Host header")
        # A browser that was tricked into a request sends cookies, and needs no token for metrics.
        if request.values("cookie") or request.path == "/metrics":
            if not is_allowed_host("".join(hosts), self._options.allowed_hosts):
                return refusal(421, "this server does not have that host name")
        return None

    async def _own_page(self, request: Request) -> Response:
        if request.path == "/metrics" and not self._options.has_metrics:
            return refusal(404, exchange.NO_SUCH_PATH)
        if request.method not in ("GET", "HEAD"):
            return refusal(405, "use GET", ("Allow", "GET, HEAD"))
        if request.path == "/metrics":
            content = self._metrics.text().encode()
            kind = ("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            return Response(200, (kind, ("Content-Length", str(len(content)))), content)
        if request.path == "/readyz":
            why = await self._in_thread(self._store.why_not_ready)
            if why:
                return refusal(503, why, ("Retry-After", "1"))
        return exchange.response_of(exchange.OK)

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)


class Turn:
    """The right to have a large body in memory. Only one request has it at a time."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock = lock
        self._is_held = False

    async def __aenter__(self) -> Turn:
        return self

    async def __aexit__(self, *raised: object) -> None:
        if self._is_held:
            self._lock.release()

    async def is_taken(self) -> bool:
        """Whether this request has or gets the right; it waits ten seconds for another one."""
        if not self._is_held:
            try:
                await asyncio.wait_for(self._lock.acquire(), BODY_SECONDS)
            except asyncio.TimeoutError:
                return False
            self._is_held = True
        return True


class Body:
    """The body of a request, which may never be read."""

    def __init__(self, receive: Receive, *, is_empty: bool) -> None:
        self._receive = receive
        self._content = bytearray()
        self.is_read: bool = is_empty

    async def at_once(self) -> bytearray | None:
        """The whole body if it arrives with the head, otherwise ``None``."""
        end = time.monotonic() + _AT_ONCE_SECONDS
        try:
            while not self.is_read:
                piece = await self._piece(end)
                if piece is None:
                    return None
                self._content += piece
        except asyncio.TimeoutError:
            return None
        return self._content

    async def read(self, most: int, turn: Turn | None = None) -> bytearray | Response | None:
        """The whole body, or a refusal; ``None`` if the client has gone.

        A body above the limit of a single entry waits for its turn.
        """
        content = self._content
        start = time.monotonic()
        while not self.is_read:
            late = start + BODY_SECONDS + len(content) / BODY_RATE
            try:
                piece = await self._piece(late)
            except asyncio.TimeoutError:
                return refusal(408, "the body arrived too slowly")
            if piece is None:
                return None
            content += piece
            if len(content) > most:
                return refusal(413, f"the body has more than {most} bytes")
            if turn is not None and len(content) > limits.SINGLE_BODY_BYTES:
                waits = time.monotonic()
                if not await turn.is_taken():
                    why = "the server is busy with large writes"
                    return refusal(503, why, ("Retry-After", "1"))
                start += time.monotonic() - waits
        return content

    async def discard(self) -> None:
        """Read on for a moment, so that the answer is not lost."""
        end = time.monotonic() + _LINGER_SECONDS
        try:
            while not self.is_read and await self._piece(end) is not None:
                pass
        except asyncio.TimeoutError:
            return

    async def _piece(self, end: float) -> bytes | None:
        message = await asyncio.wait_for(self._receive(), max(0.0, end - time.monotonic()))
        if message["type"] == "http.disconnect":
            return None
        self.is_read = not message.get("more_body", False)
        return bytes(message.get("body", b""))


def _deadline() -> float:
    return time.monotonic() + STORE_SECONDS


def _request(scope: Message) -> Request:
    headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"])
    path, query = (scope[name].decode("latin-1") for name in ("raw_path", "query_string"))
    return Request(scope["method"], path, query, headers, scope["http_version"])


async def _respond(response: Response, body: Body, send: Send) -> None:
    # The next request cannot follow a body that was not read.
    closes = not body.is_read
    lines = [*response.headers, *([("Connection", "close")] if closes else [])]
    headers = [(name.lower().encode(), value.encode()) for name, value in lines]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if closes:
        await send(_part(response.content, more=True))
        await body.discard()
        await send(_part(b"", more=False))
    else:
        await send(_part(response.content, more=False))


def _part(content: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


def _where(error: BaseException | None) -> dict[str, object]:
    """The class of an exception, and the line that raised it."""
    if error is None:
        return {}
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    line = "" if trace is None else f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
    return {"error": type(error).__name__, "line": line}
