"""The side of a service towards systemd: takes its socket, and reports the state of the server.

Both are protocols of a few variables and one datagram (sd_listen_fds, sd_notify). The variables are
removed, so that they do not reach a command that this process runs.
"""

from __future__ import annotations

import os
import socket

from clovrix_env.errors import ClovrixConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

READY, STOPPING = "READY=1", "STOPPING=1"
# The first descriptor that systemd passes on.
_FIRST = 3
_LISTEN = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
_FAMILIES = (socket.AF_INET, socket.AF_INET6, getattr(socket, "AF_UNIX", None))
_NOTIFY_SECONDS = 1.0


def passed_socket(environ: MutableMapping[str, str]) -> socket.socket | None:
    """The listening socket that systemd passed to this process, or ``None``."""
    pid, count, names = (environ.pop(name, "") for name in _LISTEN)
    if pid != str(os.getpid()):  # they are those of a parent
        return None
    if count != "1":
        raise ClovrixConfigError(
            f"LISTEN_FDS must be 1, not {count!a}{names and f' ({names!a})'}",
            "give the service one .socket unit with one ListenStream=",
        )
    try:
        with socket.socket(fileno=_FIRST) as given:
            family, kind = given.family, given.type
            listens = given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            descriptor = given.detach()
    except OSError as error:
        raise ClovrixConfigError(
            f"LISTEN_FDS is 1, but descriptor {_FIRST} is not a socket: {error.strerror}",
            "unset LISTEN_FDS, or start the service by its .socket unit",
        ) from None
    if kind != socket.SOCK_STREAM or family not in _FAMILIES or not listens:
        raise ClovrixConfigError(
            "the socket of systemd does not accept connections over TCP or a Unix socket",
            "use ListenStream= with a port or a path, and Accept=no",
        )
    os.set_inheritable(descriptor, False)
    # asyncio sets TCP_NODELAY only if the protocol number is TCP's.
    proto = socket.IPPROTO_TCP if family in _FAMILIES[:2] else 0
    return socket.socket(family, kind, proto, descriptor)


def notifier(environ: MutableMapping[str, str]) -> Callable[[str], None]:
    """The function that reports a state to systemd. It does nothing without ``NOTIFY_SOCKET``."""
    path = environ.pop("NOTIFY_SOCKET", "")
    address = f"\0{path[1:]}" if path.startswith("@") else path

    def notify(state: str) -> None:
        if not address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.settimeout(_NOTIFY_SECONDS)
                line.connect(address)
                line.send(state.encode())
        except (OSError, ValueError):  # a manager that is gone must not end the service
            return

    return notify
