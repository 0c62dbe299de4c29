"""The listening sockets of a server, made here so that all workers share them.

uvicorn's own lose ``TCP_NODELAY`` (asyncio sets it only if the protocol number is TCP's), and its
Unix socket can be opened by everybody.
"""

from __future__ import annotations

import os
import socket
import stat

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.server.peers import is_address, is_loopback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

BACKLOG = 2048


def bound(host: str, port: int, uds: str | None) -> socket.socket:
    """A new socket that does not listen yet."""
    return _unix(uds) if uds is not None else _tcp(host, port)


def _tcp(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ClovrixConfigError(f"--host {host} is unknown: {why}") from None
    family, kind, _, _, address = found[0]
    made = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if os.name != "nt":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        made.close()
        raise ClovrixConfigError(
            f"cannot listen on {host}:{port}: {error.strerror}", "use another --host or --port"
        ) from None
    return made


def _unix(path: str) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise ClovrixConfigError("--uds needs a system with Unix sockets", "use --host and --port")
    _remove_stale(path)
    made = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)  # the socket is never open to others, not even for a moment
    try:
        made.bind(path)
    except OSError as error:
        made.close()
        why = error.strerror or "the path is too long for a socket"
        raise ClovrixConfigError(f"cannot listen on {path}: {why}", "use another --uds") from None
    finally:
        os.umask(before)
    return made


def _remove_stale(path: str) -> None:
    """Remove the socket of a server that has ended."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise ClovrixConfigError(f"{path} exists and is not a socket", "use another --uds")
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1.0)
            probe.connect(path)
    except ConnectionRefusedError:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ClovrixConfigError(f"cannot listen on {path}: {error.strerror}") from None
    else:
        raise ClovrixConfigError(f"another server listens on {path}", "use another --uds")


def is_tcp(made: socket.socket) -> bool:
    return made.family in (socket.AF_INET, socket.AF_INET6)


def is_open_to_others(made: socket.socket) -> bool:
    """Whether other machines can reach a socket."""
    return is_tcp(made) and not is_loopback(made.getsockname()[0])


def url_of(made: socket.socket, scheme: str, names: Iterable[str]) -> str:
    """The address of a TCP socket for clients; ``names`` are its host names, best first."""
    host, port = made.getsockname()[:2]
    name = next(iter(names), host)
    if name in ("0.0.0.0", "::"):  # noqa: S104 - an address to replace, not to bind
        name = socket.gethostname()
    if is_address(name) and ":" in name:
        name = f"[{name}]"
    return f"{scheme}://{name}:{port}"
