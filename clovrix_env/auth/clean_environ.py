"""The process environment without what clovrix-env itself put there.

A launcher and ``load_env()`` set a marker beside the values. This module reads its names and the
short digest of each value. A variable from a file or from Clovrix affects neither the address of
a request nor the trusted certificates.
"""

from __future__ import annotations

from clovrix_env.model.layer import INHERITED
from clovrix_env.model.names import MARKER, WHOLE
from clovrix_env.system.hkdf import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from clovrix_env.system.process import Process

_DIGEST_BYTES = 4
# Variables that affect the address, proxy, certificates or token of a request.
_DECIDES = frozenset(
    (
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NETRC"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "OPENSSL_CONF_INCLUDE"),
        *("HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "RESOLV_HOST_CONF"),
        *("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_HOME", "XDG_DATA_DIRS"),
        *("XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "LOCALAPPDATA", "USERPROFILE", "TMPDIR"),
        *("CREDENTIALS_DIRECTORY", "PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS"),
    )
)
_KEYRINGS_OWN = "KEYRING_PROPERTY_"


def decides_fetch(name: str) -> bool:
    """Whether a variable affects the address, proxy, certificates or token of a request."""
    return name.upper() in _DECIDES or name.startswith(_KEYRINGS_OWN)


def clean_process(process: Process) -> Process:
    """The process without the values that a marker lists. Without a marker it is unchanged."""
    if MARKER not in process.environ:
        return process
    return process.without(unchanged(digests_in(process.environ[MARKER]), process))


def unchanged(digests: Iterable[tuple[str, str]], process: Process) -> set[str]:
    """The names whose value still matches its digest.

    With an empty digest any value counts as unchanged.
    """
    environ = process.environ
    return {
        name
        for name, digest in digests
        if name in environ and (not digest or digest_of(process.encode(environ[name])) == digest)
    }


def digest_of(value: bytes) -> str:
    """A short digest, which detects a changed value and is too short to reveal one."""
    return digest(value, _DIGEST_BYTES, b"clovrix-env")


def digest(value: bytes, size: int, person: bytes) -> str:
    """A SHA-256 digest, cut to ``size`` bytes, in hexadecimal digits; ``person`` names its use."""
    return sha256(person + value).hexdigest()[: 2 * size]


def digests_in(marker: str) -> Iterator[tuple[str, str]]:
    """The injected names of a marker of any version. A missing digest is an empty string."""
    import json

    from clovrix_env.model.type_checks import as_object

    try:
        document = json.loads(marker.partition(":")[2])
        names, places = document["names"], document.get("places")
        details = as_object(names) or dict.fromkeys(names)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return
    is_whole = marker.startswith(WHOLE)  # then every name has a digest
    for name, detail in details.items():
        digest = _item(detail, 2)
        if is_whole and not (digest and isinstance(digest, str)):
            continue
        place = _item(places, _item(detail, 0))
        if [_item(place, 0), _item(place, 1)] != [INHERITED.kind, INHERITED.source]:
            yield str(name), digest if isinstance(digest, str) else ""


def _item(of: Any, index: Any) -> Any:
    try:
        return of[index]
    except (LookupError, TypeError):
        return None
