"""A call by the standard library: the sender of ``Client``, the launcher and ``load_env()``.

It is 70 ms lighter than httpx. A connection whose answer was read whole is used again. In a child
of ``fork()`` there are none at first: one that two processes share hands one the other's answer.
"""

from __future__ import annotations

import os
import time

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
    from collections.abc import Callable, Mapping
    from http.client import HTTPConnection, HTTPResponse

    from clovrix_env.api.messages import Call, Failure, Reply

_PIECE = 64 * 1024
# A server, and what lies between, forgets an idle connection sooner or later.
_IDLE_SECONDS = 5.0
_MOST_IDLE = 20


class StdlibSender:
    """Sends calls to ``address``, which is ``https://host[:port]`` or ``http://host[:port]``.

    ``environ`` names proxy and trusted certificates; ``new_progress`` follows each call. Making one
    raises ``ClovrixConfigError`` for a proxy that cannot be used.
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
        self._idle: dict[int, list[tuple[float, HTTPConnection]]] = {}
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
            meanwhile=_load_http,
        )

    def close(self) -> None:
        self._closed = True
        for _, connection in self._idle.pop(os.getpid(), ()):
            connection.close()

    def _late(self, progress: Progress) -> Failure:
        progress.cut()
        return late(progress)

    def _ask(self, call: Call, deadline: float, progress: Progress) -> Reply | Failure:
        try:
            asked = self._kept(deadline, progress) or self._opened(deadline, progress)
        except Unreached as unreached:
            return unreached.failure
        from http.client import HTTPException

        from clovrix_env.api import wire

        request = wire.request_of(call, self._user_agent)
        connection: HTTPConnection | None = asked
        goes_on = True
        try:
            progress.sends(self._address)
            try:
                asked.request(request.method, request.path, request.body, request.headers)
            except (BrokenPipeError, ConnectionResetError):
                goes_on = False  # a refusal can come before the body was read: it stands there
            response = asked.getresponse()
            outcome = self._read(call, response)
            if goes_on and response.isclosed() and not response.will_close:
                progress.set_socket(None)
                connection = self._keep(asked)
            return outcome
        except HTTPException:
            return broken_off(self._address)
        except OSError as error:
            return failure_of(error, progress)
        finally:
            if connection is not None:
                connection.close()

    def _opened(self, deadline: float, progress: Progress) -> HTTPConnection:
        opened = self._route.open(deadline, progress)
        from http.client import HTTPConnection

        connection = HTTPConnection(self._address.partition("://")[2])
        connection.auto_open = 0  # it would open one by itself, by its own way
        connection.sock = opened
        return connection

    def _kept(self, deadline: float, progress: Progress) -> HTTPConnection | None:
        """A connection of an earlier call that is still one."""
        idle = self._idle.get(os.getpid(), [])
        while idle:
            try:
                since, connection = idle.pop()
            except IndexError:  # another thread took it
                break
            now = time.monotonic()
            if now - since < _IDLE_SECONDS and is_quiet(connection.sock):
                connection.sock.settimeout(max(0.001, deadline - now))
                progress.set_socket(connection.sock)
                return connection
            connection.close()
        return None

    def _keep(self, connection: HTTPConnection) -> HTTPConnection | None:
        """Keep it for a later call, or give it back where there are enough of them."""
        idle = self._idle.setdefault(os.getpid(), [])
        if self._closed or len(idle) >= _MOST_IDLE:
            return connection
        idle.append((time.monotonic(), connection))
        return None

    def _read(self, call: Call, response: HTTPResponse) -> Reply | Failure:
        refused = coded(self._address, response.getheader("Content-Encoding"))
        if refused is not None:
            return refused
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


def _load_http() -> None:
    """What the answer will need, loaded while the connection is being made."""
    for module in ("http.client", "json"):
        __import__(module)
