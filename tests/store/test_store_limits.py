"""What a store refuses with 422, and that nothing of a refused write is left."""

from __future__ import annotations

import pytest

from clovrix_env.api.messages import Call, WriteItem

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
