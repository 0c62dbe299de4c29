"""One TLS context for every sender.

``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` are honoured alone; else the system's trust store, by its
hashed directory where it has one (reading a whole bundle costs 16 ms); else certifi's.
"""

from __future__ import annotations

import os
import ssl

from clovrix_env.errors import ClovrixConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Union

    # SSL_CERT_FILE and SSL_CERT_DIR.
    Named = tuple[Union[str, None], Union[str, None]]

_made: dict[Named, ssl.SSLContext] = {}
# Those contexts that look at the system's hashed directory only.
_narrow: set[Named] = set()


def context() -> ssl.SSLContext:
    """The context of this process: certificate and host name checked, TLS 1.2 or newer."""
    named = _named()
    if named not in _made:
        _made[named] = _new(named)
    return _made[named]


def _named() -> Named:
    return os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")


def _new(named: Named) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    file, folder = named
    paths = ssl.get_default_verify_paths()
    if file or folder:
        _load(made, file or None, folder or None)
    elif os.name == "nt":
        made.load_default_certs()
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
            "name a PEM file, or a folder made by `openssl rehash`",
        ) from None


def is_narrow() -> bool:
    """Whether only the system's hashed directory is looked at, and its bundle may know more."""
    context()
    return _named() in _narrow


def widen() -> None:
    """Take the system's whole bundle too, from now on."""
    context().load_verify_locations(_bundle())
    _narrow.discard(_named())


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
