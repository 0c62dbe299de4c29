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


BAD_ITEMS = [
    WriteItem("", "value"),
    WriteItem("lower", "value"),
    WriteItem("1KEY", "value"),
    WriteItem("KEY\n", "value"),
    WriteItem("KEY\0", "value"),
    WriteItem("K-Y", "value"),
    WriteItem("KÉY", "value"),
    WriteItem("K\u0661", "value"),
    WriteItem("K\ud800", "value"),
    WriteItem("K" * 129, "value"),
    WriteItem("KEY", "\ud800"),
    WriteItem("KEY", "x" * 32769),
    WriteItem("KEY", "é" * 16384 + "x"),
    WriteItem("KEY", "€" * 10923),
    WriteItem("KEY", "𝄞" * 8192 + "x"),
    WriteItem("KEY_3", "twice in the batch"),
]


@pytest.mark.parametrize("bad", BAD_ITEMS, ids=range(len(BAD_ITEMS)))
def test_one_bad_item_refuses_the_whole_batch(store, values, bad):
    """Item 57 of 100 is bad: 422, and not one of the others is written."""
    assert store.answer(bulk(hundred(bad))).status == 422
    assert values() == {}


@pytest.mark.parametrize("bad", BAD_ITEMS[:-1], ids=range(len(BAD_ITEMS) - 1))
def test_a_bad_single_item_is_refused(store, values, bad):
    """The same item alone is a 422 too."""
    call = Call("set_entry", "backend", "development", bad.key, (bad,))
    assert store.answer(call).status == 422
    assert values() == {}


@pytest.mark.parametrize("key", ["", "lower", "KEY\n", "K" * 129, "K\ud800", "K\0"])
def test_reading_a_bad_key_is_refused(store, key):
    """A key that no entry can have is a 422, not a 404."""
    assert store.answer(Call("get_entry", "backend", "development", key)).status == 422


@pytest.mark.parametrize(
    "item",
    [
        WriteItem("K" * 128, "value"),
        WriteItem("_", "value"),
        WriteItem("KEY", "x" * 32768),
        WriteItem("KEY", "é" * 16384),
        WriteItem("KEY", "€" * 10922),
        WriteItem("KEY", "𝄞" * 8192),
    ],
    ids=range(6),
)
def test_the_longest_key_and_value_fit(store, values, item):
    """128 characters of key and 32 KiB of UTF-8 are within the limits."""
    assert store.answer(bulk(hundred(item))).status == 200
    assert values()[item.key] == item.value


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
