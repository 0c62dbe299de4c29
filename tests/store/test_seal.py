"""Sealing: what is sealed for a place opens there, under its key, unchanged, and nowhere else."""

from __future__ import annotations

import itertools
import traceback

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from clovrix_env.errors import ClovrixError
from clovrix_env.system.seal import BrokenSeal, key_id_of, seal, unseal

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
def test_no_bit_can_be_flipped(plain):
    """Every single bit of a blob is under the seal."""
    blob = seal(KEY, KEY_ID, PLACE, plain)
    for bit in range(len(blob) * 8):
        flipped = bytearray(blob)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BrokenSeal):
            unseal(KEY, PLACE, bytes(flipped))


@pytest.mark.parametrize("plain", PLAINS)
def test_no_truncation_opens(plain):
    """A blob cut at any byte does not open, and neither does one with a byte more."""
    blob = seal(KEY, KEY_ID, PLACE, plain)
    for end in range(len(blob)):
        with pytest.raises(BrokenSeal):
            unseal(KEY, PLACE, blob[:end])
    with pytest.raises(BrokenSeal):
        unseal(KEY, PLACE, blob + b"\0")


@pytest.mark.parametrize("pair", list(itertools.combinations(range(len(PLACE)), 2)))
def test_no_two_parts_of_the_place_can_be_swapped(pair):
    """The order of the place's parts is under the seal."""
    one, two = pair
    swapped = list(PLACE)
    swapped[one], swapped[two] = swapped[two], swapped[one]
    with pytest.raises(BrokenSeal):
        unseal(KEY, tuple(swapped), seal(KEY, KEY_ID, PLACE, b"value"))


@pytest.mark.parametrize(
    "other", [("a", "bc"), ("abc",), ("ab", "c", ""), ("", "ab", "c"), ("c", "ab"), ()]
)
def test_the_border_between_parts_counts(other):
    """``("ab", "c")`` is another place than ``("a", "bc")``."""
    with pytest.raises(BrokenSeal):
        unseal(KEY, other, seal(KEY, KEY_ID, ("ab", "c"), b"value"))


def test_another_key_does_not_open():
    """The key's id is a hint: only the key itself opens."""
    with pytest.raises(BrokenSeal):
        unseal(bytes(32), PLACE, seal(KEY, KEY_ID, PLACE, b"value"))


def test_the_key_id_can_be_read_without_the_key():
    """A blob says which key to take."""
    assert key_id_of(seal(KEY, KEY_ID, PLACE, b"value")) == KEY_ID


def test_nonces_do_not_repeat():
    """Twenty thousand seals of one value are twenty thousand different blobs."""
    nonces = {seal(KEY, KEY_ID, PLACE, b"value")[5:17] for _ in range(20_000)}
    assert len(nonces) == 20_000


def test_a_key_id_of_another_length_is_a_mistake():
    """A wrong key id is refused before anything is sealed."""
    with pytest.raises(ValueError, match="4 bytes"):
        seal(KEY, b"abc", PLACE, b"value")


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
