"""The four operations on an embedded store by its owner; ``tests/server`` has every limit."""

import pytest

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


@pytest.mark.parametrize("name", ["", ".", "..", "a\0b", "\ud800"])
def test_a_name_that_no_call_can_ask_for_is_not_made(store, name):
    """What cannot be a path segment is refused, as a project and as an environment."""
    with pytest.raises(ClovrixConfigError, match="the project"):
        store.create_project(name)
    with pytest.raises(ClovrixConfigError, match="the environment"):
        store.create_environment("backend", name)


def test_a_closed_store_says_so(store):
    """A call after closing is a sentence, not an exception."""
    store.close()
    store.close()
    reply = store.answer(get_entry("KEY"))
    assert (reply.status, reply.data["error"].endswith("was closed")) == (500, True)


BULK = 100


def bulk(items):
    return Call("set_entries", "backend", "development", items=tuple(items))


@pytest.mark.parametrize(
    "bad", [WriteItem("lower", "v"), WriteItem("KEY", "\ud800"), WriteItem("KEY_3", "twice"), None]
)
def test_one_bad_item_refuses_the_whole_batch(store, values, bad):
    """As item 57 of 100, or as one too many: 422, and not one of the others is written."""
    items = [WriteItem(f"KEY_{number}", "value") for number in range(BULK if bad else BULK + 1)]
    items[56] = bad or items[56]
    assert store.answer(bulk(items)).status == 422
    assert values() == {}


def test_a_project_takes_500_keys_of_all_its_environments(store, put, values):
    """A batch that leads to 501 is refused whole; a key of another environment is no new one."""
    for start in range(0, 400, BULK):
        put("production", **{f"KEY_{number}": "value" for number in range(start, start + BULK)})
    put(**{f"KEY_{number}": "value" for number in range(400, 499)})
    two = [WriteItem("A_NEW", "value"), WriteItem("B_NEW", "value")]
    assert store.answer(bulk(two)).status == 422
    assert len(values()) == 99
    put(A_NEW="value")
    assert store.answer(bulk([WriteItem("KEY_0", "changed"), two[1]])).status == 422
    assert "KEY_0" not in values()
    assert store.answer(bulk([WriteItem("KEY_0", "value")])).status == 200
