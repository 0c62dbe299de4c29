"""The variables that Kubernetes sets for a Service, which a program may not have meant. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# What Kubernetes sets for a Service: NAME_SERVICE_HOST, NAME_PORT=tcp://…, NAME_PORT_80_TCP=….
_SERVICE = "_SERVICE_HOST"
_LINK = ("tcp://", "udp://", "sctp://")


def services_of(environ: Iterable[str]) -> frozenset[str]:
    """The Kubernetes Services that the names of an environment speak of."""
    return frozenset(name[: -len(_SERVICE)] for name in environ if name.endswith(_SERVICE))


def is_service_link(name: str, value: str, services: Iterable[str]) -> bool:
    """Whether a value is the address that Kubernetes sets for a Service of that name."""
    return value.startswith(_LINK) and any(
        f"{name}_".startswith(f"{service}_PORT_") for service in services
    )
