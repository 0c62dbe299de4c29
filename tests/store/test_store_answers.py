"""The four operations, asked of an embedded store by its owner, and what each refuses with 422."""

import json
import threading

import pytest

from clovrix_env.api import wire
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.errors import ClovrixConfigError


def set_entry(key, value, is_secret=None, environment="development"):
    return Call("set_entry", "backend", environment, key, (WriteItem(key, value, is_secret),))


def get_entry(key, environment="development"):
    return Call("get_entry", "backend", environment, key)


def test_a_key_is_created_once_in_a_project(store, values):
    """201 for the first write; a new value, and the first one elsewhere, make no new key."""
    for value, environment, status in (
        ("one", "development", 201),
        ("two", "development", 200),
        ("three", "production", 200),
    ):
        reply = store.answer(set_entry("KEY", value, environment=environment))
        assert (reply.status, reply.data) == (status, {"key": "KEY", "created": status == 201})
    assert (values(), values("production")) == ({"KEY": "two"}, {"KEY": "three"})


@pytest.mark.parametrize("first", [True, False, None])
@pytest.mark.parametrize("later", [True, False, None])
def test_secrecy_is_fixed_by_the_first_write(store, first, later):
    """Not secret where it is unset; a later ``is_secret`` is ignored, and the value is written."""
    store.answer(set_entry("KEY", "one", first))
    assert store.answer(set_entry("KEY", "two", later, "production")).status == 200
    reply = store.answer(get_entry("KEY", "production"))
    assert reply.data == {"key": "KEY", "value": "two", "is_secret": bool(first)}


def test_an_environment_has_its_own_entries(store, put, values):
    """In the order of their keys; those of another environment or project are not there."""
    assert values() == {}
    put(B="2", _="0", A1="1", A="1")
    put("production", THERE="2")
    assert list(values()) == ["A", "A1", "B", "_"]
    assert values("production") == {"THERE": "2"}
    assert store.answer(get_entry("THERE")).status == 404
    assert store.answer(Call("get_entries", "other", "development")).data == {"entries": {}}


def test_a_bulk_write_says_how_many(store):
    """A bulk write is answered with the number of its items, which may be none."""
    for items in ((), (WriteItem("A", "1"), WriteItem("B", "2", True))):
        reply = store.answer(Call("set_entries", "backend", "development", items=items))
        assert (reply.status, reply.data) == (200, {"written": len(items)})
    assert store.answer(get_entry("B")).data["is_secret"] is True


@pytest.mark.parametrize("value", ["", "\0", "\ufeff", "a\r\nb", "\u2028", "ä€𝄞", " x ", "\x7f"])
def test_a_value_comes_back_as_it_was(put, values, value):
    """Values are text of any kind, and nothing is trimmed or normalised."""
    put(KEY=value)
    assert values() == {"KEY": value}


@pytest.mark.parametrize(
    "name", ["", ".", "..", "x\0y", "backend\0", "\ud800", "x" * 5000, "Backend"]
)
@pytest.mark.parametrize("operation", ["get_entries", "set_entry"])
def test_a_name_that_is_not_there_is_not_found(store, operation, name):
    """A project or an environment of any name that is not there is a 404, whatever it holds."""
    items = (WriteItem("KEY", "value"),) if operation == "set_entry" else ()
    for project, environment in ((name, "development"), ("backend", name)):
        reply = store.answer(Call(operation, project, environment, "KEY", items))
        assert reply.status == 404
        assert json.loads(wire.content_of(reply)) == reply.data


@pytest.mark.parametrize("name", ["my project", "stg/eu", "%2F", "ünï", "𝄞", "a'b\"c;--", "\u2028"])
def test_any_text_that_can_be_a_path_segment_is_a_name(store, name):
    """Names are kept as they are, without normalising, and made once."""
    assert store.create_project(name)
    assert store.create_environment(name, name)
    assert not store.create_project(name)
    assert not store.create_environment(name, name)
    assert store.answer(Call("get_entries", name, name)).status == 200
    assert store.create_project(f"{name}\u00e9")
    assert store.create_project(f"{name}e\u0301")


@pytest.mark.parametrize("name", ["", ".", "..", "a\0b", "\ud800"])
def test_a_name_that_no_call_can_ask_for_is_not_made(store, name):
    """What cannot be a path segment is refused, and so is an environment without its project."""
    for made, sentence in (
        (lambda: store.create_project(name), r"the (project|environment)"),
        (lambda: store.create_environment("backend", name), "the environment"),
        (lambda: store.create_environment("absent", "production"), "no project 'absent'"),
    ):
        with pytest.raises(ClovrixConfigError, match=sentence):
            made()


@pytest.mark.parametrize("status", ["pending_payment", "restricted"])
def test_billing_stops_the_owner_too(store, put, values, status):
    """Billing that is not active is a 402 that says which; one that does not exist is refused."""
    put(KEY="value")
    store.billing = status
    with pytest.raises(ClovrixConfigError, match="active, pending_payment, restricted"):
        store.billing = "paid"
    reply = store.answer(get_entry("KEY"))
    assert (reply.status, reply.data["billing_status"]) == (402, status)
    assert store.billing == status
    store.billing = "active"
    assert values() == {"KEY": "value"}


def test_a_closed_store_says_so(store):
    """A call after closing is a sentence, not an exception."""
    store.close()
    store.close()
    reply = store.answer(get_entry("KEY"))
    assert (reply.status, reply.data["error"].endswith("was closed")) == (500, True)


def test_threads_share_a_store(store, values):
    """Eight threads write through one store; every write counts once."""
    created = []

    def write():
        created.extend(
            store.answer(set_entry(f"KEY_{number}", "value")).data["created"]
            for number in range(10)
        )

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(created), created.count(True)) == (80, 10)
    assert len(values()) == 10


BULK = 100


def bulk(items):
    return Call("set_entries", "backend", "development", items=tuple(items))


def hundred(bad):
    """A hundred items, the 57th of them this one."""
    items = [WriteItem(f"KEY_{number}", "value") for number in range(BULK)]
    items[56] = bad
    return items


BAD_KEYS = ("", "lower", "1KEY", "KEY\n", "KEY\0", "K-Y", "KÉY", "K\u0661", "K\ud800", "K" * 129)
BAD_VALUES = ("\ud800", "x" * 32769, "é" * 16384 + "x", "€" * 10923, "𝄞" * 8192 + "x")
BAD_ITEMS = [
    *(WriteItem(key, "value") for key in BAD_KEYS),
    *(WriteItem("KEY", value) for value in BAD_VALUES),
    WriteItem("KEY_3", "twice in the batch"),
]


@pytest.mark.parametrize("bad", BAD_ITEMS, ids=range(len(BAD_ITEMS)))
def test_one_bad_item_refuses_the_whole_batch(store, values, bad):
    """Alone, to read, and as item 57 of 100: 422, and not one of the others is written."""
    place = ("backend", "development", bad.key)
    calls = [bulk(hundred(bad))]
    if bad.key != "KEY_3":  # only a batch can have a key twice
        calls.append(Call("set_entry", *place, (bad,)))
    if bad.value == "value":
        calls.append(Call("get_entry", *place))
    assert {store.answer(call).status for call in calls} == {422}
    assert values() == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("K" * 128, "value"), ("_", "value"), ("KEY", "x" * 32768)),
        *(("KEY", "é" * 16384), ("KEY", "€" * 10922), ("KEY", "𝄞" * 8192)),
    ],
    ids=range(6),
)
def test_the_longest_key_and_value_fit(store, values, key, value):
    """128 characters of key and 32 KiB of UTF-8 are within the limits."""
    assert store.answer(bulk(hundred(WriteItem(key, value)))).status == 200
    assert values()[key] == value


def test_a_batch_of_101_is_refused(store, values):
    """At most 100 items in a bulk write."""
    items = [WriteItem(f"KEY_{number}", "value") for number in range(BULK + 1)]
    assert store.answer(bulk(items)).status == 422
    assert values() == {}


def test_a_project_takes_500_entries(store, put, values):
    """From 499, a batch that leads to 501 is refused whole; the 500th fits, and no other."""
    keys = [f"KEY_{number}" for number in range(499)]
    for start in range(0, 499, BULK):
        put(**dict.fromkeys(keys[start : start + BULK], "value"))
    two = [WriteItem("A_NEW", "value"), WriteItem("B_NEW", "value")]
    assert store.answer(bulk(two)).status == 422
    assert len(values()) == 499
    put(A_NEW="value")
    assert store.answer(bulk([WriteItem("KEY_0", "changed"), two[1]])).status == 422
    assert values()["KEY_0"] == "value"
    assert len(values()) == 500


def test_the_limit_counts_all_environments(store, put):
    """Keys belong to the project: those of another environment count, and may be written here."""
    for start in range(0, 500, BULK):
        put("production", **{f"KEY_{number}": "value" for number in range(start, start + BULK)})
    assert store.answer(bulk([WriteItem("NEW", "value")])).status == 422
    assert store.answer(bulk([WriteItem("KEY_7", "value")])).status == 200
