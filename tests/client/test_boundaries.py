"""Where each limit runs: through the client by every door, and at the store behind its back."""

import pytest
from loopback import serve

from clovrix_env import ValidationError, WriteItem
from clovrix_env.api.messages import Call

AT = ("backend", "production")

GOOD_KEYS = ["_", "A_B", "K" * 128, "A" + "9" * 127]
BAD_KEYS = [
    "", "K" * 129, "K" * 100_000, "K\n", " K", "K\0", "k", "9", "K-L", "K/L", "..", "%4B",
    "K\u0661", "\uff21", "K\u0301", "K\ud800",
]  # fmt: skip
GOOD_VALUES = [
    "", "\0", "\r\n", '"\\/', "\x7f\x80", "\u2028", "\ufeff", "\uffff", "\U0010ffff", "$X ${Y} 'z'",
    "x" * 32_768, "\0" * 32_768, "\u00fc" * 16_384, "xx" + "\u20ac" * 10_922, "\U0001f600" * 8_192,
]  # fmt: skip
BAD_VALUES = [
    "x" * 32_769, "\u00fc" * 16_385, "\u20ac" * 10_923, "x" + "\U0001f600" * 8_192, "x" * 1_000_000,
    "\ud800", "x\udc80", "\ud83d", "\ud800" * 40_000,
]  # fmt: skip
BAD_SEGMENTS = ["", ".", "..", "a\0b", "\ud800", "x" * 1_025, "\u00fc" * 513]


@pytest.fixture(scope="module")
def server(module_store):
    with serve(module_store.store) as running:
        yield running


class Everywhere:
    """One call by every door: the addresses are the same store's, directly and over HTTP."""

    def __init__(self, home, server, ask_by):
        self.home = home
        self.server = server
        self.ways = [(ask_by(door), home.url) for door in ("sync", "asyncio")]
        self.ways += [(ask_by(door), server.url) for door in ("sync", "trio")]

    def everything(self):
        return self.home.store.answer(Call("get_entries", *AT))

    def __call__(self, *call):
        """The one answer that all doors give."""
        answers = [ask(url, *call, token=self.home.token) for ask, url in self.ways]
        assert all(answer == answers[0] for answer in answers)
        return answers[0]

    def refuses(self, status, *call):
        """All doors refuse in the same words; nothing was sent and nothing written."""
        before = self.everything()
        self.server.forget()
        messages = set()
        for ask, url in self.ways:
            with pytest.raises(ValidationError) as caught:
                ask(url, *call, token=self.home.token)
            assert caught.value.status_code == status
            assert caught.value.__cause__ is None
            assert not isinstance(caught.value.__context__, UnicodeError)
            messages.add(caught.value.message)
        assert self.server.requests == []
        assert self.everything() == before
        assert len(messages) == 1
        return messages.pop()


@pytest.fixture
def everywhere(module_store, server, ask_by):
    module_store.save_key()
    return Everywhere(module_store, server, ask_by)


@pytest.mark.parametrize("key", BAD_KEYS, ids=lambda key: ascii(key[:20]))
def test_a_bad_key(everywhere, key):
    """A key outside pattern or length is refused by all operations."""
    everywhere.refuses(422, "get_entry", *AT, key)
    everywhere.refuses(422, "set_entry", *AT, key, "value")
    everywhere.refuses(422, "set_entries", *AT, [WriteItem("GOOD", "value"), WriteItem(key, "v")])


@pytest.mark.parametrize("value", BAD_VALUES, ids=lambda value: f"{len(value)}-{value[:1]!a}")
def test_a_bad_value(everywhere, value):
    """A value over 32,768 bytes of UTF-8, or no UTF-8, is refused and not shown."""
    said = everywhere.refuses(422, "set_entry", *AT, "KEY", value)
    assert value not in said
    assert everywhere.refuses(422, "set_entries", *AT, [WriteItem("KEY", value)]) == said


TEXTS = [None, 7, b"backend", ["backend"]]
ITEMS = [
    None, "KEY", ("KEY", "value", True), {"key": "KEY"}, {"value": "value"}, {"KEY": "value"},
    {"key": "KEY", "value": "value", "secret": True}, {"key": "KEY", "value": "value", 7: True},
    {"key": "KEY", "value": 7}, {"key": "KEY", "value": "value", "is_secret": 1},
]  # fmt: skip
MANY = [WriteItem(f"K{number}", "v") for number in range(101)]
WRONG = [
    *((400, "get_entries", text, "production") for text in TEXTS),
    (400, "get_entries", "backend", 7),
    *((400, "get_entry", *AT, text) for text in TEXTS),
    *((400, "set_entry", *AT, "KEY", text) for text in TEXTS),
    *((400, "set_entry", *AT, "KEY", "value", secrecy) for secrecy in (0, "true", b"")),
    *((400, "set_entries", *AT, [WriteItem("GOOD", "value"), item]) for item in ITEMS),
    (400, "set_entries", *AT, {"KEY": "value"}),
    (422, "set_entries", *AT, MANY),
    (422, "set_entries", *AT, [MANY[0], MANY[1], MANY[0]]),
]


@pytest.mark.parametrize("call", WRONG, ids=lambda call: repr(call[4:] or call[2:])[:40])
def test_another_shape(everywhere, call):
    """No text, no boolean, no item, no list: a 400; more than 100 items, or a key twice: a 422."""
    everywhere.refuses(*call)


@pytest.mark.parametrize(
    ("key", "value"),
    [*((key, "value") for key in GOOD_KEYS), *(("KEY", value) for value in GOOD_VALUES)],
    ids=lambda text: f"{len(text)}-{text[:2]!a}",
)
def test_a_good_entry(everywhere, key, value):
    """What is within the limits is written by each door, alone and in a batch, and read by all."""
    items = [WriteItem(key, value), {"key": "OTHER", "value": value}]
    for ask, url in everywhere.ways:
        assert ask(url, "set_entry", *AT, key, ask.door, token=everywhere.home.token).key == key
        assert everywhere.everything().data["entries"][key] == ask.door
        assert ask(url, "set_entries", *AT, items, token=everywhere.home.token) == 2
        assert everywhere.everything().data["entries"][key] == value
    assert everywhere("get_entry", *AT, key).value == value
    assert everywhere("get_entries", *AT)[key] == value


@pytest.mark.parametrize("name", BAD_SEGMENTS, ids=lambda name: ascii(name[:10]))
@pytest.mark.parametrize("kind", ["project", "environment"])
def test_a_bad_segment(everywhere, kind, name):
    """A name that cannot be one segment of a path is refused for all operations before sending."""
    at = (name, "production") if kind == "project" else ("backend", name)
    for call in (
        ("get_entries", *at),
        ("get_entry", *at, "KEY"),
        ("set_entry", *at, "KEY", "value"),
        ("set_entries", *at, []),
    ):
        assert kind in everywhere.refuses(422, *call)
    for operation, key in (("get_entries", ""), ("get_entry", "KEY")):
        assert everywhere.home.store.answer(Call(operation, *at, key)).status == 404
