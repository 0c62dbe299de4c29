"""Why no answer came, in one sentence without values, whoever's library it was that failed.

The text of a lower error is never repeated: an HTTP library's own message can hold the token.
"""

from __future__ import annotations

import os
import sys

from clovrix_env.api.limits import ANSWER_BYTES
from clovrix_env.api.messages import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from typing import Any

# An end of the connection, as the system, OpenSSL and anyio call it.
_ENDED = frozenset(
    {
        "BrokenPipeError",
        "BrokenResourceError",
        "ConnectionAbortedError",
        "ConnectionResetError",
        "EndOfStream",
        "SSLEOFError",
        "SSLZeroReturnError",
    }
)
# OpenSSL asks for more: anyio's errors have it for a context, and it means nothing.
_WAITS = frozenset({"SSLWantReadError", "SSLWantWriteError"})

# The steps of a request. The last begins with its first byte.
NAME, CONNECTION, TLS, ANSWER = "name look-up", "connection", "TLS", "answer"
# httpx does not tell the two apart.
NAME_OR_CONNECTION = f"{NAME} or {CONNECTION}"

# OpenSSL's numbers for a chain that ends in no known root: an issuer that is missing, and a root
# that the server sent along, or that is the server's own certificate.
_UNKNOWN = (2, 18, 19, 20, 21)


class Unreached(Exception):
    """No connection could be made; ``failure`` says why. Nothing was sent."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class Progress:
    """How far a sender has come, readable by who waits for it: the step that has begun, and with
    whom: an address, or the proxy before it.

    ``sent`` is true from the start where that cannot be known, until a connection is seen being
    made: a call that only then begins has not arrived.
    """

    __slots__ = ("_is_known", "_line", "opened", "sent", "step", "whom")

    def __init__(self, whom: str, sent: bool = False) -> None:
        self.whom = whom
        self.step = ANSWER if sent else ""
        self.sent = sent
        self._is_known = False
        self._line: socket.socket | None = None
        self.opened: list[Any] = []

    async def close_opened(self) -> None:
        """Close what an event loop opened for a call that failed: httpcore can lose it."""
        import anyio

        with anyio.CancelScope(shield=True):
            for stream in self.opened:
                await stream.aclose()

    def begins(self, step: str, whom: str) -> None:
        self.step, self.whom = step, whom

    def connects(self, whom: str) -> None:
        """The same for a client that looks the name up, and connects, by itself."""
        if not self._is_known:  # else it is another attempt, and the first may have arrived
            self.sent = False
        self._is_known = True
        self.begins(NAME_OR_CONNECTION, whom)

    def set_socket(self, line: socket.socket | None) -> None:
        """The connection that this call goes by, or ``None`` where it is another's from now on."""
        self._line = line

    def sends(self, whom: str) -> None:
        self._is_known = self.sent = True
        self.begins(ANSWER, whom)

    def cut(self) -> None:
        """End the connection, whoever waits for it: nobody wants what still comes."""
        if self._line is not None:
            import socket

            try:
                # Not SSLSocket's own, which takes the TLS away from under who is reading.
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)
            except OSError:  # it has ended by itself
                pass


def late(progress: Progress, *, final: bool = True) -> Failure:
    """The deadline passed; or one step took too long, which is not ``final``."""
    whom, step = progress.whom, progress.step
    if not step:  # no thread began in time, or no connection of a pool became free
        why = f"{whom}: the request was not sent in time"
    elif progress.sent or step == ANSWER:
        why = f"{whom} did not answer in time"
    else:
        why = f"cannot reach {whom}: the {'TLS handshake' if step == TLS else step} timed out"
    return Failure(why, progress.sent, final=final)


def too_long(address: str) -> Failure:
    return Failure(f"{address} answered with more than {ANSWER_BYTES} bytes", True, final=True)


def coded(address: str, coding: str | None) -> Failure | None:
    """The refusal of an answer whose body is compressed: we ask for none that is.

    A few kilobytes of it can stand for gigabytes.
    """
    if (coding or "identity").strip().lower() == "identity":
        return None
    return Failure(f"{address} answered with a compressed body, which was not asked for", True)


def redirected(address: str) -> Failure:
    return Failure(
        f"{address} redirected, and the client followed: its answer is another address's",
        True,
        final=True,
    )


def elsewhere(address: str) -> Failure:
    """The name of this machine leads to another."""
    return Failure(
        f"{address} is http:, and its name does not lead to this machine (127.0.0.0/8 or ::1)",
        False,
        final=True,
    )


def refused_by_proxy(whom: str, status: int) -> Failure:
    """A proxy's answer to CONNECT, or 0 where it was not HTTP."""
    said = f"answered HTTP {status}" if status else "does not speak HTTP"
    return Failure(f"{whom} {said}", False)


def broken_off(address: str) -> Failure:
    """The connection ended before the answer was whole."""
    return Failure(f"{address} broke off before its answer was whole", True)


def _ended(address: str, sent: bool) -> Failure:
    """The other side ended the connection, in whatever way."""
    if sent:
        return broken_off(address)
    return Failure(f"cannot reach {address}: the connection broke off", sent)


def failure_of(error: BaseException, progress: Progress) -> Failure:
    """The failure that an exception of a sender stands for; the lowest cause says most."""
    # httpx's and httpx2's: under an event loop, what lies below them says nothing of time.
    if type(error).__name__.endswith("Timeout"):
        return late(progress, final=False)
    address, sent = progress.whom, progress.sent
    for cause in _causes(error):
        name = type(cause).__name__
        if name in _ENDED:
            return _ended(address, sent)
        if isinstance(cause, OSError) and name not in _WAITS:
            return _of_os_error(cause, progress)
    return broken_off(address) if sent else Failure(f"cannot reach {address}", sent)


def untrusted(error: BaseException) -> bool:
    """Whether the certificate's issuer was not among the roots that were looked at."""
    return any(getattr(cause, "verify_code", 0) in _UNKNOWN for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Lowest first; a chain of exceptions can loop, and trio's goes through a group of them."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        group: tuple[BaseException, ...] = getattr(link, "exceptions", ())
        link = group[0] if group else link.__cause__ or link.__context__
    return reversed(chain)


def _of_os_error(error: OSError, progress: Progress) -> Failure:
    import socket

    address, sent = progress.whom, progress.sent
    if sys.modules.get("ssl"):  # else no error can be one of TLS
        import ssl

        if isinstance(error, ssl.SSLCertVerificationError):
            why = error.verify_message
            return Failure(f"the certificate of {address} does not hold: {why}", False, final=True)
        if isinstance(error, ssl.SSLError):
            why = (error.reason or "protocol error").replace("_", " ").lower()
            return Failure(f"TLS with {address} failed: {why}", sent)
    if isinstance(error, socket.gaierror):
        return Failure(f"cannot reach {address}: its name does not resolve", sent)
    if isinstance(error, (TimeoutError, socket.timeout)):
        return late(progress, final=False)
    why = os.strerror(error.errno).lower() if error.errno else "the connection failed"
    return Failure(f"cannot reach {address}: {why}" if not sent else f"{address}: {why}", sent)
