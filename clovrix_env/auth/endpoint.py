"""Token and address as one value, and where each came from.

A token goes only where it belongs: the address must come from a place at least as trusted as the
token. Argument, process environment and the user's own configuration are equally trusted; a file
of the project is below them and can name no address but an embedded store's.
"""

from __future__ import annotations

import os

from clovrix_env.auth.address import (
    DEFAULT,
    STORE_SCHEME,
    USER_CONFIG,
    address_of,
    address_of_user,
    checked_address,
    store_below,
)
from clovrix_env.auth.token import given_token, missing_token, said_token, token_of
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.model.record import Record
from clovrix_env.system import folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clovrix_env.auth.token import Token
    from clovrix_env.model.layer import Binding


class Endpoint(Record):
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
    def shown(self) -> str:
        """The address and what named it, as messages say it."""
        source = "the default address" if self.source == DEFAULT else self.source
        return f"{self.address} ({source})"

    def missing_token(
        self, environ: Mapping[str, str], *, may_be_kept: bool = False
    ) -> ClovrixConfigError:
        """The error for no token; it names the store of this machine where nothing was named."""
        path = folders.store_path(environ) if self.source == DEFAULT else None
        store = ""
        if path is not None and os.path.exists(path):
            import shlex

            store = shlex.quote(STORE_SCHEME + path)
        return missing_token(environ, self.shown, store=store, may_be_kept=may_be_kept)

    @property
    def bearer(self) -> str | None:
        return None if self.token is None else self.token.value


class Given(Record, hidden=("token", "base_url")):
    """Two arguments of ``Client()`` as they were given: each may be anything, and a secret."""

    token: str | None
    base_url: str | None


def for_client(given: Given, environ: Mapping[str, str]) -> Endpoint:
    """The origin of ``Client()``: arguments, then the process environment, then the default.

    Raises ``ClovrixConfigError`` for an address or token that cannot be used, and for no token at
    all, unless the address is an embedded store's, whose file's mode is the authentication.
    """
    found = given_token(given.token)
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
        raise Endpoint(address, source, None).missing_token(environ)
    return Endpoint(address, source, found)


class FileEndpoint(Record):
    """What the project's files say about whom to ask: a store's address below the root, a token."""

    address: str | None = None
    source: str = ""
    token: Token | None = None


def in_files(
    files: Iterable[Binding], root: str, environ: Mapping[str, str], problems: Problems
) -> FileEndpoint:
    """The ``CLOVRIX_*`` lines of the ``.env`` files, lowest first.

    They may hold a token, to read with, and the address of an embedded store below ``root``, which
    takes no token out of this machine. Everything else goes to ``problems``.
    """
    found = FileEndpoint()
    token: Binding | None = None
    for binding in files:
        here = problems.about("ours", binding.place, binding.name)
        if binding.name == "CLOVRIX_TOKEN":
            token = binding
        elif binding.name == "CLOVRIX_API_URL":
            with here:  # each line of them: the lowest file may not say it either
                source = str(binding.place)
                address = store_below(root, _literal(binding), source, environ)
                found = found.replaced(address=address, source=source)
        else:
            here.add(
                f"{binding.place}: {binding.name} cannot be set in a file",
                "set it in the process environment; "
                "a file may hold CLOVRIX_TOKEN and CLOVRIX_API_URL=file:…",
            )
    if token is not None:
        with problems.about("ours", token.place, token.name):
            found = found.replaced(token=said_token(_literal(token), str(token.place)))
    return found


def for_load(
    environ: Mapping[str, str], said: FileEndpoint, own_url: str | None, deadline: float
) -> Endpoint:
    """The origin of ``load_env()`` and the launcher; its token is ``None`` where there is none.

    A token that ``clovrix-env login`` keeps for the address stands between the process environment
    and the files; a keyring is waited for until ``deadline``.
    """
    problems = Problems()
    asked, token = Endpoint("", DEFAULT, None), None
    with problems:
        asked = without_token(environ, said, own_url)
    with problems:
        token = token_of(environ)
        # A wrong address gets none, and the owner of an embedded store needs none.
        if token is None and asked.address and not asked.is_store:
            from clovrix_env.auth import stored_tokens

            token = stored_tokens.find(asked.address, environ, deadline)
    problems.raise_if_any()
    return asked.replaced(token=token or said.token)


def without_token(environ: Mapping[str, str], said: FileEndpoint, own_url: str | None) -> Endpoint:
    """Whom a door asks, without a token.

    The process environment comes first, then the files, then ``own_url``: ``api_url`` of the
    user's own configuration.
    """
    address, source = address_of(environ)
    if source == DEFAULT and said.address is not None:
        return Endpoint(said.address, said.source, None, source_is_file=True)
    if source == DEFAULT and own_url is not None:
        address, source = address_of_user(own_url, environ), USER_CONFIG
    return Endpoint(address, source, None)


def _literal(binding: Binding) -> str:
    if not all(isinstance(part, str) for part in binding.parts):
        raise ClovrixConfigError(
            f"{binding.place}: {binding.name} is needed before anything is looked up",
            "write it out, without ${…}",
        )
    return "".join(str(part) for part in binding.parts)
