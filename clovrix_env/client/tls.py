"""One TLS context for every sender.

``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` of the sender's environment replace all other certificates.
Otherwise the system's trust store is used, or certifi's if there is none. A hashed directory is
preferred to a bundle, which takes 16 ms to read.
"""

from __future__ import annotations

import os
import ssl
import sys

from clovrix_env.errors import ClovrixConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Union

    # SSL_CERT_FILE and SSL_CERT_DIR.
    Named = tuple[Union[str, None], Union[str, None]]

_made: dict[Named, ssl.SSLContext] = {}
_TRUSTED_FOR = ssl.Purpose.SERVER_AUTH.oid
# The contexts that use only the system's hashed directory.
_narrow: set[Named] = set()


def context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The context for ``environ``: TLS 1.2 or newer, with certificate and host name checked.

    It is created once, and again after gevent or eventlet has replaced the class, because their
    sockets need their own. Raises ``ClovrixConfigError`` for certificates that cannot be read.
    """
    named = _named(environ)
    if type(_made.get(named)) is not ssl.SSLContext:
        _made[named] = _new(named)
    return _made[named]


def _named(environ: Mapping[str, str]) -> Named:
    return environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")


def _new(named: Named) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    file, folder = named
    paths = ssl.get_default_verify_paths()
    if file or folder:
        _load(made, file or None, folder or None)
    elif sys.platform == "win32":
        _load_windows(made)
    elif _is_hashed(paths.openssl_capath):
        made.load_verify_locations(capath=paths.openssl_capath)
        _narrow.add(named)
    else:
        made.load_verify_locations(_bundle())
    return made


def _load(made: ssl.SSLContext, file: str | None, folder: str | None) -> None:
    try:
        made.load_verify_locations(file, folder)
    except (OSError, ValueError):
        name, path = ("SSL_CERT_FILE", file) if file else ("SSL_CERT_DIR", folder)
        raise ClovrixConfigError(
            f"{name} ({path}) cannot be read as certificates",
            "set it to a PEM file, or to a folder made by `openssl rehash`",
        ) from None


def _load_windows(made: ssl.SSLContext) -> None:
    """Load the system's stores. ``load_default_certs`` would read ``os.environ`` as well."""
    if sys.platform == "win32":
        for store in ("CA", "ROOT"):
            for certificate, encoding, trust in ssl.enum_certificates(store):
                if encoding == "x509_asn" and (trust is True or _TRUSTED_FOR in trust):
                    made.load_verify_locations(cadata=certificate)


def is_narrow(environ: Mapping[str, str]) -> bool:
    """Whether only the system's hashed directory is used, so that the bundle may contain more."""
    context(environ)
    return _named(environ) in _narrow


def widen(environ: Mapping[str, str]) -> None:
    """Add the system's whole bundle to the context."""
    context(environ).load_verify_locations(_bundle())
    _narrow.discard(_named(environ))


def _is_hashed(folder: str) -> bool:
    try:
        with os.scandir(folder) as found:
            return any(item.name.endswith(".0") for item in found)
    except OSError:
        return False


def _bundle() -> str:
    system = ssl.get_default_verify_paths().openssl_cafile
    if os.path.isfile(system):
        return system
    import certifi

    return certifi.where()
