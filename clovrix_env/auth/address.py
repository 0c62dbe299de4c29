"""The address: https, this machine, or an embedded store. No other address receives a token."""

from __future__ import annotations

import os

from clovrix_env.api import PATH_PREFIX
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system import folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_ADDRESS = "https://app.clovrix.com"
# The source of the default address.
DEFAULT = "default"
USER_CONFIG = "api_url of config.toml"
STORE_SCHEME = "file:"
_IPV6_CHARACTERS = frozenset("0123456789abcdef:.")
_LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_SCHEMES = ("https", "http")


def address_of(environ: Mapping[str, str]) -> tuple[str, str]:
    """The address from the process environment, or the default, and its source."""
    named = environ.get("CLOVRIX_API_URL", "")
    if not named:
        return DEFAULT_ADDRESS, DEFAULT
    return checked_address(named, "CLOVRIX_API_URL", environ, expand_home=True), "CLOVRIX_API_URL"


def address_of_user(api_url: str, environ: Mapping[str, str]) -> str:
    """The address from the user's configuration. A store's path must be absolute or start with ~.

    Raises ``ClovrixConfigError``.
    """
    if api_url.startswith(STORE_SCHEME):
        path = api_url[len(STORE_SCHEME) :]
        if not path.startswith(("/", "~/")) and not os.path.isabs(path):
            raise ClovrixConfigError(
                f"{USER_CONFIG} must not be relative: config.toml applies in every folder",
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
    """The canonical form of an address: ``https://host[:port]``, or ``file:`` and an absolute path.

    http is accepted for a loopback host and for the host that ``CLOVRIX_ALLOW_HTTP`` names in the
    process environment. Raises ``ClovrixConfigError``, whose message names ``source``.
    """
    if _names_store(text):
        return STORE_SCHEME + _store_path(text, source, environ, expand_home, relative_to)

    def refused(why: str, remedy: str = "") -> ClovrixConfigError:
        return ClovrixConfigError(
            f"{source} {why}",
            remedy
            or f"write scheme and host only, such as {DEFAULT_ADDRESS}, or {STORE_SCHEME}PATH",
        )

    # urlsplit drops tabs and newlines, and a look-alike host differs from the one that is shown.
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise refused("contains a character that is not printable ASCII")
    scheme, host, port = _split(text, refused)
    if not _is_host(host) or port == 0:
        raise refused("has an invalid host or port")
    shown = f"[{host}]" if ":" in host else host
    place = shown if port is None else f"{shown}:{port}"
    allowed = environ.get("CLOVRIX_ALLOW_HTTP", "")
    if scheme == "http" and not is_loopback(host) and allowed not in (shown, place):
        raise ClovrixConfigError(
            f"{source} uses http:, but {shown} is not this machine: "
            "the token would not be encrypted",
            f"use https:, or set CLOVRIX_ALLOW_HTTP={place} if the network is trusted",
        )
    return f"{scheme}://{place}"


def _split(text: str, refused: Callable[..., ClovrixConfigError]) -> tuple[str, str, int | None]:
    """Scheme, host and port. Any further part is refused.

    ``urlsplit`` accepts too much, and its module costs a run without requests 0.7 × an
    interpreter.
    """
    scheme, _, rest = text.partition(":")
    scheme = scheme.lower()
    if scheme not in _SCHEMES:
        from clovrix_env.auth.store_hint import why_no_scheme

        raise refused(*why_no_scheme(scheme))
    place, _, path = rest[2:].partition("/")
    if not place or not rest.startswith("//"):
        raise refused("has no host")
    if "@" in place:
        raise refused("must not contain a user name or password")
    if f"/{path}".rstrip("/") not in ("", PATH_PREFIX) or "?" in place or "#" in place:
        raise refused("must contain only scheme and host")
    host, digits = place, ""
    if ":" in place and not place.endswith("]"):
        host, _, digits = place.rpartition(":")
    if host.startswith("[") != host.endswith("]") or (":" in host) != host.startswith("["):
        raise refused("is not a valid URL")
    host = host.strip("[]").lower()
    if not host:
        raise refused("has no host")
    if not digits:
        return scheme, host, None
    if not digits.isdigit() or len(digits) > 5 or int(digits) > 65535:
        raise refused("is not a valid URL")
    return scheme, host, int(digits)


def _names_store(text: str) -> bool:
    return text[: len(STORE_SCHEME)].lower() == STORE_SCHEME


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, judged by its name or number alone."""
    return (host.startswith("127.") and _is_ipv4(host)) or host in ("localhost", "::1")


def _is_ipv4(host: str) -> bool:
    """Whether all libraries read it as the same address: 127.0.0.08 is octal to some."""
    numbers = host.split(".")
    return len(numbers) == 4 and all(
        text.isdigit() and str(int(text[:4])) == text and int(text) <= 255 for text in numbers
    )


def _is_host(host: str) -> bool:
    """Whether a host is an IPv6 number, or has labels that a name look-up accepts."""
    if ":" in host:
        return _IPV6_CHARACTERS.issuperset(host)
    labels = host.split(".")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):  # a number, or an invalid name
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
                f"{source} must not contain a host in a file: address", f"write {STORE_SCHEME}PATH"
            )
    if not path or "\0" in path:
        raise ClovrixConfigError(f"{source} has no path after file:", f"write {STORE_SCHEME}PATH")
    if expand_home and (path == "~" or path.startswith("~/")):
        home = folders.home_folder(environ)
        if home is None:
            raise ClovrixConfigError(f"{source} begins with ~ but HOME is not set", "set HOME")
        path = home + path[1:]
    return folders.whole_path(os.path.join(relative_to or "", path), source)


def store_below(root: str, text: str, source: str, environ: Mapping[str, str]) -> str:
    """The address of a store that a project's file names, which must be inside the project."""
    if not _names_store(text):
        raise ClovrixConfigError(
            f"{source}: CLOVRIX_API_URL must be a file: address: a file of the project must not "
            "decide where the token goes",
            "set CLOVRIX_API_URL in the process environment",
        )
    address = checked_address(text, source, environ, relative_to=root)
    path, below = os.path.realpath(address[len(STORE_SCHEME) :]), os.path.realpath(root)
    if os.path.commonpath((path, below)) != below:
        raise ClovrixConfigError(
            f"{source}: CLOVRIX_API_URL names a store outside the project's folder",
            "set CLOVRIX_API_URL in the process environment",
        )
    return STORE_SCHEME + path
