"""The reason for a missing answer, as one message without values, for each HTTP library.

The text of a lower error is never repeated, because a library's message may contain the token.
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

# The end of a connection, as the system, OpenSSL and anyio name it.
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
# OpenSSL needs more data. It is the context of anyio's errors, and not their reason.
_WAITS = frozenset({"SSLWantReadError", "SSLWantWriteError"})

# The steps of a request. The last begins with its first byte.
NAME, CONNECTION, TLS, ANSWER = "name look-up", "connection", "TLS", "answer"
# httpx reports both as one step.
NAME_OR_CONNECTION = f"{NAME} or {CONNECTION}"

# OpenSSL's codes for a chain without a known root: a missing issuer, or a root that the server
# sent, or that is the server's own certificate.
_UNKNOWN = (2, 18, 19, 20, 21)


class Unreached(Exception):
    """No connection could be made; ``failure`` is the reason. Nothing was sent."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class Progress:
    """The progress of a sender, for the thread that waits: the current step and its peer.

    The peer is the address or its proxy. If the progress is unknown, ``sent`` is true until a new
    connection is seen: a call whose connection is only being made has not arrived.
    """

    __slots__ = ("_is_known", "_line", "opened", "peer", "sent", "step")

    def __init__(self, peer: str, sent: bool = False) -> None:
        self.peer: str = peer
        self.step = ANSWER if sent else ""
        self.sent: bool = sent
        self._is_known = False
        self._line: socket.socket | None = None
        self.opened: list[Any] = []

    async def close_opened(self) -> None:
        """Close the streams of a failed call, which httpcore may leave open."""
        import anyio

        with anyio.CancelScope(shield=True):
            for stream in self.opened:
                await stream.aclose()

    def begins(self, step: str, peer: str, /) -> None:
        self.step, self.peer = step, peer

    def connects(self, peer: str) -> None:
        """The same for a client that resolves the name and connects by itself."""
        if not self._is_known:  # a later attempt: the first may have arrived
            self.sent = False
        self._is_known = True
        self.begins(NAME_OR_CONNECTION, peer)

    def set_socket(self, line: socket.socket | None) -> None:
        """Set the connection of this call, or ``None`` once another call may use it."""
        self._line = line

    def sends(self, peer: str) -> None:
        self._is_known = self.sent = True
        self.begins(ANSWER, peer)

    def cut(self) -> None:
        """Shut the connection down, so that the thread that reads from it ends."""
        if self._line is not None:
            import socket

            try:
                # Not SSLSocket.shutdown, which would drop TLS while another thread is reading.
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)
            except OSError:  # it has already ended
                pass


def late(progress: Progress, *, final: bool = True) -> Failure:
    """The failure for a passed deadline, or for one step that timed out, which is not ``final``."""
    peer, step = progress.peer, progress.step
    if not step:  # no thread started in time, or the pool had no free connection
        why = f"{peer}: the request was not sent in time"
    elif progress.sent or step == ANSWER:
        why = f"{peer} did not answer in time"
    else:
        why = f"cannot reach {peer}: the {'TLS handshake' if step == TLS else step} timed out"
    return Failure(why, progress.sent, final=final)


def too_long(address: str) -> Failure:
    return Failure(f"{address} answered with more than {ANSWER_BYTES} bytes", True, final=True)


def coded(address: str, coding: str | None) -> Failure | None:
    """The refusal of a compressed body, which no request accepts.

    A few kilobytes could expand to gigabytes.
    """
    if (coding or "identity").strip().lower() == "identity":
        return None
    return Failure(f"{address} answered with a compressed body, which was not requested", True)


def redirected(address: str) -> Failure:
    return Failure(
        f"{address} redirected, and http_client= followed: the answer is from another address",
        True,
        final=True,
    )


def elsewhere(address: str) -> Failure:
    """The failure for a loopback name that resolves to another machine."""
    return Failure(
        f"{address} uses http:, but its name does not resolve to this machine (127.0.0.0/8 or ::1)",
        False,
        final=True,
    )


def refused_by_proxy(peer: str, status: int) -> Failure:
    """A proxy refused CONNECT, with ``status`` 0 for an answer that is not HTTP."""
    why = f"answered HTTP {status}" if status else "does not speak HTTP"
    return Failure(f"{peer} {why}", False)


def broken_off(address: str) -> Failure:
    """The connection ended before the answer was complete."""
    return Failure(f"{address} closed the connection before its answer was complete", True)


def _ended(address: str, sent: bool) -> Failure:
    """The failure for a connection that the other side ended."""
    if sent:
        return broken_off(address)
    return Failure(f"cannot reach {address}: the connection was closed", sent)


def failure_of(error: BaseException, progress: Progress) -> Failure:
    """The failure for an exception of a sender. The lowest cause is the most precise."""
    # From httpx or httpx2: under an event loop the lower errors do not mention the timeout.
    if type(error).__name__.endswith("Timeout"):
        return late(progress, final=False)
    address, sent = progress.peer, progress.sent
    for cause in _causes(error):
        name = type(cause).__name__
        if name in _ENDED:
            return _ended(address, sent)
        if isinstance(cause, OSError) and name not in _WAITS:
            return _of_os_error(cause, progress)
    return broken_off(address) if sent else Failure(f"cannot reach {address}", sent)


def untrusted(error: BaseException) -> bool:
    """Whether the issuer of the certificate was not among the loaded roots."""
    return any(getattr(cause, "verify_code", 0) in _UNKNOWN for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The causes, lowest first. A chain may have a cycle, and trio's contain exception groups."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        group: tuple[BaseException, ...] = getattr(link, "exceptions", ())
        link = group[0] if group else link.__cause__ or link.__context__
    return reversed(chain)


def _of_os_error(error: OSError, progress: Progress) -> Failure:
    import socket

    address, sent = progress.peer, progress.sent
    if sys.modules.get("ssl"):  # otherwise no error can come from TLS
        import ssl

        if isinstance(error, ssl.SSLCertVerificationError):
            why = error.verify_message
            return Failure(f"the certificate of {address} is not valid: {why}", False, final=True)
        if isinstance(error, ssl.SSLError):
            why = (error.reason or "protocol error").replace("_", " ").lower()
            return Failure(f"TLS with {address} failed: {why}", sent)
    if isinstance(error, socket.gaierror):
        return Failure(f"cannot reach {address}: its name does not resolve", sent)
    if isinstance(error, (TimeoutError, socket.timeout)):
        return late(progress, final=False)
    why = os.strerror(error.errno).lower() if error.errno else "the connection failed"
    return Failure(f"cannot reach {address}: {why}" if not sent else f"{address}: {why}", sent)
