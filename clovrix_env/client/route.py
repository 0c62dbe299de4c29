"""The route to an address: directly or through an http: proxy, and with TLS for https:.

Each call opens a new connection. ``client.connect`` races the addresses of the host or proxy.
"""

from __future__ import annotations

import socket

from clovrix_env.auth.address import is_loopback
from clovrix_env.client import http1
from clovrix_env.client.connect import connected, places_of
from clovrix_env.client.failures import (
    ANSWER,
    CONNECTION,
    NAME,
    TLS,
    Unreached,
    elsewhere,
    failure_of,
    refused_by_proxy,
    untrusted,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from clovrix_env.client.failures import Progress
    from clovrix_env.client.proxies import Proxy

_PORTS = {"http": 80, "https": 443}
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def proxy_for(address: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy that ``environ`` names for an address, or ``None``.

    Raises ``ClovrixConfigError`` for a proxy that cannot be used.
    """
    if not any(map(environ.get, _PROXIES)):
        return None
    from clovrix_env.client.proxies import proxy_of

    return proxy_of(address, environ)


def host_and_port(place: str, usual: int) -> tuple[str, int]:
    """The two parts of ``host[:port]``, without the brackets of an IPv6 number."""
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        return place.strip("[]"), usual
    return host.strip("[]"), int(port)


def trust_in(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables that ``tls`` reads, without the token and the rest of the environment."""
    return {name: environ[name] for name in _TRUST if name in environ}


class Route:
    """Opens connections to ``address``, with the proxy and certificates that ``environ`` names.

    The constructor raises ``ClovrixConfigError`` for a proxy that cannot be used.
    """

    def __init__(self, address: str, environ: Mapping[str, str]) -> None:
        scheme, _, place = address.partition("://")
        self._address = address
        self._host, self._port = host_and_port(place, _PORTS[scheme])
        self._is_tls = scheme == "https"
        self._proxy = proxy_for(address, environ)
        self._trust = trust_in(environ)

    def check(self) -> None:
        """Raise ``ClovrixConfigError`` for trusted certificates that cannot be read."""
        if self._is_tls:
            from clovrix_env.client import tls

            tls.context(self._trust)

    def open(self, deadline: float, progress: Progress) -> socket.socket:
        """A connection, by ``deadline`` (``time.monotonic``). Raises ``Unreached``."""
        line = self._connected(deadline, progress)
        if not self._is_tls:
            return line
        progress.begins(TLS, self._address)
        from clovrix_env.client import tls

        context, narrow = tls.context(self._trust), tls.is_narrow(self._trust)
        try:
            secured = context.wrap_socket(line, server_hostname=_name_for(context, self._host))
        except OSError as error:
            line.close()
            if not narrow or not untrusted(error):
                raise Unreached(failure_of(error, progress)) from None
        else:
            progress.set_socket(secured)
            return secured
        tls.widen(self._trust)
        return self.open(deadline, progress)

    def _connected(self, deadline: float, progress: Progress) -> socket.socket:
        proxy = self._proxy
        peer = self._address if proxy is None else proxy.shown
        host, port = (self._host, self._port) if proxy is None else (proxy.host, proxy.port)
        progress.begins(NAME, peer)
        try:
            places = places_of(host.encode("ascii"), port)
            if proxy is None and not self._is_tls and is_loopback(host):
                # The hosts file may be wrong, and the token is not encrypted.
                places = [place for place in places if is_loopback(place[4][0])]
                if not places:
                    raise Unreached(elsewhere(self._address))
            progress.begins(CONNECTION, peer)
            line = connected(places, deadline)
        except OSError as error:
            raise Unreached(failure_of(error, progress)) from None
        progress.set_socket(line)
        try:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if proxy is not None:
                progress.begins(ANSWER, peer)
                self._tunnel(line, proxy)
        except OSError as error:
            line.close()
            raise Unreached(failure_of(error, progress)) from None
        except BaseException:
            line.close()
            raise
        return line

    def _tunnel(self, line: socket.socket, proxy: Proxy) -> None:
        """Open a tunnel through a proxy."""
        shown = f"[{self._host}]" if ":" in self._host else self._host
        place = f"{shown}:{self._port}"
        fields = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
        line.sendall(http1.request("CONNECT", place, place, fields, None))
        stream = http1.Stream(line.recv)
        try:
            status = http1.read_head(stream, tunnel=True).status
        except http1.Malformed:
            status = 0
        if not stream.is_drained and status < 300:  # in TLS the client begins
            status = 0
        if not 200 <= status < 300:
            raise Unreached(refused_by_proxy(proxy.shown, status))


def _name_for(context: ssl.SSLContext, host: str) -> str | bytes:
    """The host as bytes: a string would make ``ssl`` load the tables of IDNA, which takes 1 ms.

    gevent and eventlet have their own contexts, and gevent's accepts only a string.
    """
    return host.encode("ascii") if type(context).__module__ == "ssl" else host
