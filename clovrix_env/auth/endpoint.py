"""Token and address as one value, with the source of each.

The source of the address must be at least as trusted as the source of the token. Argument, process
environment and the user's configuration are equally trusted. Files of the project are less trusted
and can only name the address of an embedded store.
"""

from __future__ import annotations

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
from clovrix_env.errors import ClovrixConfigError, Problems, ServerError
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clovrix_env.auth.token import Token
    from clovrix_env.model.layer import Binding


class Endpoint(Record):
    """An address, its source, and a token or ``None``."""

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
        """The address and its source, for messages."""
        source = "the default address" if self.source == DEFAULT else self.source
        return f"{self.address} ({source})"

    def failed(self, error: Exception | None) -> str:
        """The status and the address of a server that failed, for the end of a message."""
        if self.is_store or not isinstance(error, ServerError):
            return ""
        status = f"HTTP {error.status_code}"
        given = "" if error.message.endswith(status) else f"({status} "
        return f" {given}from {self.address}{given and ')'}"

    def missing_token(
        self, environ: Mapping[str, str], *, may_be_kept: bool = False
    ) -> ClovrixConfigError:
        """The error for a missing token. It suggests a local store if no address is set."""
        hint = self.store_hint(environ)
        if "export " in hint and not may_be_kept:
            hint += ". Client() does not read the address that clovrix-env use wrote"
        return missing_token(environ, self.shown, hint=hint, may_be_kept=may_be_kept)

    def store_hint(self, environ: Mapping[str, str]) -> str:
        """How to use a local store instead, for the end of a remedy, if no address is set."""
        if self.source != DEFAULT:
            return ""
        from clovrix_env.auth.store_hint import store_hint

        return store_hint(environ)

    @property
    def bearer(self) -> str | None:
        return None if self.token is None else self.token.value


class Given(Record, hidden=("token", "base_url")):
    """Two unchecked arguments of ``Client()``. Both may contain a secret."""

    token: str | None
    base_url: str | None


def for_client(given: Given, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint of ``Client()``: arguments, then the process environment, then the default.

    Raises ``ClovrixConfigError`` for an invalid address or token and for a missing token. An
    embedded store needs no token: the mode of its file is the authentication.
    """
    found = given_token(given.token)
    base_url = given.base_url
    if base_url is not None:
        if not isinstance(base_url, str):
            raise ClovrixConfigError(f"base_url= must be a string, not {type(base_url).__name__}")
        address = checked_address(base_url, "base_url=", environ)
        source = "base_url="
    else:
        address, source = address_of(environ)
    found = token_of(environ) if found is None else found
    if found is None and not address.startswith(STORE_SCHEME):
        raise Endpoint(address, source, None).missing_token(environ)
    return Endpoint(address, source, found)


class FileEndpoint(Record):
    """The endpoint in the project's files: a store's address inside the project, and a token."""

    address: str | None = None
    source: str = ""
    token: Token | None = None


def in_files(
    files: Iterable[Binding], root: str, environ: Mapping[str, str], problems: Problems
) -> FileEndpoint:
    """The ``CLOVRIX_*`` lines of the ``.env`` files. Later files override earlier ones.

    Files may contain a token, and the address of an embedded store below ``root``, which sends no
    token over the network. Any other variable is added to ``problems``.
    """
    found = FileEndpoint()
    token: Binding | None = None
    for binding in files:
        here = problems.about("ours", binding.place, binding.name)
        if binding.name == "CLOVRIX_TOKEN":
            token = binding
        elif binding.name == "CLOVRIX_API_URL":
            with here:  # each line is checked, even if a later file overrides it
                source = str(binding.place)
                address = store_below(root, _literal(binding), source, environ)
                found = found.replaced(address=address, source=source)
        else:
            here.add(
                f"{binding.place}: {binding.name} cannot be set in a file",
                "set it in the process environment; "
                "a file may contain CLOVRIX_TOKEN and CLOVRIX_API_URL=file:…",
            )
    if token is not None:
        with problems.about("ours", token.place, token.name):
            found = found.replaced(token=said_token(_literal(token), str(token.place)))
    return found


def for_load(
    environ: Mapping[str, str], said: FileEndpoint, own_url: str | None, deadline: float
) -> Endpoint:
    """The endpoint of ``load_env()`` and the launcher. Its token may be ``None``.

    A token stored by ``clovrix-env login`` takes precedence over the files, and the process
    environment over both. A keyring must answer by ``deadline``.
    """
    problems = Problems()
    asked, token = Endpoint("", DEFAULT, None), None
    with problems:
        asked = without_token(environ, said, own_url)
    with problems:
        token = token_of(environ)
        # An invalid address gets no token, and the owner of an embedded store needs none.
        if token is None and asked.address and not asked.is_store:
            from clovrix_env.auth import stored_tokens

            token = stored_tokens.find(asked.address, environ, deadline)
    problems.raise_if_any()
    return asked.replaced(token=token or said.token)


def without_token(environ: Mapping[str, str], said: FileEndpoint, own_url: str | None) -> Endpoint:
    """The endpoint without a token.

    The process environment takes precedence over the files, and the files over ``own_url``, which
    is ``api_url`` of the user's configuration.
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
            f"{binding.place}: {binding.name} cannot contain references: "
            "it is needed to fetch values",
            "write the value without ${…}",
        )
    return "".join(str(part) for part in binding.parts)
