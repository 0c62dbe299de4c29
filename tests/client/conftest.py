"""The doors of the SDK as one function, so that one test body says it of all of them."""

import socket
import threading
from contextlib import AsyncExitStack, ExitStack, suppress
from functools import partial

import anyio
import pytest
from loopback import black_hole, serve

from clovrix_env import AsyncClient, Client
from clovrix_env.client import tls

TOKEN = "icr_loopback_0123456789abcdefghijklmnop"


class Ask:
    """``ask(url, operation, project, environment, …)`` by ``Client``, or under an event loop.

    It is a client of its own, which retries nothing unless told.
    """

    def __init__(self, door):
        self.door = door
        self.kind = Client if door == "sync" else AsyncClient

    def __call__(self, url, *call, **options):
        (outcome,) = self.talk(url, call, **options)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def talk(self, url, *calls, http_client=None, then=lambda: None, scope=(), **options):
        """What each call came to, or its exception; ``http_client`` is closed after ``then()``."""
        options = {"token": TOKEN, "timeout": 10.0, "max_retries": 0, "base_url": url, **options}
        if self.door != "sync":
            work = partial(self._talk, calls, http_client, then, scope, options)
            return anyio.run(work, backend=self.door)
        with ExitStack() as stack:
            if hasattr(http_client, "__enter__"):
                stack.enter_context(http_client)
            with Client(http_client=http_client, **options) as client:
                asked = client.scope(*scope) if scope else client
                found = []
                for name, *at in calls:
                    try:
                        found.append(getattr(asked, name)(*at))
                    except Exception as error:
                        found.append(error)
            then()
            return found

    async def _talk(self, calls, http_client, then, scope, options):
        found = []
        async with AsyncExitStack() as stack:
            if hasattr(http_client, "__aenter__"):
                await stack.enter_async_context(http_client)
            async with AsyncClient(http_client=http_client, **options) as client:
                asked = client.scope(*scope) if scope else client
                for name, *at in calls:
                    try:
                        found.append(await getattr(asked, name)(*at))
                    except Exception as error:
                        found.append(error)
            then()
        return found


@pytest.fixture(params=["sync", "asyncio", "trio"])
def ask(request):
    return Ask(request.param)


@pytest.fixture(scope="session")
def ask_by():
    """``ask_by("sync")``: one door by its name."""
    return Ask


@pytest.fixture
def fresh_tls(monkeypatch):
    """The process's TLS context, made anew from the test's environment, forgotten after it."""
    monkeypatch.setattr(tls, "_made", {})
    monkeypatch.setattr(tls, "_narrow", set())


@pytest.fixture
def trusted(monkeypatch, fresh_tls, authority):
    """The tests' authority is the one that this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)
    return authority


class RecordingProxy:
    """A proxy here: ``lines`` holds the request lines that came; CONNECT is carried out."""

    def __init__(self, host="127.0.0.1"):
        self.lines = []
        self.connections = 0
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://{host}:{self.port}"
        self.status = b"HTTP/1.1 200 -\r\n\r\n"
        self._ends = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self.connections += 1
                self._ends.append(near)
                self._start(self._serve, near)

    def _start(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _serve(self, near):
        with suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = near.recv(4096)
                if not piece:
                    return
                head += piece
            line = head.split(b"\r\n")[0].decode()
            self.lines.append(line)
            host, _, port = line.split()[1].rpartition(":")
            if not line.startswith("CONNECT ") or b" 200 " not in self.status:
                near.sendall(self.status)
                near.close()
                return
            far = socket.create_connection((host, int(port)))
            self._ends.append(far)
            near.sendall(self.status)
            self._start(self._pump, near, far)
            self._pump(far, near)

    @staticmethod
    def _pump(source, target):
        with suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self):
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def own_server():
    """A server without a store that the test need not share: it may hang."""
    with serve() as running:
        yield running


@pytest.fixture
def proxy():
    running = RecordingProxy()
    yield running
    running.close()


@pytest.fixture(name="black_hole")
def _black_hole():
    """An address whose connections are never completed."""
    with black_hole() as port:
        yield f"http://127.0.0.1:{port}"
