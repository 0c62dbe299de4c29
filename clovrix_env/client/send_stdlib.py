"""Sends calls with the sockets of the standard library, except for ``AsyncClient``.

It starts 70 ms faster than httpx. A connection is used again after its answer was read completely.
A child of ``fork()`` starts without connections: two processes that share one would mix up their
answers.
"""

from __future__ import annotations

import os
import time

from clovrix_env.client import http1
from clovrix_env.client.body import Body
from clovrix_env.client.connect import is_quiet
from clovrix_env.client.failures import (
    Progress,
    Unreached,
    broken_off,
    coded,
    failure_of,
    late,
    too_long,
)
from clovrix_env.client.route import Route
from clovrix_env.system.deadline import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from clovrix_env.api.messages import Call, Failure, Reply

# A server, or a device on the way, eventually drops an idle connection.
_IDLE_SECONDS = 5.0
_MOST_IDLE = 20


class StdlibSender:
    """Sends calls to ``address``, which is ``https://host[:port]`` or ``http://host[:port]``.

    ``environ`` names proxy and trusted certificates. ``new_progress`` follows each call. The
    constructor raises ``ClovrixConfigError`` for a proxy that cannot be used.
    """

    def __init__(
        self,
        address: str,
        user_agent: str,
        environ: Mapping[str, str],
        new_progress: Callable[[str], Progress] = Progress,
    ) -> None:
        self._address = address
        self._user_agent = user_agent
        self._route = Route(address, environ)
        self._new_progress = new_progress
        self._idle: dict[int, list[tuple[float, socket.socket]]] = {}
        self._closed = False

    def check(self) -> None:
        """Raise ``ClovrixConfigError`` for trusted certificates that cannot be read."""
        self._route.check()

    def __call__(self, call: Call, deadline: float) -> Reply | Failure:
        progress = self._new_progress(self._address)
        return within(
            deadline,
            lambda: self._ask(call, deadline, progress),
            lambda: self._late(progress),
            meanwhile=_load_wire,
        )

    def close(self) -> None:
        self._closed = True
        for _, line in self._idle.pop(os.getpid(), ()):
            line.close()

    def _late(self, progress: Progress) -> Failure:
        progress.cut()
        return late(progress)

    def _ask(self, call: Call, deadline: float, progress: Progress) -> Reply | Failure:
        try:
            line = self._kept(deadline, progress) or self._route.open(deadline, progress)
        except Unreached as unreached:
            return unreached.failure
        is_kept = False
        try:
            progress.sends(self._address)
            sent = self._send(call, line)
            outcome, persists = self._receive(call, http1.Stream(line.recv))
            if sent and persists:
                progress.set_socket(None)
                is_kept = self._keep(line)
            return outcome
        except http1.Malformed:
            return broken_off(self._address)
        except OSError as error:
            return failure_of(error, progress)
        finally:
            if not is_kept:
                line.close()

    def _send(self, call: Call, line: socket.socket) -> bool:
        """Send a call. Returns false if the connection broke; an answer may have arrived before."""
        from clovrix_env.api import wire

        request = wire.request_of(call, self._user_agent)
        host = self._address.partition("://")[2]
        try:
            line.sendall(
                http1.request(request.method, request.path, host, request.headers, request.body)
            )
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _receive(self, call: Call, stream: http1.Stream) -> tuple[Reply | Failure, bool]:
        """The outcome of a call, and whether its connection can be used again."""
        from clovrix_env.api import wire

        head = http1.read_head(stream)
        refused = coded(self._address, head.fields.get("content-encoding"))
        if refused is not None:
            return refused, False
        body = Body()
        for piece in http1.pieces(stream, head):
            if not body.takes(piece):
                return too_long(self._address), False
        noted = map(head.fields.get, ("retry-after", "date", "etag"))
        reply = wire.reply_of(call, head.status, body.content, *noted)
        return reply, head.persists and stream.is_drained

    def _kept(self, deadline: float, progress: Progress) -> socket.socket | None:
        """A usable connection of an earlier call, or ``None``."""
        idle = self._idle.get(os.getpid(), [])
        while idle:
            try:
                since, line = idle.pop()
            except IndexError:  # another thread took it
                break
            now = time.monotonic()
            if now - since < _IDLE_SECONDS and is_quiet(line):
                line.settimeout(max(0.001, deadline - now))
                progress.set_socket(line)
                return line
            line.close()
        return None

    def _keep(self, line: socket.socket) -> bool:
        """Keep a connection for a later call. Returns false if there are enough."""
        idle = self._idle.setdefault(os.getpid(), [])
        if self._closed or len(idle) >= _MOST_IDLE:
            return False
        idle.append((time.monotonic(), line))
        return True


def _load_wire() -> None:
    """Import the module that the answer needs while the connection is being made."""
    __import__("clovrix_env.api.wire")
