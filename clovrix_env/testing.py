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
import threading
from collections import deque
from contextlib import contextmanager
from http import HTTPStatus

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from pathlib import Path

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
    folder = tmp_path_factory.mktemp("clovrix")
    with _served(folder) as store:
        _use(monkeypatch, store.url, folder)
        monkeypatch.setenv("CLOVRIX_TOKEN", store.token)
        yield store


def _use(monkeypatch: pytest.MonkeyPatch, url: str, folder: Path) -> None:
    """Set the address for a test, and unset what would keep a program from it."""
    from clovrix_env.auth.clean_environ import clean_process
    from clovrix_env.model.names import MARKER
    from clovrix_env.system.process import of_functions

    for name in {*os.environ} - {*clean_process(of_functions()).environ}:
        monkeypatch.delenv(name)
    for name in (*_IN_THE_WAY, MARKER):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("clovrix_env.load.remembered", None)
    monkeypatch.setenv("CLOVRIX_API_URL", url)
    monkeypatch.setenv("CLOVRIX_CACHE_DIR", str(folder / "cache"))


@pytest.fixture(scope="session")
def _clovrix_serve() -> Generator[tuple[str, _Current], None, None]:
    pytest.importorskip("uvicorn", reason="clovrix_server needs pip install 'clovrix-env[server]'")
    from clovrix_env.server.in_thread import serving

    current = _Current()
    with serving(current) as url:
        yield url, current


@pytest.fixture
def clovrix_server(
    _clovrix_serve: tuple[str, _Current],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[ClovrixServer, None, None]:
    """The server of ``clovrix-env serve``, with an empty store for one test.

    One server runs for all tests of a process. It needs the extra ``server``; a test is skipped
    without it. Requests need a token of the store: create one, and set ``CLOVRIX_TOKEN`` to it.
    """
    url, current = _clovrix_serve
    folder = tmp_path_factory.mktemp("clovrix")
    with _new_store(folder) as store:
        current.store = store
        _use(monkeypatch, url, folder)
        monkeypatch.delenv("CLOVRIX_TOKEN", raising=False)
        yield ClovrixServer(store, url)


class ClovrixServer:
    """The server of one test, at ``url``.

    Example:
        >>> def test_reader(clovrix_server, monkeypatch):
        ...     clovrix_server.set("backend", "test", {"GREETING": "hello"})
        ...     monkeypatch.setenv("CLOVRIX_TOKEN", clovrix_server.create_token("backend"))
        ...     assert load_env("backend", "test")["GREETING"] == "hello"
    """

    def __init__(self, store: Store, url: str) -> None:
        self._store = store
        self.url = url

    def set(self, project: str, environment: str, values: Mapping[str, str]) -> None:
        """Write entries without a request, as ``ClovrixStore.set`` does."""
        _write(self._store, project, environment, values)

    def create_token(
        self, *projects: str, environments: Iterable[str] = (), role: str = "read"
    ) -> str:
        """Create a token for existing projects.

        Args:
            projects: The names of the projects.
            environments: The names of their environments (default: all).
            role: ``read`` or ``write``.

        Returns:
            The token.

        Raises:
            ClovrixConfigError: A project or environment does not exist.
        """
        return self._store.create_token(projects, environments, role=role)

    def revoke_token(self, token: str) -> None:
        """Revoke a token, from the next request on."""
        self._store.revoke_token(token)


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
        self._answers = _Current()
        self._answers.store = store
        self._faults: deque[int] = deque()
        self._lock = threading.Lock()
        self.url = ""
        self.token: str = f"icr_{secrets.token_hex(24)}"
        self._answers.owners_token = self.token

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
        _write(self._store, project, environment, values)

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
        return exchange.respond(request, self._answers, read)


class _Current:
    """The store of the running test, as its server calls it. One token can be the owner's."""

    store: Store
    owners_token = ""
    is_file = True

    def admit(self, call: Call) -> Reply | None:
        return self.store.admit(self._of_owner(call))

    def answer(self, call: Call, deadline: float | None = None) -> Reply:
        return self.store.answer(self._of_owner(call), deadline)

    def answer_together(
        self, calls: Sequence[Call], deadline: float | None = None
    ) -> list[Reply | Exception]:
        return self.store.answer_together(list(map(self._of_owner, calls)), deadline)

    def why_not_ready(self) -> str:
        return self.store.why_not_ready()

    def _of_owner(self, call: Call) -> Call:
        return call.replaced(token=None) if call.token == self.owners_token else call


def _write(store: Store, project: str, environment: str, values: Mapping[str, str]) -> None:
    from clovrix_env.api import limits, operations

    store.create_project(project)
    store.create_environment(project, environment)
    scope = operations.checked_place(project, environment)
    items = [{"key": key, "value": value} for key, value in values.items()]
    for start in range(0, len(items), limits.BULK_ITEMS):
        call = operations.set_entries(scope, items[start : start + limits.BULK_ITEMS])
        operations.written(store.answer(call))


def _refusal(status: int) -> Reply:
    from clovrix_env.api import wire

    known = {known.value: known.phrase for known in HTTPStatus}
    more = {"billing_status": "restricted"} if status == HTTPStatus.PAYMENT_REQUIRED else {}
    return wire.refusal(status, known.get(status, f"error {status}"), **more)


@contextmanager
def _served(folder: Path) -> Generator[ClovrixStore, None, None]:
    """A new store in ``folder`` and its server, until the block ends."""
    from clovrix_env import Client
    from clovrix_env.server import stdlib

    with _new_store(folder) as opened:
        store = ClovrixStore(opened)
        with stdlib.serving(store.respond) as url, Client(store.token, url) as store.client:
            store.url = url
            yield store


@contextmanager
def _new_store(folder: Path) -> Generator[Store, None, None]:
    from clovrix_env.store import master_key, sqlite
    from clovrix_env.store.answer import Store

    path, key = str(folder / "store.db"), master_key.generate("clovrix_env.testing")
    sqlite.create(path, key)
    with Store.open(path, key) as opened:
        yield opened
