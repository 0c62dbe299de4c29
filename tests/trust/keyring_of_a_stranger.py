"""A back end of the package keyring, as a project can bring one."""

from __future__ import annotations

from keyring.backend import KeyringBackend
from trust.dangers import STRANGERS


class Keyring(KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str:
        return STRANGERS

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError("a token came to the stranger's keyring")
