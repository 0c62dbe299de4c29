"""A call by the standard library: what launcher and ``load_env()`` use, 70 ms lighter than httpx.

One connection a call, closed after it. No proxy: where one is set, httpx sends.
"""

from __future__ import annotations

import socket
from contextlib import suppress

from clovrix_env.client.body import Body
from clovrix_env.client.connect import connected, places_of
from clovrix_env.client.failures import Progress, broken_off, failure_of, late, too_long, untrusted
from clovrix_env.system.deadline import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPResponse
    from typing import Any

    from clovrix_env.api.messages import Call, Failure, Reply

_PIECE = 64 * 1024
_HTTPS = 443
_HTTP = 80
NAME, CONNECTION, TLS = "name look-up", "connection", "TLS"


class StdlibSender:
    """Sends calls to ``address``, which is ``https://host[:port]`` or ``http://host[:port]``.

    ``passed`` hears of each step on the way as soon as it is done: ``NAME``, ``CONNECTION``,
    ``TLS``.
    """

    def __init__(
        self, address: str, user_agent: str, passed: Callable[[str], object] | None = None
    ) -> None:
        self._address = address
        self._passed = passed or _unheard
        self._user_agent = user_agent
        scheme, _, self._place = address.partition("://")
        self._is_tls = scheme == "https"

    def __call__(self, call: Call, deadline: float) -> Reply | Failure:
        progress = Progress()
        return within(
            deadline,
            lambda: self._ask(call, deadline, progress),
            lambda: self._late(progress),
            meanwhile=_load_http,
        )

    def _late(self, progress: Progress) -> Failure:
        progress.cut()
        return late(self._address, progress.sent)

    def _ask(self, call: Call, deadline: float, progress: Progress) -> Reply | Failure:
        try:
            opened = self._open(deadline, progress)
        except OSError as error:
            return failure_of(error, self._address, sent=False)
        from http.client import HTTPConnection, HTTPException

        from clovrix_env.api import wire

        request = wire.request_of(call, self._user_agent)
        connection = HTTPConnection(self._place)
        connection.sock = opened
        try:
            progress.sends()
            # A refusal can come before the body was read: it stands there though sending broke.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(request.method, request.path, request.body, request.headers)
            return self._read(call, connection.getresponse())
        except HTTPException:
            return broken_off(self._address)
        except OSError as error:
            return failure_of(error, self._address, sent=True)
        finally:
            connection.close()

    def _open(self, deadline: float, progress: Progress) -> socket.socket:
        """A connection, over TLS where the address says so."""
        # The host as bytes: a text would be encoded as IDNA, whose tables cost a start 1 ms.
        host: Any
        host, port = _host_and_port(self._place, _HTTPS if self._is_tls else _HTTP)
        places = places_of(host, port)
        self._passed(NAME)
        opened = connected(places, deadline)
        self._passed(CONNECTION)
        progress.set_socket(opened)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._is_tls:
            return opened
        from clovrix_env.client import tls

        context, narrow = tls.context(), tls.is_narrow()
        try:
            secured = context.wrap_socket(opened, server_hostname=host)
        except OSError as error:
            opened.close()
            if not narrow or not untrusted(error):
                raise
        else:
            progress.set_socket(secured)
            self._passed(TLS)
            return secured
        tls.widen()
        return self._open(deadline, progress)

    def _read(self, call: Call, response: HTTPResponse) -> Reply | Failure:
        body = Body()
        while body.takes(response.read(_PIECE)):
            pass
        if body.is_too_long:
            return too_long(self._address)
        # read(n) does not say that the body ended early; what is still owed does. A header that
        # ends early reads as one without a length, and nothing follows.
        unsaid = response.length is None and not response.chunked
        if response.length or (unsaid and not body.content and response.status < 300):
            return broken_off(self._address)
        from clovrix_env.api import wire

        return wire.reply_of(
            call,
            response.status,
            body.content,
            response.getheader("Retry-After"),
            response.getheader("Date"),
        )


def _unheard(_step: str) -> None:
    """Nobody measures."""


def _load_http() -> None:
    """What the answer will need, loaded while the connection is being made."""
    for module in ("http.client", "json"):
        __import__(module)


def _host_and_port(place: str, usual: int) -> tuple[bytes, int]:
    host, colon, port = place.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = place, str(usual)
    return host.strip("[]").encode("ascii"), int(port)
