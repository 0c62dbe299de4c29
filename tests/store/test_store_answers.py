"""The four operations, asked of an embedded store by its owner."""

from __future__ import annotations

import json
import threading

import pytest

from clovrix_env.api import wire
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store.answer import Store


def set_entry(key, value, is_secret=None, environment="development"):
    return Call("set_entry", "backend", environment, key, (WriteItem(key, value, is_secret),))


def get_entry(key, environment="development"):
    return Call("get_entry", "backend", environment, key)


def test_a_new_key_is_created(store):
    """The first write of a key is answered with 201 and created."""
    reply = store.answer(set_entry("KEY", "value"))
    assert (reply.status, reply.data) == (201, {"key": "KEY", "created": True})


def test_a_second_write_is_a_new_version(store, values):
    """A key that is there gets its new value and is not created again."""
    store.answer(set_entry("KEY", "one"))
    reply = store.answer(set_entry("KEY", "two"))
    assert (reply.status, reply.data) == (200, {"key": "KEY", "created": False})
    assert values() == {"KEY": "two"}


def test_created_means_new_in_the_project(store):
    """A key's first value in a second environment is no new key."""
    store.answer(set_entry("KEY", "value"))
    reply = store.answer(set_entry("KEY", "value", environment="production"))
    assert (reply.status, reply.data["created"]) == (200, False)


def test_an_entry_is_read_with_its_secrecy(store):
    """One entry comes with key, value and whether it is secret."""
    store.answer(set_entry("KEY", "value", True))
    reply = store.answer(get_entry("KEY"))
    assert (reply.status, reply.data) == (200, {"key": "KEY", "value": "value", "is_secret": True})


def test_unset_secrecy_means_not_secret(store):
    """A key created without ``is_secret`` is not secret."""
    store.answer(set_entry("KEY", "value"))
    assert store.answer(get_entry("KEY")).data["is_secret"] is False


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("later", [True, False, None])
def test_secrecy_is_fixed_by_the_first_write(store, first, later):
    """A differing ``is_secret`` on a key that is there is ignored, and the value is written."""
    store.answer(set_entry("KEY", "one", first))
    assert store.answer(set_entry("KEY", "two", later, "production")).status == 200
    reply = store.answer(get_entry("KEY", "production"))
    assert (reply.data["value"], reply.data["is_secret"]) == ("two", first)


def test_entries_come_in_the_order_of_their_keys(put, values):
    """The order of a bulk read does not depend on the order of writing."""
    put(B="2", _="0", A1="1", A="1")
    assert list(values()) == ["A", "A1", "B", "_"]


def test_a_key_without_a_value_here_is_left_out(put, values):
    """A key of another environment is not in this one's entries."""
    put(HERE="1")
    put("production", THERE="2")
    assert values() == {"HERE": "1"}
    assert values("production") == {"THERE": "2"}


def test_a_key_without_a_value_here_is_not_found(store, put):
    """Reading one entry that has its value in another environment only is a 404."""
    put("production", THERE="2")
    assert store.answer(get_entry("THERE")).status == 404


def test_an_empty_environment_has_no_entries(values):
    """A bulk read of nothing is an empty object, not an error."""
    assert values() == {}


def test_a_bulk_write_says_how_many(store):
    """A bulk write is answered with the number of its items."""
    items = (WriteItem("A", "1"), WriteItem("B", "2", True))
    reply = store.answer(Call("set_entries", "backend", "development", items=items))
    assert (reply.status, reply.data) == (200, {"written": 2})
    assert store.answer(get_entry("B")).data["is_secret"] is True


def test_an_empty_bulk_write_writes_nothing(store):
    """No items are no error."""
    reply = store.answer(Call("set_entries", "backend", "development"))
    assert (reply.status, reply.data) == (200, {"written": 0})


@pytest.mark.parametrize("value", ["", "\0", "\ufeff", "a\r\nb", "\u2028", "ä€𝄞", " x ", "\x7f"])
def test_a_value_comes_back_as_it_was(put, values, value):
    """Values are text of any kind, and nothing is trimmed or normalised."""
    put(KEY=value)
    assert values() == {"KEY": value}


def test_projects_do_not_see_each_other(store, put):
    """The same key in another project is another entry."""
    put(KEY="value")
    assert store.answer(Call("get_entries", "other", "development")).data == {"entries": {}}


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
    """Names are kept as they are, without normalising."""
    assert store.create_project(name)
    assert store.create_environment(name, name)
    assert store.answer(Call("get_entries", name, name)).status == 200


def test_names_are_not_normalised(store):
    """A composed and a decomposed letter are two names."""
    store.create_project("\u00e9")
    assert store.create_project("e\u0301")


@pytest.mark.parametrize("name", ["", ".", "..", "a\0b", "\ud800"])
def test_a_name_that_no_call_can_ask_for_is_not_made(store, name):
    """What cannot be a path segment is refused in one sentence."""
    with pytest.raises(ClovrixConfigError, match=r"the (project|environment)"):
        store.create_project(name)
    with pytest.raises(ClovrixConfigError, match="the environment"):
        store.create_environment("backend", name)


def test_making_what_is_there_says_so(store):
    """Project and environment are made once."""
    assert not store.create_project("backend")
    assert not store.create_environment("backend", "production")


def test_an_environment_needs_its_project(store):
    """No project is made by the way."""
    with pytest.raises(ClovrixConfigError, match="no project 'absent'"):
        store.create_environment("absent", "production")


@pytest.mark.parametrize("status", ["pending_payment", "restricted"])
def test_billing_stops_the_owner_too(store, put, values, status):
    """Billing that is not active is a 402 that says which, until it is active again."""
    put(KEY="value")
    store.billing = status
    reply = store.answer(get_entry("KEY"))
    assert (reply.status, reply.data["billing_status"]) == (402, status)
    assert store.billing == status
    store.billing = "active"
    assert values() == {"KEY": "value"}


def test_billing_is_one_of_three(store):
    """Another billing status is refused, and nothing changes."""
    with pytest.raises(ClovrixConfigError, match="active, pending_payment, restricted"):
        store.billing = "paid"
    assert store.billing == "active"


def test_what_was_written_is_there_after_opening_again(store_file, master, put):
    """A store is durable."""
    put(KEY="value")
    with Store.open(str(store_file), master) as again:
        reply = again.answer(Call("get_entries", "backend", "development"))
    assert reply.data == {"entries": {"KEY": "value"}}


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
