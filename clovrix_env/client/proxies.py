"""The proxy for an address, from ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``.

Only https: addresses use a proxy. An http: address is this machine or one that the user allowed,
and a proxy would read the token. A lower-case name takes precedence; an empty value unsets both.
"""

from __future__ import annotations

from clovrix_env.client.route import host_and_port
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PROXIES = ("HTTPS_PROXY", "ALL_PROXY")
_NO_PROXY = "NO_PROXY"
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_HTTPS = 443


class Proxy(Record, hidden=("url", "authorization")):
    """A proxy: the variable that names it, its URL, and the parts of the URL.

    ``authorization`` is the header for its user name and password, or empty.
    """

    variable: str
    url: str
    scheme: str
    host: str
    port: int
    authorization: str

    @property
    def shown(self) -> str:
        """The name of the proxy in messages."""
        return f"the proxy of {self.variable}"


def proxy_of(address: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy that ``environ`` names for an address, or ``None``.

    Raises ``ClovrixConfigError`` for one that cannot be used.
    """
    variable = variable_of(address, environ)
    return _proxy(environ[variable], variable) if variable else None


def variable_of(address: str, environ: Mapping[str, str]) -> str:
    """The variable whose proxy is used for an address; empty for a direct connection."""
    if not address.startswith("https:"):
        return ""
    names = (_spelling(name, environ) for name in _PROXIES)
    variable = next((name for name in names if environ.get(name)), "")
    if not variable:
        return ""
    excepted = environ.get(_spelling(_NO_PROXY, environ), "")
    host, port = host_and_port(address.partition("://")[2], _HTTPS)
    return "" if _is_excepted(host, port, excepted) else variable


def unusable(variable: str, why: str) -> ClovrixConfigError:
    """The refusal of a proxy. It names the variable and shows no part of the URL."""
    return ClovrixConfigError(
        f"{variable} names a proxy that cannot be used: {why}",
        "write http://HOST:PORT; percent-encode special characters in user name and password",
    )


def _spelling(name: str, environ: Mapping[str, str]) -> str:
    return name.lower() if name.lower() in environ else name


def _proxy(url: str, variable: str) -> Proxy:
    from urllib.parse import unquote, urlsplit

    full = url if "://" in url else f"http://{url}"
    if not full.isascii() or not full.isprintable() or " " in full:
        raise unusable(variable, "it contains a character that is not printable ASCII")
    try:
        parts = urlsplit(full)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise unusable(variable, "it is not a valid URL") from None
    if parts.scheme not in _PORTS:
        raise unusable(variable, "its scheme must be http, https or socks5")
    if not host or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise unusable(variable, "it is not a valid URL")
    authorization = ""
    if parts.username is not None or parts.password is not None:
        from base64 import b64encode

        user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        authorization = f"Basic {b64encode(user.encode()).decode()}"
    port = _PORTS[parts.scheme] if port is None else port
    return Proxy(variable, full, parts.scheme, host, port, authorization)


def _is_excepted(host: str, port: int, names: str) -> bool:
    """Whether the list in ``NO_PROXY`` includes the host.

    The list is read as curl and Go do. ``example.com`` includes its subdomains, with or without a
    dot or ``*.`` before it; ``10.0.0.0/8`` is a network; ``*`` includes every host. An item with a
    port applies to that port only.
    """
    for name in names.replace(",", " ").split():
        item = name.rpartition("://")[2].lower()
        if item == "*":
            return True
        if "/" in item:
            if _is_within(host, item):
                return True
            continue
        if item.count(":") != 1 and not item.startswith("["):
            known, known_port = item, ""  # a name, or an IPv6 number without brackets
        else:
            known, _, known_port = item.rpartition(":") if item[-1:] != "]" else (item, "", "")
        known = known.strip("[]")
        known = known[1:] if known.startswith("*.") else known
        known = known.lstrip(".")
        if known_port and known_port != str(port):
            continue
        if known and (host == known or host.endswith(f".{known}") or _is_same(host, known)):
            return True
    return False


def _is_within(host: str, network: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(network.replace("[", "").replace("]", ""), False)
    except ValueError:
        return False


def _is_same(host: str, known: str) -> bool:
    """Whether both are the same IPv6 number, in any notation."""
    if ":" not in host or ":" not in known:
        return False
    from ipaddress import ip_address

    try:
        return ip_address(host) == ip_address(known)
    except ValueError:
        return False
