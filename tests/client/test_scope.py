"""What the clients get from a store, in the process and over HTTP; ``scope`` binds one place."""

import pytest

from clovrix_env import Entry, NotFoundError, WriteItem

AT = ("backend", "production")


@pytest.fixture(params=["http", "store"])
def address(request, store_home, loopback):
    return loopback.url if request.param == "http" else store_home.url


def test_a_scope(ask, store_home, address):
    """The four calls, in their place and nowhere else."""
    scope = [
        ("get_all",),
        ("set", "KEY", "v", True),
        ("set", "KEY", "w"),
        ("get", "KEY"),
        ("set_many", [WriteItem("A", "1"), {"key": "B", "value": "2"}]),
        ("get_all",),
    ]
    found = ask.talk(address, *scope, token=store_home.token, scope=AT)
    assert [getattr(each, "created", each) for each in found] == [
        {}, True, False, Entry("KEY", "w", True), 2, {"KEY": "w", "A": "1", "B": "2"}
    ]  # fmt: skip
    there = {"token": store_home.token, "scope": ("backend", "staging")}
    missing, nothing = ask.talk(address, ("get", "KEY"), ("get_all",), **there)
    assert isinstance(missing, NotFoundError)
    assert nothing == {}
