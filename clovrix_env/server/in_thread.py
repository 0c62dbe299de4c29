"""A server in a thread of this process, for tests."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

from clovrix_env.server import sockets
from clovrix_env.server.app import App, Options
from clovrix_env.server.process import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator

    from clovrix_env.server.exchange import Served


@contextmanager
def serving(
    store: Served, options: Options | None = None, context: ssl.SSLContext | None = None
) -> Generator[str, None, None]:
    """Serve a store on a free port until the block ends; yields its address."""
    sock = sockets.bound("127.0.0.1", 0, None)
    sock.listen(sockets.BACKLOG)
    url = sockets.url_of(sock, "http" if context is None else "https", ())
    started = threading.Event()
    servers: list[Server] = []

    async def run() -> None:
        app = App(store, options or Options(log_format="off"))
        server = Server(app, context)
        servers.append(server)
        started.set()
        try:
            await server.serve([sock])
        finally:
            app.close()

    runner = threading.Thread(target=lambda: asyncio.run(run()), name="clovrix-server")
    runner.start()
    started.wait()
    try:
        yield url
    finally:
        servers[0].stop()
        runner.join()
