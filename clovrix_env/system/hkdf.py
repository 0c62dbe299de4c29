"""Derives keys from a high-entropy secret: HKDF with SHA-256 (RFC 5869), without a salt. Pure.

cryptography's own HKDF needs its ``hashes``, which load typing and re: that costs a run as much as
``python -c pass``. ``hashlib`` and ``hmac`` load a second libcrypto, which costs 0.35 of that.
So SHA-256 comes from its own extension module, as in ``random``.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import sha256 as sha256  # noqa: PLC0414 - exported
else:
    try:
        sha256 = __import__("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
    except ImportError:
        from hashlib import sha256

_DIGEST_BYTES = 32
_BLOCK_BYTES = 64
_INNER = int.from_bytes(b"\x36" * _BLOCK_BYTES, "big")
_OUTER = int.from_bytes(b"\x5c" * _BLOCK_BYTES, "big")


def derived(secret: bytes, context: bytes, length: int) -> bytes:
    """Return a key of ``length`` bytes for one use of a secret; ``context`` names the use."""
    key = _hmac(bytes(_DIGEST_BYTES), secret)
    found = block = b""
    for number in range(1, -(-length // _DIGEST_BYTES) + 1):
        block = _hmac(key, block + context + bytes([number]))
        found += block
    return found[:length]


def _hmac(key: bytes, message: bytes) -> bytes:
    """Compute HMAC with SHA-256 (RFC 2104) for a key of at most one block."""
    padded = int.from_bytes(key.ljust(_BLOCK_BYTES, b"\0"), "big")
    inner = sha256((padded ^ _INNER).to_bytes(_BLOCK_BYTES, "big") + message).digest()
    return sha256((padded ^ _OUTER).to_bytes(_BLOCK_BYTES, "big") + inner).digest()
