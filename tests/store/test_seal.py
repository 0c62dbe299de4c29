"""Sealing: what is sealed for a place opens there, under its key, unchanged, and nowhere else."""

import traceback

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from clovrix_env.errors import ClovrixError
from clovrix_env.system.seal import BrokenSeal, Sealer, key_id_of, new_key, seal, unseal

KEY = bytes(range(32))
KEY_ID = b"\x0a\x0b\x0c\x0d"
PLACE = ("store", "1", "2", "3", "0", "4")
FROZEN = (
    "010a0b0c0d938334a54b29c274953b268169ff837ababcb1cce3f6ff0d96753a1bd3caf12d556c5b2360203eb1"
)
PLAINS = (b"", b"value", bytes(range(256)))


@settings(database=None, deadline=None)
@given(plain=st.binary(max_size=2000), place=st.lists(st.text(st.characters(codec="utf-8"))))
def test_what_is_sealed_opens_to_the_same_bytes(plain, place):
    """Any bytes come back from any place."""
    blob = seal(KEY, KEY_ID, tuple(place), plain)
    assert unseal(KEY, tuple(place), blob) == plain


@pytest.mark.parametrize("plain", PLAINS)
def test_a_blob_has_the_written_format(plain):
    """A blob made by hand, as the format is written down, opens."""
    head, nonce = b"\x01" + KEY_ID, b"n" * 12
    parts = [head, *(part.encode() for part in PLACE)]
    data = b"clovrix-env/v1" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    blob = head + nonce + AESGCM(KEY).encrypt(nonce, plain, data)
    assert unseal(KEY, PLACE, blob) == plain


def test_a_frozen_blob_opens_for_ever():
    """A blob of the first release opens: the format has not moved."""
    blob = bytes.fromhex(FROZEN)
    assert unseal(KEY, PLACE, blob) == b"frozen value"


@pytest.mark.parametrize("plain", PLAINS)
def test_no_bit_can_be_flipped_or_cut(plain):
    """Every bit of a blob is under the seal; cut at any byte or with one more it does not open."""
    blob = seal(KEY, KEY_ID, PLACE, plain)
    bits = ((int.from_bytes(blob, "big") ^ 1 << bit) for bit in range(len(blob) * 8))
    flipped = (number.to_bytes(len(blob), "big") for number in bits)
    cut = (blob[:end] for end in range(len(blob)))
    for broken in (*flipped, *cut, blob + b"\0"):
        with pytest.raises(BrokenSeal):
            unseal(KEY, PLACE, broken)


@pytest.mark.parametrize("other", [("a", "bc"), ("abc",), ("ab", "c", ""), ("c", "ab"), ()])
def test_the_order_of_parts_and_their_borders_count(other):
    """``("ab", "c")`` is another place than ``("a", "bc")``."""
    with pytest.raises(BrokenSeal):
        unseal(KEY, other, seal(KEY, KEY_ID, ("ab", "c"), b"value"))


def test_only_the_key_itself_opens():
    """Its id is a hint that can be read without it, of four bytes."""
    blob = seal(KEY, KEY_ID, PLACE, b"value")
    with pytest.raises(BrokenSeal):
        unseal(bytes(32), PLACE, blob)
    assert key_id_of(blob) == KEY_ID
    for key_id in (b"abc", b"abcde"):
        with pytest.raises(ValueError, match="4 bytes"):
            seal(KEY, key_id, PLACE, b"value")


def test_a_blob_that_is_too_short_is_truncated():
    """Shorter than format, key id, nonce and tag; the reason is known before any key is tried."""
    empty = seal(KEY, KEY_ID, PLACE, b"")
    assert (len(empty), len(new_key())) == (33, 32)
    assert key_id_of(empty) == KEY_ID
    for read in (key_id_of, lambda blob: Sealer(KEY, KEY_ID).unseal(PLACE, blob)):
        with pytest.raises(BrokenSeal, match="truncated"):
            read(empty[:-1])


def test_nonces_do_not_repeat():
    """Twenty thousand seals of one value are twenty thousand different blobs."""
    nonces = {seal(KEY, KEY_ID, PLACE, b"value")[5:17] for _ in range(20_000)}
    assert len(nonces) == 20_000


def test_a_broken_seal_shows_nothing():
    """Neither message, repr nor traceback hold the content."""
    blob = seal(KEY, KEY_ID, PLACE, b"content")
    with pytest.raises(BrokenSeal) as caught:
        unseal(KEY, ("elsewhere",), blob)
    error = caught.value
    shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    assert "content" not in repr(error) + shown.replace('b"content"', "")
    assert isinstance(error, ClovrixError)
    assert error.__cause__ is None
