"""The address that login, logout and whoami use, and its token."""

from __future__ import annotations

import time

from clovrix_env.api import operations
from clovrix_env.api.messages import Reply
from clovrix_env.auth import stored_tokens
from clovrix_env.auth.address import checked_address
from clovrix_env.auth.endpoint import Endpoint
from clovrix_env.client.exchange import exchange
from clovrix_env.client.sender import ignores_token, sender_of
from clovrix_env.errors import (
    AuthenticationError,
    BillingError,
    ClovrixConnectionError,
    ForbiddenError,
    NotFoundError,
)
from clovrix_env.model.record import Record
from clovrix_env.resolution.inputs import Inputs
from clovrix_env.system.process import of_launcher
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clovrix_env.auth.token import Token
    from clovrix_env.cli.identity import Identity
    from clovrix_env.client.exchange import Outcome
    from clovrix_env.settings.load_options import LoadOptions
    from clovrix_env.settings.settings import Settings

_BEFORE_IT = ("CLOVRIX_TOKEN", "CLOVRIX_TOKEN_FILE", "CREDENTIALS_DIRECTORY")


class Checked(Record):
    """The result of a request with a token: ``is_good`` if Clovrix knows the token."""

    is_good: bool
    message: str


class LoginTarget:
    """The address of a load here, or another one. Creating one sends no request.

    Raises ``ClovrixConfigError`` for settings or an address that cannot be used.
    """

    def __init__(self, request: LoadOptions, api_url: str | None = None, option: str = "") -> None:
        # As if nothing were fetched: a token that is missing or wrong does not matter here.
        inputs = Inputs.below_marker(request.replaced(remote=False), of_launcher())
        say(request.wording.program, inputs.notes)
        inputs.read()
        inputs.problems.raise_if_any()
        self._inputs = inputs
        self.environ: Mapping[str, str] = inputs.process.environ
        self.settings: Settings = inputs.settings
        self._asked = inputs.endpoint_without_token
        self.address: str = self._asked.address
        if api_url is not None:
            self.address = checked_address(api_url, option, self.environ, expand_home=True)

    def endpoint(self) -> Endpoint:
        """The address and the token of a load here, each with its source."""
        return self._inputs.endpoint_with_token()

    def identity(self) -> Identity:
        """The endpoint, and whether an embedded store ignores its token."""
        from clovrix_env.cli.identity import Identity

        endpoint = self.endpoint()
        is_ignored = ignores_token(endpoint, self.environ, self._deadline())
        return Identity(endpoint, is_ignored, endpoint.store_hint(self.environ))

    def check(self, token: Token) -> Checked:
        """Send one request with a token if there is a project.

        Raises Clovrix's error if the token is rejected or the check fails.
        """
        project, environment = self.settings.project, self.settings.environment
        if project is None or environment is None:
            return Checked(False, "not checked because no project is named: add -p and -e")
        name = f"{project}/{environment}"
        place = operations.checked_place(project, environment, token.value)
        outcome = self._outcome(Endpoint(self.address, "", token), place)
        error = operations.error_of(outcome, f"{name}: ")
        if error is None:
            return Checked(True, f"Clovrix accepts it for {name}")
        if isinstance(error, AuthenticationError):
            raise AuthenticationError(
                f"{error.message}; the token was not stored", error.status_code
            )
        if isinstance(outcome, Reply) and not outcome.data:
            raise ClovrixConnectionError(
                f"{self.address} does not answer as Clovrix does; the token was not stored",
                sent=True,
            )
        if isinstance(error, (BillingError, ForbiddenError, NotFoundError)):
            return Checked(True, f"Clovrix knows the token, and answers {error}")
        raise error

    def keep(self, token: Token) -> Token:
        """Store a token for the address; the result names its location."""
        return stored_tokens.keep(self.address, token, self.environ, self._deadline())

    def forget(self) -> str | None:
        """Remove the token of the address; the location it was in, or ``None``."""
        return stored_tokens.forget(self.address, self.environ, self._deadline())

    def others(self) -> tuple[str, ...]:
        """The addresses that have a stored token."""
        return stored_tokens.addresses(self.environ)

    def notes(self) -> Iterator[str]:
        """Reasons why programs here do not use the stored token."""
        if self._asked.address != self.address:
            yield (
                f"programs here use {self._asked.address}: run clovrix-env use {self.address}, "
                "or set CLOVRIX_API_URL"
            )
        for name in _BEFORE_IT:
            if self.environ.get(name):
                yield f"{name} is set, and overrides the stored token"

    def _outcome(self, origin: Endpoint, place: operations.Scope) -> Outcome:
        call = operations.get_entries(place)
        send = sender_of(origin, self.environ)
        try:
            return exchange(call, send, deadline=self._deadline(), max_retries=0)
        finally:
            close = getattr(send, "close", None)
            if close is not None:
                close()

    def _deadline(self) -> float:
        return time.monotonic() + self.settings.timeout
