"""What is written and derived without the library that does it, as that library does it."""

import json
import re

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from clovrix_env.model import plain_json
from clovrix_env.model.ages import DURATION, duration
from clovrix_env.system import hkdf

_TEXTS = st.one_of(
    st.text(st.sampled_from('ab"\\/\n\x7fé😀\ud800 '), max_size=6), st.text(max_size=6)
)
_DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(_TEXTS, inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(_DOCUMENTS)
def test_json_is_written_as_json_writes_it(document):
    """Any document of these types has the text that ``json.dumps`` gives it."""
    assert plain_json.dumps(document) == json.dumps(document, separators=(",", ":"))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("019hms٣ "), max_size=12))
def test_a_duration_is_what_the_schema_takes(text):
    """A text is read as a duration if the pattern of the schema takes it."""
    assert (duration(text) is not None) == bool(re.fullmatch(DURATION, text))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=100), st.binary(max_size=100), st.integers(1, 100))
def test_keys_are_derived_as_cryptography_derives_them(secret, context, length):
    """HKDF with SHA-256 and no salt, for any secret, context and length."""
    expected = HKDF(algorithm=SHA256(), length=length, salt=None, info=context).derive(secret)
    assert hkdf.derived(secret, context, length) == expected
