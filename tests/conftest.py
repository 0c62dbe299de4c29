"""What every test starts from: an environment without our variables, and a home of its own."""

import os
import signal
import tempfile

import pytest
from launch.launcher import Launcher
from loopback import Authority, serve
from postgres import running
from resolve.surroundings import Clovrix, Project

from clovrix_env import ClovrixConfigError, resolve_env
from clovrix_env.store import master_key
from clovrix_env.store.location import InDatabase, InFile
from clovrix_env.system import signals

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
def pytest_collection_modifyitems(items):
    """Mark what takes its time, before it is decided what is left out."""
    for item in items:
        if item.path.parent.name in _SLOW and not item.get_closest_marker("quick"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def interruptible():
    """What ends a program by hand ends it, however the tests themselves were started."""
    before = {number: signal.signal(number, usual) for number, usual in _ENDING.items()}
    yield
    signals.process_is_own = False
    for number, was in before.items():
        signal.signal(number, was)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path_factory):
    """No variable that changes what we do, and an empty HOME, which this returns."""
    for name in list(os.environ):
        if name.startswith(_OURS) or name.upper().endswith("_PROXY") or name in _ALSO:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture
def closed(monkeypatch):
    """``closed(NAME, …)``: a folder with a file that nobody can read, root included, and others."""
    user = os.geteuid()

    def made(name, *readable):
        for each in (name, *readable):
            os.close(os.open(os.path.join(folder, each), os.O_CREAT, 0 if each == name else 0o644))
        if user == 0:
            os.seteuid(65534)
        return folder

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        monkeypatch.setenv("HOME", folder)
        yield made
        os.seteuid(user)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    """A test that is a coroutine and marked ``anyio`` runs under both event loops."""
    return request.param


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certificate authority that no system trusts: ``.file``, ``.folder``, ``.context(…)``."""
    return Authority(str(tmp_path_factory.mktemp("authority")))


@pytest.fixture(scope="session")
def faulty_server():
    with serve() as running:
        yield running


@pytest.fixture
def faulty(faulty_server):
    """A server without a store: it answers by ``fault(…)`` only. Shared: nothing may hang in it."""
    faulty_server.heal()
    faulty_server.forget()
    return faulty_server


class StoreHome:
    """An embedded store of its own and its master key.

    ``store`` is open; ``url`` is its ``file:`` address, or that of a database. There is a project
    ``backend`` with the environments ``production`` and ``staging``, and ``token`` may write in all
    of it.
    """

    def __init__(self, folder, database=None):
        self.path = str(folder / "store.db")
        self.url = database or f"file:{self.path}"
        named = InDatabase.named(database, "the test") if database else InFile(self.path)
        self.location = named
        self.master_key = master_key.generate("the test")
        self.location.create(self.master_key)
        self.store = self.location.opened(self.master_key)
        self.project("backend", "production", "staging")
        self.token = self.make_token("backend")

    def save_key(self):
        """Put the master key where this process looks for it: the file's path."""
        path = master_key.path_of(os.environ) or ""
        master_key.save(self.master_key, path)
        return path

    def project(self, name, *environments):
        """Make a project and these environments of it."""
        self.store.create_project(name)
        for environment in environments:
            self.store.create_environment(name, environment)

    def make_token(self, *projects, role="write", **options):
        """A token for these projects: ``environments=``, ``role=``, ``expires_at=``."""
        return self.store.create_token(projects, role=role, **options)


@pytest.fixture
def store_home(clean_environment, tmp_path):
    """A new store, its master key in HOME: ``Client(base_url=store_home.url)`` finds both."""
    home = StoreHome(tmp_path)
    home.save_key()
    yield home
    home.store.close()


@pytest.fixture(scope="module")
def module_store(tmp_path_factory):
    """A store that the tests of one module share; each says ``module_store.save_key()`` first."""
    home = StoreHome(tmp_path_factory.mktemp("store"))
    yield home
    home.store.close()


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server, the same for all tests: ``postgres.new()`` makes a database."""
    with running() as server:
        yield server


@pytest.fixture
def loopback(store_home):
    """``store_home``'s store behind a real HTTP server."""
    with serve(store_home.store) as running:
        yield running


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder with ``.git``, which is the working directory."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return Project(folder)


@pytest.fixture
def clovrix(store_home, loopback, monkeypatch):
    """A real server that we are told to ask: ``backend`` in ``production`` and ``staging``."""
    monkeypatch.setenv("CLOVRIX_API_URL", loopback.url)
    monkeypatch.setenv("CLOVRIX_TOKEN", store_home.token)
    return Clovrix(store_home, loopback)


class Answers:
    """A client to bring: ``entries`` by project, and what it was asked."""

    def __init__(self, entries):
        self.entries = entries
        self.asked = []

    def get_entries(self, project, environment):
        self.asked.append((project, environment))
        return self.entries[project]


@pytest.fixture
def answers():
    """``client=answers(backend={"A": "1"})``: Clovrix without a server."""

    def made(**entries):
        return Answers(entries)

    return made


@pytest.fixture
def refused():
    """The problems with which ``resolve_env(…)`` refuses."""

    def ask(*arguments, **options):
        with pytest.raises(ClovrixConfigError) as caught:
            resolve_env(*arguments, **options)
        return list(caught.value.problems)

    return ask


@pytest.fixture
def launched(project, clean_environment):
    """``clovrix-exec`` as a real process in ``project``."""
    return Launcher(project.folder, clean_environment)
