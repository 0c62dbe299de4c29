"""``scope``: the four calls bound to one place, for both clients and by every address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import AsyncClient, Client, Entry, NotFoundError, WriteItem, WriteResult

if TYPE_CHECKING:
    from loopback import Loopback


@pytest.fixture(params=["http", "store"])
def address(request: pytest.FixtureRequest, store_home: Any, loopback: Loopback) -> str:
    return loopback.url if request.param == "http" else store_home.url


def test_a_scope(store_home: Any, address: str) -> None:
    """The four calls, in their place and nowhere else."""
    with Client(store_home.token, address) as client:
        scope = client.scope("backend", "production")
        assert scope.get_all() == {}
        assert scope.set("KEY", "v", is_secret=True) == WriteResult("KEY", True)
        assert scope.set("KEY", "w") == WriteResult("KEY", False)
        assert scope.get("KEY") == Entry("KEY", "w", True)
        assert scope.set_many([WriteItem("A", "1"), {"key": "B", "value": "2"}]) == 2
        assert scope.get_all() == {"KEY": "w", "A": "1", "B": "2"}
        assert client.get_entries("backend", "staging") == {}
        with pytest.raises(NotFoundError):
            client.scope("backend", "staging").get("KEY")


@pytest.mark.anyio
async def test_an_async_scope(store_home: Any, address: str) -> None:
    """The same with ``await``."""
    async with AsyncClient(store_home.token, address) as client:
        scope = client.scope("backend", "production")
        assert await scope.get_all() == {}
        assert await scope.set("KEY", "v", is_secret=True) == WriteResult("KEY", True)
        assert await scope.set("KEY", "w") == WriteResult("KEY", False)
        assert await scope.get("KEY") == Entry("KEY", "w", True)
        assert await scope.set_many([WriteItem("A", "1"), {"key": "B", "value": "2"}]) == 2
        assert await scope.get_all() == {"KEY": "w", "A": "1", "B": "2"}
        assert await client.get_entries("backend", "staging") == {}
        with pytest.raises(NotFoundError):
            await client.scope("backend", "staging").get("KEY")


def test_created_is_of_the_project(store_home: Any, address: str) -> None:
    """A key is of the project: a second environment creates neither it nor its secrecy anew."""
    with Client(store_home.token, address) as client:
        assert client.set_entry("backend", "production", "KEY", "v", True).created
        assert not client.set_entry("backend", "staging", "KEY", "w", False).created
        assert client.get_entry("backend", "staging", "KEY") == Entry("KEY", "w", True)
        assert client.get_entry("backend", "production", "KEY") == Entry("KEY", "v", True)


def test_a_bulk_write_is_all_or_nothing(store_home: Any, address: str) -> None:
    """One item that is refused, and none is written."""
    from clovrix_env import ValidationError

    with Client(store_home.token, address) as client:
        items = [WriteItem("A", "1"), WriteItem("B", "x" * 40_000)]
        with pytest.raises(ValidationError):
            client.set_entries("backend", "production", items)
        assert client.get_entries("backend", "production") == {}


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
    import clovrix_env

    token = store_home.make_token("backend", role=case.get("role", "write"))
    store_home.store.billing = case.get("billing", "active")
    with Client(case.get("token", token), address) as client:
        with pytest.raises(getattr(clovrix_env, kind)) as caught:
            client.set_entry(
                case.get("project", "backend"), case.get("environment", "production"), "KEY", "v"
            )
        assert getattr(caught.value, "billing_status", None) == case.get("billing")


def test_an_unknown_token_of_the_environment_is_passed_over(
    store_home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For an embedded store a token of the environment counts only where it is the store's own."""
    monkeypatch.setenv("CLOVRIX_TOKEN", "icr_of_the_hosted_service")
    with Client(base_url=store_home.url) as client:
        assert client.set_entry("backend", "production", "KEY", "v").created
    monkeypatch.setenv("CLOVRIX_TOKEN", store_home.make_token("backend", role="read"))
    import clovrix_env

    with Client(base_url=store_home.url) as client, pytest.raises(clovrix_env.ForbiddenError):
        client.set_entry("backend", "production", "KEY", "w")
