"""One process that serves a store on a listening socket until TERM or INT."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import contextmanager

import uvicorn

from clovrix_env.server.protocol import HEAD_SECONDS, Protocol
from clovrix_env.server.sockets import BACKLOG

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Generator
    from types import FrameType

    from clovrix_env.server.app import App

# Longer than clients keep a connection: none sends a request on one that is being closed.
KEEP_ALIVE_SECONDS = 75
# For the answers to requests that are in flight at TERM.
GRACE_SECONDS = 30
ENDING = (signal.SIGINT, signal.SIGTERM)


def hold_signals() -> None:
    """Let TERM and INT wait until ``release_signals``, when there is a handler for them."""
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def release_signals() -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


class Server(uvicorn.Server):
    """uvicorn's server without its signals, and with a deadline for the handshake of TLS."""

    def __init__(self, app: App, context: ssl.SSLContext | None = None) -> None:
        config = uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        # Below its level DEBUG uvicorn would put a layer around the application that logs paths.
        config.load()
        config.loaded_app = app
        # It would log requests that are not HTTP; the answer says it.
        logger = logging.getLogger("uvicorn")
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
        super().__init__(config)
        self._context = context

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.servers: list[asyncio.Server] = [
            await loop.create_server(
                self._new_connection,
                sock=sock,
                ssl=self._context,
                backlog=BACKLOG,
                ssl_handshake_timeout=None if self._context is None else HEAD_SECONDS,
            )
            for sock in sockets or []
        ]
        self.started = True

    def _new_connection(self) -> asyncio.Protocol:
        return Protocol(self.config, self.server_state, {})

    def stop(self) -> None:
        """Answer the requests in flight, then end."""
        self.should_exit = True


def run(
    sock: socket.socket,
    make_app: Callable[[], App],
    context: ssl.SSLContext | None = None,
    lifeline: int | None = None,
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Serve until TERM or INT, which call ``on_stop``.

    ``lifeline`` is a descriptor that ends when the supervisor has.
    """
    # asyncio's debug mode, which the environment can turn on, logs values.
    asyncio.run(_run(sock, make_app, context, lifeline, on_stop), debug=False)


async def _run(
    sock: socket.socket,
    make_app: Callable[[], App],
    context: ssl.SSLContext | None,
    lifeline: int | None,
    on_stop: Callable[[], None],
) -> None:
    app = make_app()
    server = Server(app, context)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, failure: app.failed(failure.get("exception")))

    def stop(number: int, _frame: FrameType | None) -> None:
        if server.should_exit and number == signal.SIGINT:
            server.force_exit = True
        on_stop()
        server.stop()

    for number in ENDING:
        if lifeline is None or number != signal.SIGINT:  # Ctrl-C is the supervisor's to pass on
            signal.signal(number, stop)
    release_signals()
    if lifeline is not None:
        loop.add_reader(lifeline, server.stop)
    try:
        await server.serve([sock])
    finally:
        app.close()
