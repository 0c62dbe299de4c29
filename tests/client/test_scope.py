"""What the clients get from a store, in the process and over HTTP; ``scope`` binds one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import clovrix_env
from clovrix_env import Client, Entry, ForbiddenError, NotFoundError, ValidationError, WriteItem

if TYPE_CHECKING:
    from loopback import Loopback

AT = ("backend", "production")
STAGING = ("backend", "staging")


@pytest.fixture(params=["http", "store"])
def address(request: pytest.FixtureRequest, store_home: Any, loopback: Loopback) -> str:
    return loopback.url if request.param == "http" else store_home.url


def test_a_scope(ask: Any, store_home: Any, address: str) -> None:
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
    elsewhere = ask.talk(
        address, ("get", "KEY"), ("get_all",), token=store_home.token, scope=STAGING
    )
    assert isinstance(elsewhere[0], NotFoundError)
    assert elsewhere[1] == {}


def test_a_project_has_a_key_once(ask: Any, store_home: Any, address: str) -> None:
    """A second environment creates neither key nor secrecy; a bulk write is all or nothing."""
    here, there, refused, entry, entries = ask.talk(
        address,
        ("set_entry", *AT, "KEY", "v", True),
        ("set_entry", *STAGING, "KEY", "w", False),
        ("set_entries", *STAGING, [WriteItem("A", "1"), WriteItem("B", "x" * 40_000)]),
        ("get_entry", *AT, "KEY"),
        ("get_entries", *STAGING),
        token=store_home.token,
    )
    assert (here.created, there.created) == (True, False)
    assert isinstance(refused, ValidationError)
    assert (entry, entries) == (Entry("KEY", "v", True), {"KEY": "w"})


REFUSALS = [
    ("AuthenticationError", {"token": "icr_wrong"}),
    ("NotFoundError", {"project": "nowhere"}),
    ("NotFoundError", {"environment": "nowhere"}),
    ("ForbiddenError", {"role": "read"}),
    ("BillingError", {"billing": "restricted"}),
]


@pytest.mark.parametrize(("kind", "case"), REFUSALS, ids=str)
def test_what_a_store_refuses(store_home: Any, address: str, kind: str, case: Any) -> None:
    """A store refuses with the same exceptions as the service, in the process and over HTTP."""
    token = store_home.make_token("backend", role=case.get("role", "write"))
    store_home.store.billing = case.get("billing", "active")
    at = (case.get("project", "backend"), case.get("environment", "production"))
    with Client(case.get("token", token), address) as client:
        with pytest.raises(getattr(clovrix_env, kind)) as caught:
            client.set_entry(*at, "KEY", "v")
        assert getattr(caught.value, "billing_status", None) == case.get("billing")


def test_an_unknown_token_of_the_environment_is_passed_over(
    store_home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For an embedded store a token of the environment counts only where it is the store's own."""
    monkeypatch.setenv("CLOVRIX_TOKEN", "icr_of_the_hosted_service")
    with Client(base_url=store_home.url) as client:
        assert client.set_entry(*AT, "KEY", "v").created
    monkeypatch.setenv("CLOVRIX_TOKEN", store_home.make_token("backend", role="read"))
    with Client(base_url=store_home.url) as client, pytest.raises(ForbiddenError):
        client.set_entry(*AT, "KEY", "w")
