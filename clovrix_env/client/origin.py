"""Token and address as one value, and where each came from.

A token goes only where it belongs: the address must come from a place at least as trusted as the
token. Argument, process environment and the user's own configuration are equally trusted; a file
of the project is below them and can name no address but an embedded store's.
"""

from __future__ import annotations

import os

from clovrix_env import folders
from clovrix_env.api import PATH_PREFIX
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clovrix_env.layers.layer import Binding

DEFAULT_ADDRESS = "https://app.clovrix.com"
DEFAULT = "default"
STORE_SCHEME = "file:"
MARKER = "__CLOVRIX_ENV"
ARGUMENT = "token="
TOKEN_FILE_BYTES = 16 * 1024
_IPV6_CHARACTERS = frozenset("0123456789abcdef:.")
_LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


class Token(Record, hidden=("value",)):
    """A token and the place that it came from. Its ``repr`` hides it.

    ``given`` is true for ``token=``, ``from_file`` for a file of the project: it only reads.
    """

    value: str
    source: str
    from_file: bool = False

    @property
    def given(self) -> bool:
        return self.source == ARGUMENT


class Origin(Record):
    """Whom we ask, and as whom: an address, its source, and a token or nobody."""

    address: str
    source: str
    token: Token | None
    source_is_file: bool = False

    @property
    def is_store(self) -> bool:
        """Whether the embedded store answers, in this process."""
        return self.address.startswith(STORE_SCHEME)

    @property
    def store_path(self) -> str:
        return self.address[len(STORE_SCHEME) :]

    @property
    def bearer(self) -> str | None:
        return None if self.token is None else self.token.value


class Given(Record, hidden=("token", "base_url")):
    """Two arguments of ``Client()`` as they were given: each may be anything, and a secret."""

    token: str | None
    base_url: str | None


def of_client(given: Given, environ: Mapping[str, str]) -> Origin:
    """The origin of ``Client()``: arguments, then the process environment, then the default.

    Raises ``ClovrixConfigError`` for an address or token that cannot be used, and for no token at
    all, unless the address is an embedded store's, whose file's mode is the authentication.
    """
    found = _given_token(given.token)
    base_url = given.base_url
    if base_url is not None:
        if not isinstance(base_url, str):
            raise ClovrixConfigError(f"base_url= is a {type(base_url).__name__}, not a text")
        address = checked_address(base_url, "base_url=", environ)
        source = "base_url="
    else:
        address, source = address_of(environ)
    found = token_of(environ) if found is None else found
    if found is None and not address.startswith(STORE_SCHEME):
        raise missing_token(environ)
    return Origin(address, source, found)


class SaidByFiles(Record):
    """What the project's files say about whom to ask: a store's address below the root, a token."""

    address: str | None = None
    source: str = ""
    token: Token | None = None


def said_by(files: Iterable[Binding], root: str, environ: Mapping[str, str]) -> SaidByFiles:
    """The ``CLOVRIX_*`` lines of the ``.env`` files, lowest first.

    They may hold a token, to read with, and the address of an embedded store below ``root``, which
    takes no token out of this machine. Raises ``ClovrixConfigError`` with everything else.
    """
    problems = Problems()
    found = SaidByFiles()
    token: Binding | None = None
    for binding in files:
        if binding.name == "CLOVRIX_TOKEN":
            token = binding
        elif binding.name == "CLOVRIX_API_URL":
            with problems:  # each line of them: the lowest file may not say it either
                source = str(binding.place)
                address = _store_below(root, _literal(binding), source, environ)
                found = found.replaced(address=address, source=source)
        else:
            problems.add(
                f"{binding.place}: {binding.name} cannot be set in a file",
                "set it in the process environment; "
                "a file may hold CLOVRIX_TOKEN and CLOVRIX_API_URL=file:…",
            )
    with problems:
        if token is not None:
            found = found.replaced(token=_token_of_file(token))
    problems.raise_if_any()
    return found


def of_door(environ: Mapping[str, str], said: SaidByFiles, own_url: str | None) -> Origin:
    """The origin of ``load_env()`` and the launcher; its token is ``None`` where there is none.

    The process environment comes first, then the files, then ``own_url``: ``api_url`` of the
    user's own configuration.
    """
    problems = Problems()
    address, source, token, from_file = DEFAULT_ADDRESS, DEFAULT, said.token, False
    with problems:
        address, source = address_of(environ)
        if source == DEFAULT and said.address is not None:
            address, source, from_file = said.address, said.source, True
        elif source == DEFAULT and own_url is not None:
            source = "api_url of config.toml"
            address = checked_address(own_url, source, environ)
    with problems:
        token = token_of(environ) or said.token
    problems.raise_if_any()
    return Origin(address, source, token, from_file)


def address_of(environ: Mapping[str, str]) -> tuple[str, str]:
    """The address that the process environment names, or the default, and its source."""
    named = environ.get("CLOVRIX_API_URL", "")
    if not named:
        return DEFAULT_ADDRESS, DEFAULT
    return checked_address(named, "CLOVRIX_API_URL", environ, expand_home=True), "CLOVRIX_API_URL"


def _literal(binding: Binding) -> str:
    if not all(isinstance(part, str) for part in binding.parts):
        raise ClovrixConfigError(
            f"{binding.place}: {binding.name} is needed before anything is looked up",
            "write it out, without ${…}",
        )
    return "".join(str(part) for part in binding.parts)


def _token_of_file(binding: Binding) -> Token | None:
    token = _literal(binding)
    if not token:
        return None
    wrong = why_no_token(token)
    if wrong:
        del token
        raise ClovrixConfigError(f"{binding.place}: CLOVRIX_TOKEN {wrong}", _COPY_AGAIN)
    return Token(token, str(binding.place), from_file=True)


def _store_below(root: str, text: str, source: str, environ: Mapping[str, str]) -> str:
    """The address of a store that a file names: ``file:`` only, and under the root."""
    if not text.startswith(STORE_SCHEME):
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


def _given_token(token: str | None) -> Token | None:
    """The argument ``token=``, checked; ``None`` where it was left out."""
    if token is None:
        return None
    wrong = why_no_token(token)
    if wrong:
        del token
        raise ClovrixConfigError(f"{ARGUMENT} {wrong}", _COPY_AGAIN)
    return Token(token, ARGUMENT)


def token_of(environ: Mapping[str, str]) -> Token | None:
    """The token of the environment: ``CLOVRIX_TOKEN``, ``CLOVRIX_TOKEN_FILE``, or systemd's.

    Both variables set is an error, not a guess. One trailing newline of a file is not part of it.
    """
    value, path = environ.get("CLOVRIX_TOKEN", ""), environ.get("CLOVRIX_TOKEN_FILE", "")
    source = "CLOVRIX_TOKEN"
    if value and path:
        del value
        raise ClovrixConfigError(
            "CLOVRIX_TOKEN and CLOVRIX_TOKEN_FILE are both set", "unset one of the two"
        )
    if path:
        source = f"CLOVRIX_TOKEN_FILE ({path})"
        value = _read_token(path, source)
    elif not value and environ.get("CREDENTIALS_DIRECTORY"):
        path = os.path.join(environ["CREDENTIALS_DIRECTORY"], "clovrix_token")
        if not os.path.exists(path):
            return None
        source = f"$CREDENTIALS_DIRECTORY ({path})"
        value = _read_token(path, source)
    if not value:
        return None
    wrong = why_no_token(value)
    if wrong:
        del value
        raise ClovrixConfigError(f"{source} {wrong}", _COPY_AGAIN)
    return Token(value, source)


_COPY_AGAIN = "a token is one line of printable ASCII, such as icr_…; copy it again"


def why_no_token(token: object) -> str:
    """What is wrong with a token, without showing it; empty where nothing is."""
    if not isinstance(token, str):
        return f"is a {type(token).__name__}, not a text"
    if not token:
        return "is empty"
    if token != token.strip():
        return "begins or ends with white space (a newline that was copied with it?)"
    if not token.isascii() or not token.isprintable() or " " in token:
        return "holds a character that is not printable ASCII"
    return ""


def _read_token(path: str, source: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            content = os.read(descriptor, TOKEN_FILE_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ClovrixConfigError(
            f"{source} cannot be read: {os.strerror(error.errno or 0)}",
            "name a file that this user can read and that holds the token",
        ) from None
    if len(content) > TOKEN_FILE_BYTES:
        del content
        raise ClovrixConfigError(f"{source} has more than {TOKEN_FILE_BYTES} bytes", _COPY_AGAIN)
    text = content.decode("ascii", "replace")
    del content
    text = text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")
    if not text:
        raise ClovrixConfigError(f"{source} is empty", "write the token into it")
    return text


def missing_token(environ: Mapping[str, str]) -> ClovrixConfigError:
    """The error for no token, which says when a launcher took it away on purpose."""
    if environ.get(MARKER):
        return ClovrixConfigError(
            "there is no token: clovrix-exec keeps CLOVRIX_TOKEN from the program that it starts",
            "start it with --pass-token if the program itself asks Clovrix",
        )
    return ClovrixConfigError(
        "there is no token", "set CLOVRIX_TOKEN (or pass token=), or CLOVRIX_TOKEN_FILE to its file"
    )


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
    if text.startswith(STORE_SCHEME):
        return STORE_SCHEME + _store_path(text, source, environ, expand_home, relative_to)
    from urllib.parse import urlsplit

    def refused(why: str) -> ClovrixConfigError:
        return ClovrixConfigError(
            f"{source} {why}",
            f"write scheme and host only, such as {DEFAULT_ADDRESS}, or {STORE_SCHEME}PATH",
        )

    # urlsplit drops tabs and newlines, and a look-alike host is not the host that one reads.
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise refused("holds a character that is not printable ASCII")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise refused("is no URL") from None
    if "@" in parts.netloc:
        raise refused("holds a user name or password")
    if parts.scheme not in ("https", "http"):
        raise refused("is neither https: nor http: nor file:")
    if not host:
        raise refused("has no host")
    if not _is_host(host) or port == 0:
        raise refused("names no host and port that a name look-up takes")
    if parts.path.rstrip("/") not in ("", PATH_PREFIX) or parts.query or parts.fragment:
        raise refused("has more than scheme and host")
    shown = f"[{host}]" if ":" in host else host
    place = shown if port is None else f"{shown}:{port}"
    allowed = environ.get("CLOVRIX_ALLOW_HTTP", "")
    if parts.scheme == "http" and not is_loopback(host) and allowed not in (shown, place):
        raise ClovrixConfigError(
            f"{source} is http: and {shown} is not this machine: the token would travel in clear",
            f"use https:, or set CLOVRIX_ALLOW_HTTP={place} if nobody can listen between",
        )
    return f"{parts.scheme}://{place}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or number alone."""
    numbers = host.split(".")
    # 127.0.0.999 is no number: DNS would be asked for it as a name.
    in_127 = len(numbers) == 4 and numbers[0] == "127" and all(map(_is_byte, numbers))
    return in_127 or host in ("localhost", "::1")


def _is_byte(text: str) -> bool:
    return text.isdigit() and len(text) <= 3 and int(text) <= 255


def _is_host(host: str) -> bool:
    """Whether a host is an IPv6 number, or labels that a name look-up does not stumble over."""
    if ":" in host:
        return _IPV6_CHARACTERS.issuperset(host)
    labels = host.split(".")
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
    try:
        return os.path.normpath(os.path.join(relative_to or os.getcwd(), path))
    except FileNotFoundError:
        raise ClovrixConfigError(
            f"{source} is relative, and the working directory was deleted", "write a whole path"
        ) from None
