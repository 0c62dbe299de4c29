"""The client of a request: its address, also behind a proxy, and the host that it named."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network, IPv6Network
    from typing import Union

    from clovrix_env.server.exchange import Request

    Network = Union[IPv4Network, IPv6Network]

# The peer of a Unix socket has no address.
UNIX = "unix"


class Proxies(Record):
    """The proxies whose ``X-Forwarded-For`` counts: networks, and the peers of a Unix socket."""

    networks: tuple[Network, ...] = ()
    unix: bool = False

    @classmethod
    def named(cls, names: Iterable[str]) -> Proxies:
        """Parse addresses and networks (``10.0.0.0/8``), and ``unix``."""
        names = list(names)
        networks: list[Network] = []
        for name in names:
            try:
                networks += [ip_network(name, strict=False)] if name != UNIX else []
            except ValueError:
                raise ClovrixConfigError(
                    f"--behind-proxy: {name!a} is not an IP address or network",
                    "use an address such as 10.0.0.5, a network such as 10.0.0.0/8, or unix",
                ) from None
        return cls(tuple(networks), UNIX in names)

    def client_of(self, peer: str, request: Request) -> str:
        """The address of the client: the last one that is not a proxy's.

        Each proxy appends the address that it saw. The addresses before the last unknown one can
        be made up.
        """
        if not self.trusts(peer):
            return peer
        hops = [
            hop.strip() for line in request.values("x-forwarded-for") for hop in line.split(",")
        ]
        for hop in reversed(hops):
            if not is_address(hop):
                break
            peer = hop
            if not self.trusts(hop):
                break
        return peer

    def trusts(self, peer: str) -> bool:
        if peer == UNIX:
            return self.unix
        return (
            bool(self.networks)
            and is_address(peer)
            and any(ip_address(peer) in network for network in self.networks)
        )


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    return host == "localhost" or (is_address(host) and ip_address(host).is_loopback)


@lru_cache(1000)  # of 3 µs for each request
def network_of(client: str) -> str:
    """The address that counts as one client: an IPv6 client usually has a whole /64."""
    if not is_address(client) or not isinstance(ip_address(client), IPv6Address):
        return client
    return str(ip_network(f"{client.partition('%')[0]}/64", strict=False))


def is_allowed_host(host: str, allowed: Iterable[str]) -> bool:
    """Whether a page of another site cannot have sent this ``Host``.

    Such a page can only name a domain that it controls, and not an address or ``localhost``.
    """
    name = host.lower()
    if name.startswith("["):
        return is_address(name[1:].partition("]")[0])
    name = name.partition(":")[0]
    local = name == "localhost" or name.endswith(".localhost")
    return local or is_address(name) or name in {other.lower() for other in allowed}
