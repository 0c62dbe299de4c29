"""Environments that are hard to write down, the same ones on every run."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

# What some format or other takes for more than a character.
_TELLING = "'\"`\\$\n\r\t #=:%!&*{}[]()<>|;,?~@^-_.\x00"[:-1]
_WORDS = (
    *("${HOME}", "$HOME", "$(id)", "`id`", "\\n", "\\\\", "\\", "'\\''", '"""', "<<EOF", "EOF"),
    *("::add-mask::x", "%0A", "%25", "\r\n", "\n\n", " # no comment", "#", "null", "NO", "yes"),
    *("1e3", "0x1F", "0o17", "1_000", "2001-01-01", "12:30:45", ".inf", "~", "<<", "=", "|", ">"),
    *("- a", "? a", "a: b", "&a", "*a", "!!str", "%YAML", "---", "...", "export A=1", "\ufeff"),
    *("\u2028", "\u0085", "\x1b[31m", "\x7f", "\ufffe", "\U0001f511", "\U0010ffff", "ü", "\ufdd0"),
    *("\x01", "\x81", "\x88", "e\u0301", "\u200f", "\xa0", "\u3000"),
)
_NAMES = st.one_of(
    st.from_regex(r"[A-Z_][A-Z0-9_]{0,12}", fullmatch=True),
    st.sampled_from(("NO", "Y", "N", "NULL", "TRUE", "ON", "E", "A", "EOF", "UID", "no", "x1")),
)
_TEXTS = st.one_of(
    st.text(alphabet=st.sampled_from(_TELLING), max_size=12),
    st.text(alphabet=st.characters(min_codepoint=1, codec="utf-8"), max_size=20),
    st.lists(st.sampled_from(_WORDS), max_size=5).map("".join),
    st.lists(st.one_of(st.sampled_from(_WORDS), st.text(max_size=3)), max_size=5).map("".join),
)
_VALUES = st.one_of(
    _TEXTS,
    st.sampled_from(_WORDS),
    st.just(""),
    _TEXTS.filter(bool).map(
        lambda text: (text * 32768)[: 32768 // len(text.encode("utf-8", "replace"))]
    ),
)
_ENVIRONMENTS = st.dictionaries(_NAMES, _VALUES.filter(lambda value: "\0" not in value), max_size=6)


def environments(count):
    """That many of them, drawn without chance."""
    found = []

    alike = settings(derandomize=True, database=None, suppress_health_check=list(HealthCheck))

    @settings(alike, max_examples=count, deadline=None, phases=[Phase.generate])
    @given(_ENVIRONMENTS)
    def draw(environment):
        found.append(environment)

    draw()
    return found[:count]
