"""The plain readers read what the full ones read, or leave the text to them."""

import sys
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repeated import repeated

from clovrix_env.errors import Problems
from clovrix_env.settings import plain_toml
from clovrix_env.sources import dotenv_reader, plain_dotenv

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

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


def _read(text):
    """Names, values and lines, and every problem."""
    problems = Problems()
    found = dotenv_reader.read(text, ".env", problems)
    return found, str(problems.error())


@pytest.mark.slow
@pytest.mark.parametrize("texts", repeated(100, deep=20_000))
def test_a_plain_text_is_read_as_the_full_reader_reads_it(texts):
    """With the plain reader in front, every text gives the same values and the same problems."""
    plain = 0

    too_slow = [HealthCheck.too_slow]

    @settings(max_examples=texts, deadline=None, database=None, suppress_health_check=too_slow)
    @given(_TEXTS)
    def check(text):
        nonlocal plain
        plain += bool(plain_dotenv.read(text))
        with mock.patch.object(plain_dotenv, "read", return_value=None):
            full = _read(text)
        assert _read(text) == full

    check()
    assert texts * 0.1 < plain < texts * 0.9  # on both sides of the border


@pytest.mark.parametrize(
    "line",
    [
        *(
            "A= x",
            "A=x ",
            "A=xy ",
            "A=x \r\nB=1",
            "A=a\tb",
            "A=\xa0",
            "A=x#y",
            "A=$B",
            "A='x'",
            'A="x"',
        ),
        *("A=x\\", "A==", "A=x==", "junk", " A=1", "export A=1", "1A=1", "A=1\rB=2"),
        "A" * (plain_dotenv.LONGEST_NAME + 1) + "=1",
    ],
)
def test_a_line_that_needs_the_full_reader(line):
    """What quotes, escapes, spaces, references and long names mean is left to the full reader."""
    assert plain_dotenv.read(f"B=1\n{line}\n") is None


def test_the_plainest_dotenv_is_plain():
    """Values, empty values, comments, blank lines, CRLF, and the longest name."""
    longest = "A" * plain_dotenv.LONGEST_NAME
    text = f"A=1\r\n# it's\n\t#\n\nB=a=b c\nC=\n{longest}=é\n"
    assert plain_dotenv.read(text) == [
        (1, "A", "1"),
        (5, "B", "a=b c"),
        (6, "C", ""),
        (7, longest, "é"),
    ]


_KEYS = st.sampled_from(["a", "b", "project", "A-1", "_", '"a"', "a.b", "", "é", "a b"])
_TOML_STRINGS = st.text(st.sampled_from("ab .\"\\#\té\x7f\x00=,[]'"), max_size=5).map(
    lambda s: f'"{s}"'
)
_TOML_VALUES = st.one_of(
    _TOML_STRINGS,
    st.lists(_TOML_STRINGS, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    st.sampled_from(
        [
            *("true", "false", "True", "0", "7", "007", "-1", "+1", "1_0", "0x1f", "1.5", "1e3"),
            *("[]", "[,]", '["a",]', "[[]]", "[1]", "{}", "", "''", "'a'", '"""a"""', "2001-01-01"),
            *('"a" # b', "1 # b", "9" * 16, "inf", "nan", "①", "true false", '"a" "b"'),
        ]
    ),
)
_TOML_LINES = st.one_of(
    st.tuples(_KEYS, st.sampled_from([" = ", "=", "\t=\t", " ", " == "]), _TOML_VALUES).map(
        "".join
    ),
    st.sampled_from(["", "  ", "# comment", " \t# c", "#\x00", "#\x7f", "junk", "\ufeff", "\x0b"]),
    _KEYS.map(lambda name: f"[{name}]"),
    st.sampled_from(["[a.b]", "[[a]]", "[a", "[ a ]", "[a]b", "[a] # c", "[]", "[a..b]", "[b.a]"]),
)
_TOML_TEXTS = st.lists(_TOML_LINES, max_size=6).flatmap(
    lambda lines: st.sampled_from(["\n", "\n", "\r\n", "\r"]).map(lambda end: end.join(lines))
)


def _full(text):
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return "an error"


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_TOML_TEXTS)
def test_plain_toml_is_read_as_tomllib_reads_it(text):
    """What the plain reader accepts, tomllib reads to the same document."""
    found = plain_toml.loads(text)
    assert found is None or found == _full(text)


def test_the_plainest_toml_is_plain():
    """Tables, strings, numbers, booleans, lists of strings, comments and blank lines."""
    text = '# c\nproject = "backend"\nextends = ["a", "b"]\n\n[variables.PORT]\nmin = 1\nx = true\n'
    assert plain_toml.loads(text) == {
        "project": "backend",
        "extends": ["a", "b"],
        "variables": {"PORT": {"min": 1, "x": True}},
    }


@pytest.mark.parametrize(
    "value",
    [
        *('"', '"a', 'a"', '!a"', '"a!', '~a"', '"a~', '"a" "b"', '"a\\"', '"a\tb"', "'a'", ""),
        *(
            "007",
            "9" * 16,
            "9" * 17,
            "-1",
            "1.5",
            "True",
            "[1]",
            '["a"',
            '"a"]',
            '["a"x',
            'x"a"]',
            '["a",]',
        ),
    ],
)
def test_a_value_that_needs_the_full_toml_reader(value):
    """Other strings, numbers and lists than the plainest are left to ``tomllib``."""
    assert plain_toml.loads(f"a = {value}\n") is None


@pytest.mark.parametrize("header", ["[a", "a]", "[]", "[a..b]", "[a b]", "[[a]]", "[x]\n[x]"])
def test_a_header_that_needs_the_full_toml_reader(header):
    """So are invalid, repeated and quoted headers, and those with too many parts."""
    assert plain_toml.loads(f"{header}\n") is None
    many = ".".join("a" * (plain_toml.MOST_PARTS + 1))
    assert plain_toml.loads(f"[{many}]\n") == tomllib.loads(f"[{many}]\n")
    assert plain_toml.loads(f"[{many}.a]\n") is None


def test_the_shortest_values_are_plain():
    """Nothing, zero, and the longest number that is certain to fit."""
    text = f'a = ""\nb = 0\nc = {"9" * 15}\nd = []\ne = false\n'
    assert plain_toml.loads(text) == {"a": "", "b": 0, "c": int("9" * 15), "d": [], "e": False}
