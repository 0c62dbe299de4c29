"""HTTP/1.1 as uvicorn parses it, with limits that uvicorn does not have.

The head of a request has ten seconds, 64 KiB and 100 headers. A client has ten seconds to read an
answer, and one more for each 64 KiB.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from clovrix_env.server.exchange import refusal
from clovrix_env.server.peers import UNIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from typing import Any

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 * 1024
HEADERS = 100
READ_SECONDS, READ_RATE = 10.0, 64 * 1024
_LINGER_SECONDS = 1.0
# At the end of a server, for requests that are on their way over open connections.
_DRAIN_SECONDS = 0.5
_TOO_LARGE = f"the head has more than {HEAD_BYTES} bytes or {HEADERS} headers"


class Protocol(HttpToolsProtocol):
    """One connection. A refusal of its own ends it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._usual_app: Any = self.app  # pyright: ignore[reportUnknownMemberType] # uvicorn's own
        self._in_head = False
        self._is_refused = self._is_used = self._is_ending = False
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._end: asyncio.TimerHandle | None = None
        transport.set_write_buffer_limits(high=1)  # pause_writing for all that is not sent at once
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._is_reading()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        size = self.transport.get_write_buffer_size()
        self._end = self.loop.call_later(READ_SECONDS + size / READ_RATE, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        self._is_reading()
        super().resume_writing()

    def _is_reading(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._is_used = True
        if self._timer is None and self._is_idle():
            self._expect_head()  # a new request, or only empty lines before one
        self._size += len(data)
        super().data_received(data)
        if self._in_head and self._size > HEAD_BYTES:
            self._refuse(431, _TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._size = self._head = 0
        if self._timer is None:
            self._expect_head()

    def on_url(self, url: bytes) -> None:
        self._head += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_timer()
        self._in_head = False
        is_large = self._head > HEAD_BYTES or len(self.headers) > HEADERS
        self.app: Any = _too_large if is_large else self._usual_app
        if is_large:
            self._note(431)
            self.url = b"/"  # the parser of addresses has a limit of its own
        super().on_headers_complete()
        if self._is_ending:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Close the connection after the next answer, or soon if no request arrives.

        A proxy may be sending a request, and must not repeat a write that it has sent.
        """
        self._is_ending = True
        if self._is_idle():
            self.loop.call_later(_DRAIN_SECONDS, self._close_unused)
        else:
            self.cycle.keep_alive = False

    def _close_unused(self) -> None:
        if self._is_idle() and not self._in_head:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "the request is not valid HTTP/1.1")

    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = getattr(self, "cycle", None)
        return cycle is None or cycle.response_complete

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if self._is_idle():
            self._refuse(408, "the head of the request arrived too slowly")
        else:  # the head of the next request waits for the answer to this one
            self._expect_head()

    def _refuse(self, status: int, why: str) -> None:
        """Answer, discard what still arrives for a moment, and close the connection."""
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._stop_timer()
        self._unset_keepalive_if_required()
        if not self._is_idle():
            # The answer to a request whose body is not valid. The application gets a disconnect.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.close()
                return
        self._note(status)
        response = refusal(status, why, ("Connection", "close"))
        lines = [*self.server_state.default_headers, *_encoded(response.headers)]
        head = b"".join(b"%s: %s\r\n" % line for line in lines)
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + response.content)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _note(self, status: int) -> None:
        if self._is_used:  # not for a connection that was only opened, as load balancers do
            self._usual_app.refused((self.client or [UNIX])[0], status)


async def _too_large(_scope: Any, _receive: Any, send: Any) -> None:
    response = refusal(431, _TOO_LARGE, ("Connection", "close"))
    headers = _encoded(response.headers)
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


def _encoded(headers: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers]
