"""The address that programs use here, and the source of its token. The token is never shown."""

from __future__ import annotations

from clovrix_env.auth.address import DEFAULT
from clovrix_env.auth.token import IGNORED
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.auth.endpoint import Endpoint


class Identity(Record):
    """An endpoint, and whether its embedded store ignores the token (``None``: unknown).

    ``store_hint`` is how to use a local store if the token is missing.
    """

    endpoint: Endpoint
    token_is_ignored: bool | None
    store_hint: str = ""

    @property
    def lacks_token(self) -> bool:
        """Whether the address needs a token and there is none."""
        return self.endpoint.token is None and not self.endpoint.is_store

    def document(self) -> dict[str, object]:
        endpoint, token = self.endpoint, self.endpoint.token
        return {
            "address": endpoint.address,
            "address_source": endpoint.source,
            "token_source": None if token is None else token.source,
            "only_reads": token is not None and token.from_file,
            "token_is_ignored": self.token_is_ignored,
            "is_store": endpoint.is_store,
        }

    def row(self) -> tuple[str, str, str]:
        """Address, its source, and the source of the token, for people."""
        endpoint, token = self.endpoint, self.endpoint.token
        source = "the default" if endpoint.source == DEFAULT else endpoint.source
        if token is None:
            return endpoint.address, source, "not needed" if endpoint.is_store else "none"
        why = (
            " (ignored)" if self.token_is_ignored else " (to read only)" if token.from_file else ""
        )
        return endpoint.address, source, f"{token.source}{why}"

    def notes(self) -> Iterator[str]:
        """Hints about the token."""
        if self.lacks_token:
            yield f"run clovrix-env login, or set CLOVRIX_TOKEN{self.store_hint}"
        elif self.endpoint.token is not None and self.token_is_ignored:
            yield f"the token from {self.endpoint.token.source} {IGNORED}"
