"""The text that ``edit`` shows: every value comes back as it was, or is left out and said so."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clovrix_env.cli import edited_text
from clovrix_env.errors import ClovrixConfigError, Problems

_STEADY = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_KEYS = st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True)
_VALUES = st.text(
    st.one_of(st.sampled_from("'\"\\$ {}#=\n\r\t`A:-?+"), st.characters(codec="utf-8")),
    max_size=30,
)


@settings(_STEADY, max_examples=100)
@given(st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_an_untouched_text_changes_nothing(entries: dict[str, str]) -> None:
    """And holds everything but what a ``.env`` cannot: a NUL; some values that end in ``\\``."""
    draft = edited_text.draft(entries, "backend/staging", "secret")
    problems = Problems()
    assert edited_text.changes(draft.text, entries, draft.left_out, problems) == {}
    assert not problems
    assert all(f"# {key} cannot be edited here" in draft.text for key in draft.left_out)
    assert all("\0" in entries[key] or entries[key].endswith("\\") for key in draft.left_out)


@settings(_STEADY, max_examples=50)
@given(st.dictionaries(_KEYS, _VALUES, min_size=1, max_size=6), st.data())
def test_one_line_changes_one_entry(entries: dict[str, str], data: st.DataObject) -> None:
    """Whatever stands around it."""
    key = data.draw(st.sampled_from(sorted(entries)))
    before = {**entries, key: f"{entries[key]}x"}
    draft = edited_text.draft(entries, "backend/staging", "secret")
    problems = Problems()
    changed = edited_text.changes(draft.text, before, draft.left_out, problems)
    assert changed == ({} if key in draft.left_out else {key: entries[key]})
    assert not problems


def test_several_lines_that_are_gone_have_one_remedy() -> None:
    """A sentence each says which; what to do is said once."""
    problems = Problems()
    edited_text.changes("", {"A": "1", "B": "2"}, (), problems)
    with pytest.raises(ClovrixConfigError) as caught:
        problems.raise_if_any()
    assert len(caught.value.problems) == 2
    assert caught.value.remedy == "put the line back; KEY= writes an empty value"
    problems = Problems()
    edited_text.changes("", {f"A{at}": "1" for at in range(50)}, (), problems)
    with pytest.raises(ClovrixConfigError, match="and 47 more lines were removed"):
        problems.raise_if_any()
