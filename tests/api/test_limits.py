"""What a key may be made of; ``tests/client/test_boundaries.py`` has values and refusals."""

import re
from contextlib import nullcontext

import pytest

from clovrix_env import ValidationError
from clovrix_env.api import limits


def test_each_ascii_character():
    """In first place A-Z and _ are taken, later digits too, and no other of the 128 characters."""
    for character in map(chr, range(128)):
        for key in (character, f"A{character}", f"A{character}B"):
            good = re.fullmatch(r"[A-Z_][A-Z0-9_]*", key) is not None
            assert limits.is_key(key) is good, key
            with nullcontext() if good else pytest.raises(ValidationError):
                limits.check_key(key)


@pytest.mark.parametrize("name", ["...", ".a", "a/b", "%2e", "u\u0308", "x" * 1024, "\u00fc" * 512])
def test_any_other_name_is_a_segment(name):
    """Up to 1,024 bytes; ``tests/hostile`` and ``tests/server`` have what becomes of odd ones."""
    limits.check_segment("project", name)
