"""What a key, a value and a segment may be, as pure checks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clovrix_env import ValidationError
from clovrix_env.api import limits

steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ANY_TEXT = st.one_of(
    st.text(),
    st.text("ABZ_09az \n\0\u0661\ud800", max_size=6),
    st.integers(126, 130).map(lambda count: "K" * count),
)


def is_documented(key: str) -> bool:
    return re.fullmatch(r"[A-Z_][A-Z0-9_]{0,127}", key, re.ASCII) is not None


def passes(check: Any, *arguments: Any) -> bool:
    """Whether a check passes; what does not is a 422."""
    try:
        check(*arguments)
    except ValidationError as refused:
        error = refused
    else:
        return True
    assert error.status_code == 422
    return False


@steady
@given(ANY_TEXT)
def test_a_key_is_what_the_pattern_says(key: str) -> None:
    """The check is the documented pattern: the whole text, in ASCII, up to 128 characters."""
    good = is_documented(key)
    assert limits.is_key(key) is good
    assert passes(limits.check_key, key) is good


def test_each_ascii_character() -> None:
    """In first place A-Z and _ are taken, later digits too, and no other of the 128 characters."""
    for character in map(chr, range(128)):
        for key in (character, f"A{character}", f"A{character}B"):
            assert limits.is_key(key) is is_documented(key), key


@steady
@given(st.sampled_from(["x", "\u00fc", "\u20ac", "\U0001f600"]), st.integers(0, 33_000))
def test_a_value_is_counted_in_bytes(character: str, count: int) -> None:
    """A value has at most 32,768 bytes of UTF-8, whatever its characters take."""
    value = character * count
    assert passes(limits.check_value, "KEY", value) is (len(value.encode()) <= 32_768)


@steady
@given(st.lists(st.sampled_from([f"K{number}" for number in range(300)]), max_size=130))
def test_a_batch_is_counted(keys: list[str]) -> None:
    """A batch has at most 100 keys, each once."""
    good = len(keys) <= 100 and len(set(keys)) == len(keys)
    assert passes(limits.check_batch, iter(keys)) is good


@pytest.mark.parametrize("value", [None, 7, b"x", ["x"]], ids=repr)
def test_another_type_is_another_status(value: Any) -> None:
    """What is no text at all is a 400: the wrong shape, not the wrong content."""
    for check in (
        lambda: limits.check_segment("project", value),
        lambda: limits.check_key(value),
        lambda: limits.check_value("KEY", value),
        lambda: limits.check_secrecy("KEY", value if value is not None else 0),
    ):
        with pytest.raises(ValidationError) as caught:
            check()
        assert caught.value.status_code == 400
