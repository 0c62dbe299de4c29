"""The pytest plugin for programs that use clovrix-env.

    $ pytest -p clovrix_env.testing

or ``pytest_plugins = ["clovrix_env.testing"]`` in the ``conftest.py`` at the root. Nothing loads it
by itself. This is the only module that imports pytest, which clovrix-env does not depend on.

The store of a test is behind HTTP on 127.0.0.1, because faults must also reach child processes and
pass through the retries of a client.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
from collections import deque
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path
    from typing import Any

    from clovrix_env import Client
    from clovrix_env.api.messages import Call, Reply
    from clovrix_env.server.exchange import Request, Response
    from clovrix_env.store.answer import Store

_OPTION = "clovrix_no_remote"
_REMOTE, _OFF = "CLOVRIX_REMOTE", "off"
# Variables that would keep a program from the store of its test.
_IN_THE_WAY = ("CLOVRIX_TOKEN_FILE", "CLOVRIX_OFFLINE", "CLOVRIX_DISABLED", _REMOTE)
# pytest changes it itself, between two steps of a test.
_PYTESTS_OWN = "PYTEST_CURRENT_TEST"
_POLL_SECONDS = 0.01
# A fault that is a lost connection instead of an answer.
_NO_ANSWER = 0


def pytest_addoption(parser: pytest.Parser) -> None:
    about = "Set CLOVRIX_REMOTE=off for the whole run: no test fetches values from Clovrix."
    parser.getgroup("clovrix-env").addoption("--clovrix-no-remote", action="store_true", help=about)
    parser.addini(_OPTION, about, type="bool", default=False)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    _turn_remote_off(early_config, early_config.known_args_namespace)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # Again, because a plugin that conftest.py names is loaded after the hook above.
    _turn_remote_off(config, config.option)


def _turn_remote_off(config: pytest.Config, options: object) -> None:
    if getattr(options, _OPTION, False) or config.getini(_OPTION):
        patch = pytest.MonkeyPatch()
        config.add_cleanup(patch.undo)
        patch.setenv(_REMOTE, _OFF)


@pytest.fixture(autouse=True)
def clovrix_environ() -> Generator[None, None, None]:
    """Restore ``os.environ`` after each test, and what ``load_env()`` remembers of its last load.

    Every test uses it. A variable that is set before the test, by a fixture of a wider scope or by
    an import at the top of a file, stays.
    """
    from clovrix_env import load

    before = dict(os.environ)
    memory = load.loaded_by, load.remembered
    yield
    load.loaded_by, load.remembered = memory
    for name in {*before, *os.environ} - {_PYTESTS_OWN}:
        if name not in before:
            del os.environ[name]
        elif os.environ.get(name) != before[name]:
            os.environ[name] = before[name]


@pytest.fixture
def clovrix_store(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Generator[ClovrixStore, None, None]:
    """An empty store for one test, which ``load_env()``, ``Client()`` and child processes use.

    Values that clovrix-env set before the test, such as those of a ``load_env()`` at the top of a
    file, are removed for the test.
    """
    from clovrix_env.auth.clean_environ import clean_process
    from clovrix_env.model.names import MARKER
    from clovrix_env.system.process import of_functions

    folder = tmp_path_factory.mktemp("clovrix")
    with _served(folder) as store:
        for name in {*os.environ} - {*clean_process(of_functions()).environ}:
            monkeypatch.delenv(name)
        for name in (*_IN_THE_WAY, MARKER):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("clovrix_env.load.remembered", None)
        monkeypatch.setenv("CLOVRIX_API_URL", store.url)
        monkeypatch.setenv("CLOVRIX_TOKEN", store.token)
        monkeypatch.setenv("CLOVRIX_CACHE_DIR", str(folder / "cache"))
        yield store


class ClovrixStore:
    """The store of one test.

    ``url`` is its address, ``token`` a token that may read and write everything in it, and
    ``client`` a ``Client`` with both.

    Example:
        >>> def test_greeting(clovrix_store):
        ...     clovrix_store.set("backend", "test", {"GREETING": "hello"})
        ...     assert load_env("backend", "test")["GREETING"] == "hello"
    """

    client: Client

    def __init__(self, store: Store) -> None:
        self._store = store
        self._faults: deque[int] = deque()
        self._lock = threading.Lock()
        self.url = ""
        self.token = f"icr_{secrets.token_hex(24)}"

    def set(self, project: str, environment: str, values: Mapping[str, str]) -> None:
        """Write entries, and create the project and the environment if they do not exist.

        It sends no request, so it uses up none of the failures.

        Args:
            project: The name of the project.
            environment: The name of the environment.
            values: The value of each entry. Other entries stay as they are.

        Raises:
            ValidationError: A key or a value exceeds a limit of Clovrix.
            BillingError: ``billing`` is not ``active``.
        """
        from clovrix_env.api import limits, operations

        self._store.create_project(project)
        self._store.create_environment(project, environment)
        scope = operations.checked_place(project, environment)
        items = [{"key": key, "value": value} for key, value in values.items()]
        for start in range(0, len(items), limits.BULK_ITEMS):
            call = operations.set_entries(scope, items[start : start + limits.BULK_ITEMS])
            operations.written(self._store.answer(call))

    def fail_next(self, status: int, times: int = 1) -> None:
        """Answer the next requests with an error, in the JSON that Clovrix uses.

        A client repeats some failed requests: ``load_env()`` sends a read up to three times.

        Args:
            status: The HTTP status, from 400 to 599.
            times: The number of requests that fail (default: 1).

        Raises:
            ValueError: An argument is out of range.
        """
        if not 400 <= status <= 599:
            raise ValueError(f"status must be from 400 to 599, not {status}")
        self._fail(status, times)

    def drop_next(self, times: int = 1) -> None:
        """Close the connection of the next requests without an answer.

        Args:
            times: The number of requests that fail (default: 1).

        Raises:
            ValueError: ``times`` is below 1.
        """
        self._fail(_NO_ANSWER, times)

    def _fail(self, status: int, times: int) -> None:
        if times < 1:
            raise ValueError(f"times must be at least 1, not {times}")
        with self._lock:
            self._faults.extend([status] * times)

    @property
    def billing(self) -> str:
        """``active``, ``pending_payment`` or ``restricted``. The last two answer 402."""
        return self._store.billing

    @billing.setter
    def billing(self, status: str) -> None:
        self._store.billing = status

    def respond(self, request: Request, read: Callable[[], bytes]) -> Response | None:
        """The response to one HTTP request, or ``None`` for a lost connection."""
        from clovrix_env.server import exchange

        with self._lock:
            fault = self._faults.popleft() if self._faults else None
        if fault is not None:
            return None if fault == _NO_ANSWER else exchange.response_of(_refusal(fault))
        return exchange.respond(request, _OwnersToken(self._store, self.token), read)


class _OwnersToken:
    """A store to which one token is the owner's; the store checks any other."""

    def __init__(self, store: Store, token: str) -> None:
        self._store = store
        self._token = token

    def admit(self, call: Call) -> Reply | None:
        return self._store.admit(self._of_owner(call))

    def answer(self, call: Call, deadline: float | None = None) -> Reply:
        return self._store.answer(self._of_owner(call), deadline)

    def why_not_ready(self) -> str:
        return self._store.why_not_ready()

    def _of_owner(self, call: Call) -> Call:
        return call.replaced(token=None) if call.token == self._token else call


def _refusal(status: int) -> Reply:
    from clovrix_env.api import wire

    known = {known.value: known.phrase for known in HTTPStatus}
    more = {"billing_status": "restricted"} if status == HTTPStatus.PAYMENT_REQUIRED else {}
    return wire.refusal(status, known.get(status, f"error {status}"), **more)


@contextmanager
def _served(folder: Path) -> Generator[ClovrixStore, None, None]:
    """A new store in ``folder`` and its server, until the block ends."""
    from clovrix_env import Client
    from clovrix_env.store import master_key, sqlite
    from clovrix_env.store.answer import Store

    path, key = str(folder / "store.db"), master_key.generate("clovrix_store")
    sqlite.create(path, key)
    with Store.open(path, key) as opened:
        store = ClovrixStore(opened)
        server = _Server(store)
        store.url = f"http://127.0.0.1:{server.server_port}"
        runner = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        runner.start()
        try:
            with Client(store.token, store.url) as store.client:
                yield store
        finally:
            server.shutdown()
            server.cut()
            server.server_close()
            runner.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() waits for them
    request_queue_size = 128

    def __init__(self, store: ClovrixStore) -> None:
        self.store = store
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own looks up the name of this machine in DNS.
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.socket.getsockname()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        self._open.add(connection)
        return connection, peer

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """End the connections that clients of the test have left open."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # a client that is gone
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for an answer

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def _answer(self) -> None:
        from clovrix_env.server.exchange import Request

        assert isinstance(self.server, _Server)
        request = Request.of(self.command, self.path, self.headers.items())
        body = self.rfile.read(request.length or 0)
        response = self.server.store.respond(request, lambda: body)
        if response is None:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.content)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the names of http.server
