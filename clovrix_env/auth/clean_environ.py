"""The process environment without what clovrix-env itself put there.

A launcher and ``load_env()`` leave a marker beside the values. Here only its names are read, and a
short digest of each value: what a file or Clovrix has set decides neither where a request goes nor
whom it trusts.
"""

from __future__ import annotations

from clovrix_env.model.layer import INHERITED
from clovrix_env.model.names import MARKER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from clovrix_env.system.process import Process

_DIGEST_BYTES = 4
# How a marker of this version begins, of which nothing was left out.
_WHOLE = "2:"
# What decides where a request goes, by which way, whom it trusts and as whom it is sent.
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
    """Whether a variable decides where a request goes, whom it trusts or as whom it is sent."""
    return name.upper() in _DECIDES or name.startswith(_KEYRINGS_OWN)


def clean_process(process: Process) -> Process:
    """The process with the names and values that it was given. Without a marker that is all."""
    if MARKER not in process.environ:
        return process
    return process.without(unchanged(digests_in(process.environ[MARKER]), process))


def unchanged(digests: Iterable[tuple[str, str]], process: Process) -> set[str]:
    """The names among pairs of name and digest whose value nobody has changed since.

    Where a digest is empty, any value counts as unchanged.
    """
    environ = process.environ
    return {
        name
        for name, digest in digests
        if name in environ and (not digest or digest_of(process.encode(environ[name])) == digest)
    }


def digest_of(value: bytes) -> str:
    """A short digest: enough to tell that a value was changed, too short to stand for it."""
    return digest(value, _DIGEST_BYTES, b"clovrix-env")


def digest(value: bytes, size: int, person: bytes) -> str:
    """A BLAKE2b digest of ``size`` bytes, in hexadecimal digits."""
    try:
        # hashlib loads a second libcrypto: 0.31 × an interpreter, 0.08 of a start without requests.
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b
    return blake2b(value, digest_size=size, person=person).hexdigest()


def digests_in(marker: str) -> Iterator[tuple[str, str]]:
    """The injected names of a marker of any version; what is missing in it is an empty digest."""
    import json

    from clovrix_env.model.type_checks import as_object

    try:
        document = json.loads(marker.partition(":")[2])
        names, places = document["names"], document.get("places")
        details = as_object(names) or dict.fromkeys(names)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return
    is_whole = marker.startswith(_WHOLE)  # then every name has a digest
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
