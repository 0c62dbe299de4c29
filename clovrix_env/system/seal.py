"""AES-256-GCM bound to a place: a value sealed for one place cannot be opened for another.

    blob            = head | nonce (12) | ciphertext | tag (16)
    head            = 0x01 | key id (4)
    associated data = "clovrix-env/v1" | head and each part of the place, each after its length (4)

The lengths distinguish ("ab", "c") from ("a", "bc"). The key id is in clear and authenticated: it
selects the key before any is tried. The nonce is random: far below 2^32 seals per key, two equal
nonces are not to be expected.
"""

from __future__ import annotations

import os

from clovrix_env.errors import ClovrixConfigError, ClovrixError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Union

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    Key = Union[bytes, AESGCM]
else:
    try:
        # The source of the public name, which loads every cipher: 11 M instructions, 0.29 of
        # `python -c pass`, and 0.73 if nothing else has loaded typing.
        from cryptography.hazmat.bindings._rust import openssl

        AESGCM = openssl.aead.AESGCM
    except (ImportError, AttributeError):
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        except ImportError as error:
            raise ClovrixConfigError(
                f"cryptography cannot be imported: {error}",
                "Install it for this Python. It does not load in a subinterpreter: "
                "call load_env() in the main interpreter first.",
            ) from None

KEY_BYTES = 32
KEY_ID_BYTES = 4

_FORMAT = b"\x01"
_DOMAIN = b"clovrix-env/v1"
_HEAD = len(_FORMAT) + KEY_ID_BYTES
_NONCE = 12
_TAG = 16
_LEAST = _HEAD + _NONCE + _TAG


class BrokenSeal(ClovrixError):
    """A sealed value does not open: another key, another place, or changed bytes.

    Neither the message nor a chained exception shows the content.
    """


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def cipher_of(key: Key) -> AESGCM:
    """Return the cipher of a key (32 bytes). Reuse it: making one is slower than unsealing."""
    return AESGCM(key) if isinstance(key, bytes) else key


class Sealer:
    """Seals and opens under one key, in places that begin with the same parts."""

    __slots__ = ("_cipher", "_first", "_head")

    def __init__(self, key: Key, key_id: bytes, first: tuple[str, ...] = ()) -> None:
        if len(key_id) != KEY_ID_BYTES:
            raise ValueError(f"a key id has {KEY_ID_BYTES} bytes, not {len(key_id)}")
        self._cipher = cipher_of(key)
        self._head = _FORMAT + key_id
        self._first = bound_to(self._head, first)

    def seal(self, rest: Iterable[str], plain: bytes) -> bytes:
        """Seal ``plain`` for the place that ends with ``rest``."""
        nonce = os.urandom(_NONCE)
        return self._head + nonce + self._cipher.encrypt(nonce, plain, _longer(self._first, rest))

    def unseal(self, rest: Iterable[str], blob: bytes) -> bytes:
        """Open a value that was sealed for the place that ends with ``rest``."""
        if len(blob) < _LEAST or not blob.startswith(self._head):
            key_id_of(blob)  # says what is wrong, if it can
            raise BrokenSeal("the seal does not hold")
        nonce, sealed = blob[_HEAD : _HEAD + _NONCE], blob[_HEAD + _NONCE :]
        try:
            return self._cipher.decrypt(nonce, sealed, _longer(self._first, rest))
        except Exception as error:
            from cryptography.exceptions import InvalidTag  # loads typing: it costs a run 0.4 ×

            if not isinstance(error, InvalidTag):
                raise
        raise BrokenSeal("the seal does not hold")


def seal(key: Key, key_id: bytes, place: tuple[str, ...], plain: bytes) -> bytes:
    """Seal ``plain`` for ``place`` under ``key``, which ``key_id`` (4 bytes) names."""
    return Sealer(key, key_id).seal(place, plain)


def unseal(key: Key, place: tuple[str, ...], blob: bytes) -> bytes:
    """Open a value sealed for ``place`` under ``key``. Raises ``BrokenSeal``."""
    return Sealer(key, key_id_of(blob)).unseal(place, blob)


def key_id_of(blob: bytes) -> bytes:
    """Return the key id that ``blob`` names, which is not authenticated yet."""
    if len(blob) < _LEAST:
        raise BrokenSeal("the seal is truncated")
    if not blob.startswith(_FORMAT):
        raise BrokenSeal("the seal has a format that this version does not know")
    return blob[len(_FORMAT) : _HEAD]


def bound_to(head: bytes, place: tuple[str, ...]) -> bytes:
    """Return the bytes that bind a key or a sealed value to a head and a place."""
    return _longer(_DOMAIN + len(head).to_bytes(4, "big") + head, place)


def _longer(data: bytes, place: Iterable[str]) -> bytes:
    for part in place:
        encoded = part.encode()
        data += len(encoded).to_bytes(4, "big") + encoded
    return data
