"""A client in threads, forks, event loops, and where the interpreter ends."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import unquote

import anyio
import pytest
import trio
from load.conftest import environ_put_back
from loopback import serve, silence
from repeated import patiently

from clovrix_env import AsyncClient, Client, ClovrixConnectionError, load_env
from clovrix_env.api.messages import Reply

__all__ = ["environ_put_back"]

ROUNDS = 10
# Python 3.12 and later warn of any fork beside a thread: here the fork is the test.
pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


class Echo:
    """Answers each call with the project that it asked for, so that a mix-up shows."""

    def admit(self, call):
        return None

    def answer(self, call, deadline=None):
        return Reply(200, {"entries": {"PROJECT": call.project}, "padding": "x" * 5_000})


@pytest.fixture
def echo():
    with serve(Echo()) as running:
        yield running


def in_child(work):
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


def own_answers(client, name):
    for number in range(ROUNDS):
        project = f"{name}-{number}"
        assert client.get_entries(project, "production") == {"PROJECT": project}


def forked(*works):
    """Do each of these in a child, one beside the other; all succeed."""
    children = [in_child(work) for work in works]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(works)


def test_a_warm_client_in_parent_and_child(echo):
    """A client that was used before a fork gives parent, child and grandchild their own answers."""
    with Client("icr_x", echo.url, max_retries=0) as client:

        def child(name):
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


def test_a_child_leaves_the_parents_connection_alone(echo):
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


def test_an_async_client_made_before_the_fork(echo):
    """An ``AsyncClient`` that was made, and used, before a fork works in the child's own loop."""
    client = AsyncClient("icr_x", echo.url, max_retries=0)

    async def ask(project):
        return await client.get_entries(project, "production")

    def child():
        assert anyio.run(ask, "child") == {"PROJECT": "child"}

    forked(child)
    anyio.run(client.aclose)


@pytest.mark.parametrize("place", ["http", "store"])
def test_threads_share_a_client(store_home, loopback, place):
    """Threads that share one client, from its first call on, get their own answers each."""
    url = loopback.url if place == "http" else store_home.url
    start = threading.Barrier(8)
    with Client(store_home.token, url, max_retries=0) as client:

        def work(name):
            start.wait(20)
            for number in range(5):
                key = f"{name}_{number}"
                assert client.set_entry("backend", "production", key, key).key == key
                assert client.get_entry("backend", "production", key).value == key

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, [f"T{number}" for number in range(8)]))
        assert len(client.get_entries("backend", "production")) == 40


READ = ("backend", "production")
CALLS = 1000


@pytest.fixture
def quick(own_server):
    own_server.fault("answer", body=b'{"entries": {}}')
    return own_server


async def seconds(url, at_once):
    """What 1,000 calls take of the processor, the server included, if so many are made at once."""
    gate = asyncio.Semaphore(at_once)
    async with AsyncClient("icr_x", url, max_retries=0) as client:

        async def call():
            async with gate:
                assert await client.get_entries(*READ) == {}

        begun = time.process_time()
        await asyncio.gather(*(call() for _ in range(CALLS)))
        return time.process_time() - begun


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_a_thousand_calls_at_once(quick):
    """All succeed, and take little more than with 100 at once."""
    few = min(asyncio.run(seconds(quick.url, 100)) for _ in range(3))
    many = min(asyncio.run(seconds(quick.url, CALLS)) for _ in range(3))
    print(f"{CALLS} calls: {many:.2f} s at once, {few:.2f} s by 100")
    assert len(quick.requests) == 6 * CALLS
    assert many < 1.5 * few


@pytest.mark.slow
def test_a_call_that_waits_has_its_deadline():
    """The deadline counts from when a call was made, not from when it was sent."""

    async def calls(url, seconds):
        async with AsyncClient("icr_x", url, timeout=seconds, max_retries=0) as client:
            made = (client.set_entry(*READ, "KEY", "v") for _ in range(150))
            found = await asyncio.gather(*made, return_exceptions=True)
        assert all(isinstance(error, ClovrixConnectionError) for error in found)
        assert {getattr(error, "sent", None) for error in found} == {True, False}

    def attempt(seconds):
        with serve() as server:
            server.fault("hang")
            asyncio.run(calls(server.url, seconds))

    patiently(attempt, 3)


def test_a_client_over_several_loops(quick):
    """Each loop has one connection, for calls one after another, which ends with it."""
    client = AsyncClient("icr_x", quick.url)

    async def calls():
        for _ in range(3):
            assert await client.get_entries(*READ) == {}

    for _ in range(3):
        asyncio.run(calls())
    trio.run(calls)
    assert quick.connections == 4


@pytest.mark.slow
def test_a_handshake_that_is_given_up_leaves_no_connection():
    """The deadline passes while the server is silent: the connection is closed, not forgotten."""
    with silence() as port, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        async def call():
            url = f"https://localhost:{port}"
            async with AsyncClient("icr_x", url, timeout=0.5, max_retries=0) as client:
                with pytest.raises(ClovrixConnectionError):
                    await client.get_entries(*READ)

        asyncio.run(call())
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


_ENDS = """
import atexit, sys
from clovrix_env import Client

class Keeper:
    client = Client("icr_x", sys.argv[1], timeout=30)
    def __del__(self):
        try:
            print(self.client.get_entries("backend", "production"))
        except Exception as error:
            print(f"{type(error).__name__}: {error}")

keeper = Keeper()
if sys.argv[2] == "atexit":
    atexit.register(keeper.__del__)
elif sys.argv[2] == "used before":
    keeper.__del__()
"""
_LOGS = """
import logging, sys, threading
import httpx
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
from clovrix_env import Client
for brought in (None, httpx.Client()):
    with Client("icr_x", sys.argv[1], http_client=brought) as client:
        for _ in range(20):
            client.get_entries("backend", "production")
print([type(thread).__name__ for thread in threading.enumerate()])
"""
_REFUSED = "ClovrixConnectionError: the interpreter is shutting down: nothing was sent\n"
_ANSWER = "{'KEY': 'v'}\n"


def printed(program, server, *words):
    server.fault("answer", body=b'{"entries": {"KEY": "v"}}')
    command = [sys.executable, "-c", program, server.url, *words]
    options = {"capture_output": True, "text": True, "timeout": 20, "check": True}
    return subprocess.run(command, **options).stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "out"),
    [("__del__", _REFUSED), ("used before", _ANSWER + _REFUSED), ("atexit", _ANSWER + _REFUSED)],
)
def test_a_call_at_the_end_of_the_interpreter(faulty, when, out):
    """Where no thread can begin any more it is refused at once; atexit is before that."""
    assert printed(_ENDS, faulty, when) == out


@pytest.mark.slow
def test_no_thread_is_left_of_logging(faulty):
    """Threads that have logged are gone, and threading keeps no dummy of them."""
    assert printed(_LOGS, faulty) == "['_MainThread']\n"


def test_another_thread_sees_no_change(clovrix, project, proxy):
    """While threads load, what is in ``os.environ`` stays there, and nothing goes to the proxy."""
    project.declare('project = "backend"\n')
    project.write(".env", f"HTTPS_PROXY={proxy.url}\nSSL_CERT_DIR=/nowhere\n")
    missed, done = [], threading.Event()

    def look():
        while not done.is_set():
            missed.extend(n for n in ("HTTPS_PROXY", "SSL_CERT_DIR") if n not in os.environ)

    load_env(environment="staging")
    watcher = threading.Thread(target=look)
    watcher.start()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: load_env(environment="staging"), range(10 * 4)))
    done.set()
    watcher.join()
    assert missed == []
    assert proxy.connections == 0
    assert clovrix.requests == 1 + 10 * 4
