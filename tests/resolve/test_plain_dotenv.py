"""The plain reader of ``.env`` files reads what the full reader reads, or leaves the text to it."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repeated import repeated

from clovrix_env.errors import Problems
from clovrix_env.sources import dotenv_reader, plain_dotenv

_NAMES = st.sampled_from(
    ["A", "A", "B_1", "_", "export", "CLOVRIX_TOKEN", "é", "A-B", "1A", "", "'A'"]
)
_PLAIN = st.sampled_from(
    ["", "1", "x.y", "a b", "é", "=", "a=b", "`c`", "{}", "https://a.example/?q=1"]
)
_ODD = st.sampled_from(
    [
        *("'a'", '"a"', '"a\\nb"', "a'b", "$A", "${A}", "a\\b", "#c", "a #c", "a#c", " # c", '"a'),
        *(" a", "a ", "\ta", "a\t", "a\xa0", "\xa0", "a\u2028b", "\x0b", "\x1c", "a\x00", "\ufeff"),
    ]
)
_LINES = st.one_of(
    st.tuples(_NAMES, st.sampled_from(["=", "=", "=", " = ", "= ", ""]), _PLAIN).map("".join),
    st.one_of(_ODD, _ODD, st.text(max_size=4)).map(lambda value: f"A={value}"),
    st.sampled_from(
        ["", "  ", "\t", "# c", " # it's", "#\x00", "export A=1", " A=1", "junk", "\ufeff"]
    ),
)
_CERTAIN = st.sampled_from(["A=1", "B=x y", "C=", "", "# c", "\t# it's"])
_NEAR = st.lists(st.one_of(_CERTAIN, _LINES), max_size=6)
_TEXTS = st.one_of(
    st.tuples(st.lists(_CERTAIN, min_size=1), _LINES).map(lambda it: "\n".join([*it[0], it[1]])),
    st.tuples(_NEAR, st.sampled_from(["\n", "\n", "\r\n", "\r"])).map(lambda it: it[1].join(it[0])),
    st.text(st.sampled_from("AB=1 #'\"\\$\n\r\t\x0b\xa0é{}"), max_size=12),
)


def _read(text: str) -> tuple[Any, ...]:
    """Names, values and lines, and every problem."""
    problems = Problems()
    found = dotenv_reader.read(text, ".env", problems)
    return found, str(problems.error())


@pytest.mark.parametrize("texts", repeated(100, deep=20_000))
def test_a_plain_text_is_read_as_the_full_reader_reads_it(texts: int) -> None:
    """With the plain reader in front, every text gives the same values and the same problems."""
    plain = 0

    @settings(max_examples=texts, deadline=None, database=None)
    @given(_TEXTS)
    def check(text: str) -> None:
        nonlocal plain
        plain += bool(plain_dotenv.read(text))
        with mock.patch.object(plain_dotenv, "read", return_value=None):
            full = _read(text)
        assert _read(text) == full

    check()
    assert texts * 0.1 < plain < texts * 0.9  # on both sides of the border


def test_the_plainest_file_is_plain() -> None:
    """Names with values, empty ones too, comments and blank lines, with either line end."""
    text = "# it's\n\nA=1\n  # c\nB=\nC=https://x.example/?a=b c\n"
    for written in (text, text.replace("\n", "\r\n")):
        assert plain_dotenv.read(written) == [
            (3, "A", "1"),
            (5, "B", ""),
            (6, "C", "https://x.example/?a=b c"),
        ]


@pytest.mark.parametrize(
    "value", [" a", "a ", "a\t", "a\xa0b", "a\0", "#a", "'a'", 'a"', "$A", "a\\"]
)
def test_any_other_value_is_left_to_the_full_reader(value: str) -> None:
    """A value with a quote, comment, reference, escape or blank at its end is not plain."""
    assert plain_dotenv.read(f"A=1\nB={value}\n") is None


@pytest.mark.parametrize("line", [" A=1", "A =1", "export A=1", "A", "1A=1", "\ufeffA=1", "#\rA=1"])
def test_any_other_line_is_left_to_the_full_reader(line: str) -> None:
    """A line that is neither a name and a value, nor a comment, nor blank is not plain."""
    assert plain_dotenv.read(f"A=1\n{line}\n") is None
