"""The address: https, this machine, or an embedded store's file. Nothing else gets a token."""

from __future__ import annotations

import os

from clovrix_env.api import PATH_PREFIX
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system import folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_ADDRESS = "https://app.clovrix.com"
# The source of an address that nobody named.
DEFAULT = "default"
USER_CONFIG = "api_url of config.toml"
STORE_SCHEME = "file:"
_IPV6_CHARACTERS = frozenset("0123456789abcdef:.")
_LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_SCHEMES = ("https", "http")


def address_of(environ: Mapping[str, str]) -> tuple[str, str]:
    """The address that the process environment names, or the default, and its source."""
    named = environ.get("CLOVRIX_API_URL", "")
    if not named:
        return DEFAULT_ADDRESS, DEFAULT
    return checked_address(named, "CLOVRIX_API_URL", environ, expand_home=True), "CLOVRIX_API_URL"


def address_of_user(api_url: str, environ: Mapping[str, str]) -> str:
    """The address that the user's own configuration names: ``~`` and absolute paths only.

    Raises ``ClovrixConfigError``.
    """
    if api_url.startswith(STORE_SCHEME):
        path = api_url[len(STORE_SCHEME) :]
        if not path.startswith(("/", "~/")) and not os.path.isabs(path):
            raise ClovrixConfigError(
                f"{USER_CONFIG} is relative, and that file counts in every folder",
                f"write {STORE_SCHEME}/PATH or {STORE_SCHEME}~/PATH",
            )
    return checked_address(api_url, USER_CONFIG, environ, expand_home=True)


def checked_address(
    text: str,
    source: str,
    environ: Mapping[str, str],
    *,
    expand_home: bool = False,
    relative_to: str | None = None,
) -> str:
    """An address in its one form: ``https://host[:port]``, or ``file:`` and an absolute path.

    https only; http for a loopback host and for the one that ``CLOVRIX_ALLOW_HTTP`` of the process
    environment names. Raises ``ClovrixConfigError`` that names ``source``.
    """
    if _names_store(text):
        return STORE_SCHEME + _store_path(text, source, environ, expand_home, relative_to)

    def refused(why: str) -> ClovrixConfigError:
        return ClovrixConfigError(
            f"{source} {why}",
            f"write scheme and host only, such as {DEFAULT_ADDRESS}, or {STORE_SCHEME}PATH",
        )

    # urlsplit drops tabs and newlines, and a look-alike host is not the host that one reads.
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise refused("holds a character that is not printable ASCII")
    scheme, host, port = _split(text, refused)
    if not _is_host(host) or port == 0:
        raise refused("names no host and port that a name look-up takes")
    shown = f"[{host}]" if ":" in host else host
    place = shown if port is None else f"{shown}:{port}"
    allowed = environ.get("CLOVRIX_ALLOW_HTTP", "")
    if scheme == "http" and not is_loopback(host) and allowed not in (shown, place):
        raise ClovrixConfigError(
            f"{source} is http: and {shown} is not this machine: the token would travel in clear",
            f"use https:, or set CLOVRIX_ALLOW_HTTP={place} if nobody can listen between",
        )
    return f"{scheme}://{place}"


def _split(text: str, refused: Callable[[str], ClovrixConfigError]) -> tuple[str, str, int | None]:
    """Scheme, host and port; whatever stands beside them is refused.

    By hand: ``urlsplit`` takes more than it should, and its module costs a start that sends no
    request 0.7 × an interpreter.
    """
    scheme, _, rest = text.partition(":")
    scheme = scheme.lower()
    if scheme not in _SCHEMES:
        raise refused("is neither https: nor http: nor file:")
    place, _, path = rest[2:].partition("/")
    if not place or not rest.startswith("//"):
        raise refused("has no host")
    if "@" in place:
        raise refused("holds a user name or password")
    if f"/{path}".rstrip("/") not in ("", PATH_PREFIX) or "?" in place or "#" in place:
        raise refused("has more than scheme and host")
    host, digits = place, ""
    if ":" in place and not place.endswith("]"):
        host, _, digits = place.rpartition(":")
    if host.startswith("[") != host.endswith("]") or (":" in host) != host.startswith("["):
        raise refused("is no URL")
    host = host.strip("[]").lower()
    if not host:
        raise refused("has no host")
    if not digits:
        return scheme, host, None
    if not digits.isdigit() or len(digits) > 5 or int(digits) > 65535:
        raise refused("is no URL")
    return scheme, host, int(digits)


def _names_store(text: str) -> bool:
    return text[: len(STORE_SCHEME)].lower() == STORE_SCHEME


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or number alone."""
    return (host.startswith("127.") and _is_ipv4(host)) or host in ("localhost", "::1")


def _is_ipv4(host: str) -> bool:
    """Whether it is an address as every library reads it: 127.0.0.08 is octal to some."""
    numbers = host.split(".")
    return len(numbers) == 4 and all(
        text.isdigit() and str(int(text[:4])) == text and int(text) <= 255 for text in numbers
    )


def _is_host(host: str) -> bool:
    """Whether a host is an IPv6 number, or labels that a name look-up does not stumble over."""
    if ":" in host:
        return _IPV6_CHARACTERS.issuperset(host)
    labels = host.split(".")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):  # a number, or nothing at all
        return _is_ipv4(host)
    return all(0 < len(label) <= 63 and _LABEL_CHARACTERS.issuperset(label) for label in labels)


def _store_path(
    text: str, source: str, environ: Mapping[str, str], expand_home: bool, relative_to: str | None
) -> str:
    path = text[len(STORE_SCHEME) :]
    if path.startswith("//"):
        path = path[2:]
        if not path.startswith("/"):
            raise ClovrixConfigError(
                f"{source} names a host in a file: address", f"write {STORE_SCHEME}PATH"
            )
    if not path or "\0" in path:
        raise ClovrixConfigError(f"{source} has no path behind file:", f"write {STORE_SCHEME}PATH")
    if expand_home and (path == "~" or path.startswith("~/")):
        home = folders.home_folder(environ)
        if home is None:
            raise ClovrixConfigError(f"{source} begins with ~ and there is no HOME", "set HOME")
        path = home + path[1:]
    return folders.whole_path(os.path.join(relative_to or "", path), source)


def store_below(root: str, text: str, source: str, environ: Mapping[str, str]) -> str:
    """The address of a store that a file names: ``file:`` only, and under the root."""
    if not _names_store(text):
        raise ClovrixConfigError(
            f"{source}: CLOVRIX_API_URL is no file: address: a file of the project must not decide "
            "where the token goes",
            "set CLOVRIX_API_URL in the process environment",
        )
    address = checked_address(text, source, environ, relative_to=root)
    path, below = os.path.realpath(address[len(STORE_SCHEME) :]), os.path.realpath(root)
    if os.path.commonpath((path, below)) != below:
        raise ClovrixConfigError(
            f"{source}: CLOVRIX_API_URL names a store outside of the project's folder",
            "set CLOVRIX_API_URL in the process environment",
        )
    return STORE_SCHEME + path
