"""The plain reader of ``.clovrix`` reads what tomllib reads, or leaves the text to it."""

from __future__ import annotations

import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from clovrix_env.settings import plain_toml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NAMES = st.sampled_from(["a", "b", "project", "A-1", "_", '"a"', "a.b", "", "é", "a b"])
_STRINGS = st.text(st.sampled_from("ab .\"\\#\té\x7f\x00=,[]'"), max_size=5).map(lambda s: f'"{s}"')
_VALUES = st.one_of(
    _STRINGS,
    st.lists(_STRINGS, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    st.sampled_from(
        [
            *("true", "false", "True", "0", "7", "007", "-1", "+1", "1_0", "0x1f", "1.5", "1e3"),
            *("[]", "[,]", '["a",]', "[[]]", "[1]", "{}", "", "''", "'a'", '"""a"""', "2001-01-01"),
            *('"a" # b', "1 # b", "9" * 16, "inf", "nan", "①", "true false", '"a" "b"'),
        ]
    ),
)
_LINES = st.one_of(
    st.tuples(_NAMES, st.sampled_from([" = ", "=", "\t=\t", " ", " == "]), _VALUES).map("".join),
    st.sampled_from(["", "  ", "# comment", " \t# c", "#\x00", "#\x7f", "junk", "\ufeff", "\x0b"]),
    _NAMES.map(lambda name: f"[{name}]"),
    st.sampled_from(["[a.b]", "[[a]]", "[a", "[ a ]", "[a]b", "[a] # c", "[]", "[a..b]", "[b.a]"]),
)
_TEXTS = st.lists(_LINES, max_size=6).flatmap(
    lambda lines: st.sampled_from(["\n", "\n", "\r\n", "\r"]).map(lambda end: end.join(lines))
)


def _full(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return "an error"


@settings(max_examples=1500, deadline=None)
@given(_TEXTS)
def test_a_plain_text_is_read_as_tomllib_reads_it(text: str) -> None:
    """What the plain reader accepts, tomllib reads to the same document."""
    found = plain_toml.loads(text)
    assert found is None or found == _full(text)


def test_the_plainest_file_is_plain() -> None:
    """Tables, strings, numbers, booleans, lists of strings, comments and blank lines."""
    text = '# c\nproject = "backend"\nextends = ["a", "b"]\n\n[variables.PORT]\nmin = 1\nx = true\n'
    assert plain_toml.loads(text) == {
        "project": "backend",
        "extends": ["a", "b"],
        "variables": {"PORT": {"min": 1, "x": True}},
    }
