"""What every test starts from: an environment without our variables, and a home of its own."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from launch.launcher import Launcher
from loopback import Authority, Loopback, serve
from resolve.surroundings import Clovrix, Project

from clovrix_env import ClovrixConfigError, resolve_env
from clovrix_env.store import master_key, sqlite
from clovrix_env.store.answer import Store
from clovrix_env.system import signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_OURS = ("CLOVRIX_", "__CLOVRIX_", "SSL_CERT_", "XDG_")
_ALSO = ("CREDENTIALS_DIRECTORY", "CI")
# What a shell or nohup sets to be ignored for a test run that is a background job.
_ENDING = {
    signal.SIGHUP: signal.SIG_DFL,
    signal.SIGINT: signal.default_int_handler,
    signal.SIGQUIT: signal.SIG_DFL,
}
# Whole folders that the quick loop leaves out, but for what is marked quick; .ci/run does not.
_SLOW = (
    *("accounts", "condition", "examples", "field", "fire", "guard"),
    *("hook", "projects", "screens", "transfer"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes its time, before it is decided what is left out."""
    for item in items:
        if item.path.parent.name in _SLOW and not item.get_closest_marker("quick"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """What ends a program by hand ends it, however the tests themselves were started.

    A command that a test runs in this process does not make it a command's own.
    """
    before = {number: signal.signal(number, usual) for number, usual in _ENDING.items()}
    yield
    signals.process_is_own = False
    for number, was in before.items():
        signal.signal(number, was)


@pytest.fixture(autouse=True)
def clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """No variable that changes what we do, and an empty HOME, which this returns."""
    for name in list(os.environ):
        if name.startswith(_OURS) or name.upper().endswith("_PROXY") or name in _ALSO:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """A test that is a coroutine and marked ``anyio`` runs under both event loops."""
    return request.param


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that no system trusts: ``.file``, ``.folder``, ``.context(…)``."""
    return Authority(str(tmp_path_factory.mktemp("authority")))


@pytest.fixture(scope="session")
def faulty_server() -> Iterator[Loopback]:
    with serve() as running:
        yield running


@pytest.fixture
def faulty(faulty_server: Loopback) -> Loopback:
    """A server without a store: it answers by ``fault(…)`` only. Shared: nothing may hang in it."""
    faulty_server.heal()
    faulty_server.forget()
    return faulty_server


class StoreHome:
    """An embedded store of its own and its master key.

    ``store`` is open; ``url`` is its ``file:`` address. There is a project ``backend`` with the
    environments ``production`` and ``staging``, and ``token`` may write in all of it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "store.db")
        self.url = f"file:{self.path}"
        self.master_key = master_key.generate("the test")
        sqlite.create(self.path, self.master_key)
        self.store = Store.open(self.path, self.master_key)
        self.project("backend", "production", "staging")
        self.token = self.make_token("backend")

    def save_key(self) -> str:
        """Put the master key where this process looks for it: the file's path."""
        path = master_key.path_of(os.environ) or ""
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        master_key.save(self.master_key, path)
        return path

    def project(self, name: str, *environments: str) -> None:
        """Make a project and these environments of it."""
        self.store.create_project(name)
        for environment in environments:
            self.store.create_environment(name, environment)

    def make_token(self, *projects: str, role: str = "write", **options: Any) -> str:
        """A token for these projects: ``environments=``, ``role=``, ``expires_at=``."""
        return self.store.create_token(projects, role=role, **options)


@pytest.fixture
def store_home(clean_environment: Path, tmp_path: Path) -> Iterator[StoreHome]:
    """A new store, its master key in HOME: ``Client(base_url=store_home.url)`` finds both."""
    home = StoreHome(tmp_path)
    home.save_key()
    yield home
    home.store.close()


@pytest.fixture(scope="module")
def module_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreHome]:
    """A store that the tests of one module share; each says ``module_store.save_key()`` first."""
    home = StoreHome(tmp_path_factory.mktemp("store"))
    yield home
    home.store.close()


@pytest.fixture
def loopback(store_home: StoreHome) -> Iterator[Loopback]:
    """``store_home``'s store behind a real HTTP server."""
    with serve(store_home.store) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty folder with ``.git``, which is the working directory."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return Project(folder)


@pytest.fixture
def clovrix(store_home: StoreHome, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Clovrix:
    """A real server that we are told to ask: ``backend`` in ``production`` and ``staging``."""
    monkeypatch.setenv("CLOVRIX_API_URL", loopback.url)
    monkeypatch.setenv("CLOVRIX_TOKEN", store_home.token)
    return Clovrix(store_home, loopback)


class Answers:
    """A client to bring: ``entries`` by project, and what it was asked."""

    def __init__(self, entries: Mapping[str, dict[str, str]]) -> None:
        self.entries = entries
        self.asked: list[tuple[str, str]] = []

    def get_entries(self, project: str, environment: str) -> dict[str, str]:
        self.asked.append((project, environment))
        return self.entries[project]


@pytest.fixture
def answers() -> Callable[..., Any]:
    """``client=answers(backend={"A": "1"})``: Clovrix without a server."""

    def made(**entries: dict[str, str]) -> Answers:
        return Answers(entries)

    return made


@pytest.fixture
def refused() -> Callable[..., list[str]]:
    """The problems with which ``resolve_env(…)`` refuses."""

    def ask(*arguments: Any, **options: Any) -> list[str]:
        with pytest.raises(ClovrixConfigError) as caught:
            resolve_env(*arguments, **options)
        return list(caught.value.problems)

    return ask


@pytest.fixture
def launched(project: Project, clean_environment: Path) -> Launcher:
    """``clovrix-exec`` as a real process in ``project``."""
    return Launcher(project.folder, clean_environment)
