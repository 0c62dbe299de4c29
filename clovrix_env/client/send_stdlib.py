"""A call by the standard library: what launcher and ``load_env()`` use, 70 ms lighter than httpx.

One connection a call, closed after it. No proxy: where one is set, httpx sends.
"""

from __future__ import annotations

import http.client
import time
from contextlib import suppress

from clovrix_env.api import wire
from clovrix_env.api.limits import ANSWER_BYTES
from clovrix_env.client.deadline import within
from clovrix_env.client.failures import (
    Progress,
    broken_off,
    failure_of,
    late,
    too_long,
    untrusted,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.api.messages import Call, Failure, Reply

_PIECE = 64 * 1024


class StdlibSender:
    """Sends calls to ``address``, which is ``https://host[:port]`` or ``http://host[:port]``."""

    def __init__(self, address: str, user_agent: str) -> None:
        self._address = address
        self._user_agent = user_agent

    def __call__(self, call: Call, deadline: float) -> Reply | Failure:
        progress = Progress()
        request = wire.request_of(call, self._user_agent)
        return within(
            deadline,
            lambda: self._ask(request, deadline, progress),
            lambda: late(self._address, progress.sent),
        )

    def _ask(self, request: wire.Request, deadline: float, progress: Progress) -> Reply | Failure:
        connection, narrow = self._connection(max(0.001, deadline - time.monotonic()))
        try:
            connection.connect()
            progress.sent = True
            # A refusal can come before the body was read: it stands there though sending broke.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(request.method, request.path, request.body, request.headers)
            return self._read(connection.getresponse())
        except http.client.HTTPException:
            return broken_off(self._address)
        except OSError as error:
            if narrow and untrusted(error):
                self._widen()
                return self._ask(request, deadline, progress)
            return failure_of(error, self._address, progress.sent)
        finally:
            connection.close()

    def _connection(self, timeout: float) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether more roots could be trusted than it does."""
        scheme, _, place = self._address.partition("://")
        if scheme == "http":
            return http.client.HTTPConnection(place, timeout=timeout), False
        from clovrix_env.client import tls

        made = http.client.HTTPSConnection(place, timeout=timeout, context=tls.context())
        return made, tls.is_narrow()

    @staticmethod
    def _widen() -> None:
        from clovrix_env.client import tls

        tls.widen()

    def _read(self, response: http.client.HTTPResponse) -> Reply | Failure:
        pieces: list[bytes] = []
        size = 0
        while True:
            piece = response.read(_PIECE)
            if not piece:
                break
            size += len(piece)
            if size > ANSWER_BYTES:
                return too_long(self._address, ANSWER_BYTES)
            pieces.append(piece)
        # read(n) does not say that the body ended early; what is still owed does.
        if response.length:
            return broken_off(self._address)
        return wire.reply_of(
            response.status,
            b"".join(pieces),
            response.getheader("Retry-After"),
            response.getheader("Date"),
        )
