"""What is worth knowing of a name or a value that nobody refuses. Pure."""

from __future__ import annotations

from clovrix_env.contract.contract import is_service_link
from clovrix_env.model.layer import CLOVRIX, PROCESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovrix_env.resolution.precedence import ValueOrigin

_PROXY = "decides by which way programs ask others"
_AUTHORITIES = "decides whom programs trust over TLS"
_WHERE = "decides where programs look for their files"
# Names that pass the guard, for they are ordinary in a container, and steer programs all the same.
STEERING: dict[str, str] = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "FTP_PROXY"), _PROXY),
    **dict.fromkeys(
        (
            *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
            *("NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT"),
        ),
        _AUTHORITIES,
    ),
    **dict.fromkeys(("TMPDIR", "TMP", "TEMP", "TEMPDIR"), "decides where temporary files lie"),
    "NODE_PATH": "decides where Node.js looks for modules",
}
_XDG = "XDG_"


def about(name: str, value: str, origin: ValueOrigin, services: Iterable[str]) -> Iterator[str]:
    """What to know of a name with this value and origin, in words that follow the name."""
    if origin.kind != PROCESS:
        does = STEERING.get(name.upper()) or (_WHERE if name.startswith(_XDG) else None)
        if does is not None:
            yield does
    if is_service_link(name, value, services):
        yield (
            "looks like a Kubernetes service link; enableServiceLinks: false in the Pod's spec "
            "takes it away"
        )
    if origin.kind == PROCESS and not value:
        hidden = next((place for place in origin.hid if place.kind == CLOVRIX), None)
        if hidden is not None:
            yield f"is set and empty in the process environment, and so hides {hidden}"
