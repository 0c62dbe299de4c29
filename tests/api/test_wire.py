"""HTTP in both directions: what one end writes the other reads, and nothing else is let in."""

import json
import re
from contextlib import nullcontext

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clovrix_env import ValidationError
from clovrix_env.api import limits, routes, wire
from clovrix_env.api.messages import Call, Reply, WriteItem

BASE = "/api/public/v1/projects/backend/environments/production/entries"
OWN = BASE.replace("v1/", "v1/x-clovrix-env/")

steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1)
SEGMENTS = NAMES.filter(lambda name: name not in (".", "..") and len(name.encode()) <= 1024)
KEYS = st.from_regex(r"\A[A-Z_][A-Z0-9_]{0,20}\Z")
VALUES = st.text(st.characters(blacklist_categories=("Cs",)))
ITEMS = st.builds(WriteItem, KEYS, VALUES, st.sampled_from([None, True, False]))


def received(call):
    """The call that the answering end makes of what the asking end sends."""
    request = wire.request_of(call, "app/1")
    routed = routes.calls_at(request.path)[request.method]
    return routed if request.body is None else wire.read_body(routed, request.body)


@steady
@given(SEGMENTS, SEGMENTS, KEYS)
def test_a_read_arrives_as_it_was_asked(project, environment, key):
    """Whatever the names are, each stays one segment and arrives as it was."""
    for call in (
        Call("get_entries", project, environment),
        Call("get_entry", project, environment, key),
    ):
        assert received(call) == call
        path = wire.request_of(call, "app/1").path
        assert path.isascii()
        assert path.count("/") == (8 if call.key == "" else 9)


@steady
@given(SEGMENTS, SEGMENTS, ITEMS, st.lists(ITEMS, min_size=1, max_size=5))
def test_a_write_arrives_as_it_was_asked(project, environment, item, items):
    """Keys, values and secrecy arrive as they were, also where secrecy was left out."""
    for call in (
        Call("set_entry", project, environment, item.key, (item,)),
        Call("set_entries", project, environment, items=tuple(items)),
    ):
        assert received(call) == call


@steady
@given(st.dictionaries(KEYS, VALUES, max_size=5), st.integers(200, 299))
def test_an_answer_arrives_as_it_was_given(entries, status):
    """A 2xx comes back with its object, and without a copy of its text."""
    reply = Reply(status, {"entries": entries})
    call = Call("get_entries", "backend", "production", token="icr_token")
    assert wire.reply_of(call, status, wire.content_of(reply), None, None) == reply


@pytest.mark.parametrize("planted", ["icr_token-of-the-call", "value-of-the-call"])
def test_a_refusal_that_repeats_what_was_sent_is_cut(planted):
    """A server that quotes the token or a value does not put it into our exception."""
    items = (WriteItem("KEY", "value-of-the-call"),)
    call = Call("set_entry", "backend", "production", "KEY", items, "icr_token-of-the-call")
    content = b'{"error": "what is %s?"}' % planted.encode()
    reply = wire.reply_of(call, 422, content, None, None)
    assert reply.data == {"error": "what is ***?"}
    assert planted not in reply.text


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        *((path, []) for path in ("/", BASE.replace("v1", "v2"), f"{BASE}/KEY/more", f"/{BASE}")),
        *((path, []) for path in (f"http://127.0.0.1{BASE}", BASE.replace("backend", "%ff"))),
        (BASE.replace("projects", "project%73"), []),
        (BASE, ["GET", "POST"]),
        (BASE + "/KEY", ["GET", "POST"]),
        (OWN + "/KEY", ["DELETE"]),
        (OWN + "/KEY/restore", ["POST"]),
        (OWN.replace("production/entries", "/log"), []),
    ],
)
def test_the_methods_of_a_path(path, methods):
    """An unknown path has none."""
    assert list(routes.calls_at(path)) == methods


@pytest.mark.parametrize(
    ("target", "names"),
    [
        (BASE, ("backend", "production", "")),
        (BASE + "/KEY", ("backend", "production", "KEY")),
        (BASE + "/", ("backend", "production", "")),
        (BASE.replace("production", "stg%2Feu"), ("backend", "stg/eu", "")),
        (BASE.replace("production", "stg%252Feu"), ("backend", "stg%2Feu", "")),
        *((BASE.replace("production", text), ("backend", text, "")) for text in ("a+b", "%zz", "")),
    ],
)
def test_a_segment_is_decoded_on_its_own(target, names):
    """The raw path is split first and decoded then, once."""
    call = routes.calls_at(target)["GET"]
    assert (call.project, call.environment, call.key) == names


SINGLE = Call("set_entry", "backend", "production", "KEY", token="icr_x")
BULK = Call("set_entries", "backend", "production")


@pytest.mark.parametrize(
    ("call", "content"),
    [
        *((call, content) for call in (SINGLE, BULK) for content in (
            b"", b"{", b"null", b"[]", b'"x"', b"7", b"\xff",
            b"[" * 200_000, b'{"a": ' + b"9" * 5_000,
        )),
        *((SINGLE, json.dumps(document).encode()) for document in (
            {}, {"value": None}, {"value": 7}, {"value": ["v"]}, {"value": "v", "is_secret": 1},
            {"value": "v", "is_secret": "true"}, {"is_secret": True},
        )),
        *((BULK, json.dumps(document).encode()) for document in (
            {}, {"entries": None}, {"entries": {}}, {"entries": "x"}, {"entries": [7]},
            {"entries": [["KEY", "v"]]}, {"entries": [{"key": "KEY"}]},
            {"entries": [{"value": "v"}]},
            {"entries": [{"key": 7, "value": "v"}]}, {"entries": [{"key": "KEY", "value": None}]},
            {"entries": [{"key": "KEY", "value": "v", "is_secret": 0}]},
        )),
    ],
    ids=lambda case: repr(case)[:40],
)  # fmt: skip
def test_a_body_of_the_wrong_shape(call, content):
    """A body that is no JSON of the right shape is a 400 that shows nothing of it."""
    reply = wire.read_body(call, content)
    assert reply.status == 400


@pytest.mark.parametrize(
    ("call", "most"), [(SINGLE, limits.SINGLE_BODY_BYTES), (BULK, limits.BULK_BODY_BYTES)]
)
def test_a_body_over_its_limit(call, most):
    """A body over its limit is a 413, whatever it holds; one at the limit is read."""
    over = wire.read_body(call, b" " * (most + 1))
    assert over.status == 413
    start = b'{"value": "v"' if call is SINGLE else b'{"entries": [{"key": "KEY", "value": "v"}]'
    whole = wire.read_body(call, start + b" " * (most - len(start) - 1) + b"}")
    assert whole.items == (WriteItem("KEY", "v"),)
    assert whole.token == call.token


def test_the_largest_legal_bulk_write_is_within_the_limit():
    """100 of the longest keys and values, at six characters of JSON a byte, fit the limit."""
    items = tuple(WriteItem(f"{number:0>128}", "\0" * 32_768, False) for number in range(100))
    body = wire.request_of(Call("set_entries", "a", "b", items=items), "app/1").body
    assert len(body) <= limits.BULK_BODY_BYTES


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
