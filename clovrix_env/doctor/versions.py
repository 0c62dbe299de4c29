"""Yields the versions of the interpreter and its packages."""

from __future__ import annotations

import os
import platform
import sys

import clovrix_env
from clovrix_env.doctor.report import Observation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_OLDEST = (3, 9)
_PACKAGES = ("click", "cryptography", "httpx", "python-dotenv")


def observed() -> Iterator[Observation]:
    yield Observation(
        "python",
        sys.version_info >= _OLDEST,
        f"{platform.python_version()} ({sys.executable})",
        f"use Python {'.'.join(map(str, _OLDEST))} or newer",
    )
    home = os.path.dirname(os.path.abspath(clovrix_env.__file__))
    yield Observation("clovrix-env", True, f"{clovrix_env.__version__} ({home})")
    yield _packages()
    yield _sqlite()
    yield _openssl()


def _packages() -> Observation:
    from importlib import metadata

    found: list[str] = []
    missing: list[str] = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} is missing")
            missing.append(name)
    remedy = f"pip install {' '.join(missing)}"
    return Observation("packages", not missing, ", ".join(found), remedy)


def _sqlite() -> Observation:
    try:
        import sqlite3
    except ImportError:
        return _missing("SQLite", "sqlite3")
    return Observation("SQLite", True, sqlite3.sqlite_version)


def _openssl() -> Observation:
    try:
        import ssl
    except ImportError:
        return _missing("OpenSSL", "ssl")
    return Observation("OpenSSL", True, ssl.OPENSSL_VERSION)


def _missing(name: str, module: str) -> Observation:
    message = f"this Python was built without the module {module}"
    return Observation(name, False, message, "use a Python with this module")
