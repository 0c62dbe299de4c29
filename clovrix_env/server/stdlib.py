"""A server of the standard library for tests, without the packages that ``serve`` needs."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from clovrix_env.server.exchange import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from clovrix_env.server.exchange import Response

_POLL_SECONDS = 0.01


class StdlibServer(ThreadingHTTPServer):
    """Answers requests on 127.0.0.1; ``respond`` returns ``None`` to close the connection."""

    daemon_threads = False  # so that server_close() waits for them
    request_queue_size = 128

    def __init__(self, respond: Callable[[Request, Callable[[], bytes]], Response | None]) -> None:
        self.respond = respond
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks up the name of this machine in DNS.
        self.socket.bind(self.server_address)
        self.server_name: str
        self.server_port: int
        self.server_name, self.server_port = self.socket.getsockname()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        self._open.add(connection)
        return connection, peer

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """End the connections that clients of the test have left open."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # a client that is gone
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for an answer

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def _answer(self) -> None:
        assert isinstance(self.server, StdlibServer)
        request = Request.of(self.command, self.path, self.headers.items())
        body = self.rfile.read(request.length or 0)
        response = self.server.respond(request, lambda: body)
        if response is None:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.content)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the names of http.server


@contextmanager
def serving(
    respond: Callable[[Request, Callable[[], bytes]], Response | None],
) -> Generator[str, None, None]:
    """Answer on a free port until the block ends; yields the address."""
    server = StdlibServer(respond)
    runner = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    runner.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.cut()
        server.server_close()
        runner.join()
