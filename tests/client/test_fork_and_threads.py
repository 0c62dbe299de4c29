"""A client shared between threads, and used on both sides of a fork."""

from __future__ import annotations

import os
import threading
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from loopback import serve

from clovrix_env import AsyncClient, Client
from clovrix_env.api.messages import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loopback import Loopback

    from clovrix_env.api.messages import Call

ROUNDS = 10
# Python 3.12 and later warn of any fork beside a thread: here the fork is the test.
pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


class Echo:
    """Answers each call with the project that it asked for, so that a mix-up shows."""

    def admit(self, call: Call) -> None:
        return None

    def answer(self, call: Call) -> Reply:
        return Reply(200, {"entries": {"PROJECT": call.project}, "padding": "x" * 5_000})


@pytest.fixture
def echo() -> Iterator[Loopback]:
    with serve(Echo()) as running:
        yield running


def in_child(work: Callable[[], None]) -> int:
    """Fork, do the work in the child, and give its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
        os._exit(0)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        os._exit(1)


def own_answers(client: Client, name: str) -> None:
    for number in range(ROUNDS):
        project = f"{name}-{number}"
        assert client.get_entries(project, "production") == {"PROJECT": project}


def forked(*works: Callable[[], object]) -> None:
    """Do each of these in a child, one beside the other; all succeed."""
    children = [in_child(work) for work in works]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(works)


def test_a_warm_client_in_parent_and_child(echo: Loopback) -> None:
    """A client that was used before a fork gives parent, child and grandchild their own answers."""
    with Client("icr_x", echo.url, max_retries=0) as client:

        def child(name: str) -> None:
            own_answers(client, name)
            forked(lambda: own_answers(client, f"{name}-of"))
            own_answers(client, f"{name}-again")

        own_answers(client, "before")
        children = [in_child(partial(child, name)) for name in ("one", "two")]
        own_answers(client, "parent")
        assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
        own_answers(client, "after")
    asked = {unquote(request.path.split("/")[5]) for request in echo.requests}
    assert len(asked) == 9 * ROUNDS


def test_a_child_leaves_the_parents_connection_alone(echo: Loopback) -> None:
    """A child opens a connection of its own, and closing there does not end the parent's."""
    with Client("icr_x", echo.url, max_retries=0) as client:
        own_answers(client, "parent")
        forked(client.close)
        own_answers(client, "parent")
        assert echo.connections == 1
        forked(lambda: own_answers(client, "child"))
        assert echo.connections == 2
        own_answers(client, "parent")
    assert echo.connections == 2


def test_an_async_client_made_before_the_fork(echo: Loopback) -> None:
    """An ``AsyncClient`` that was made, and used, before a fork works in the child's own loop."""
    import anyio

    client = AsyncClient("icr_x", echo.url, max_retries=0)

    async def ask(project: str) -> Any:
        return await client.get_entries(project, "production")

    def child() -> None:
        assert anyio.run(ask, "child") == {"PROJECT": "child"}

    forked(child)
    anyio.run(client.aclose)


def test_the_embedded_store_in_parent_and_child(store_home: Any) -> None:
    """A client of an embedded store reads and writes on both sides of a fork."""

    def write(name: str) -> None:
        for number in range(ROUNDS):
            client.set_entry("backend", "production", f"{name}_{number}", name)
            assert client.get_entry("backend", "production", f"{name}_{number}").value == name

    with Client(base_url=store_home.url) as client:
        write("BEFORE")
        children = [in_child(lambda: write("ONE")), in_child(lambda: write("TWO"))]
        write("PARENT")
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
        assert len(client.get_entries("backend", "production")) == 4 * ROUNDS


@pytest.mark.parametrize("place", ["http", "store"])
def test_threads_share_a_client(store_home: Any, loopback: Loopback, place: str) -> None:
    """Threads that share one client, from its first call on, get their own answers each."""
    url = loopback.url if place == "http" else store_home.url
    problems: list[Any] = []
    start = threading.Barrier(8)
    with Client(store_home.token, url, max_retries=0) as client:

        def work(name: str) -> None:
            try:
                start.wait()
                for number in range(5):
                    key = f"{name}_{number}"
                    assert client.set_entry("backend", "production", key, key).key == key
                    assert client.get_entry("backend", "production", key).value == key
            except BaseException as error:
                problems.append(error)

        threads = [threading.Thread(target=work, args=(f"T{number}",)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        assert len(client.get_entries("backend", "production")) == 40
