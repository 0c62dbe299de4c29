"""A server on a real socket, with a store of its own."""

from types import SimpleNamespace

import pytest
from postgres import running

from clovrix_env.server.app import Options
from clovrix_env.server.in_thread import serving
from clovrix_env.server.peers import Proxies
from tests.conftest import StoreHome


@pytest.fixture(params=["file", "PostgreSQL"])
def each_home(request, tmp_path):
    """A store, once in a file and once in a database."""
    url = None
    if request.param == "PostgreSQL":
        postgres = request.getfixturevalue("postgres")
        url = postgres.url(postgres.new())
    home = StoreHome(tmp_path, url)
    yield home
    home.store.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One server for the tests of a file."""
    home = StoreHome(tmp_path_factory.mktemp("served"))
    options = Options(Proxies.named(["unix"]), ("clovrix.test",), has_metrics=True)
    with serving(home.store, options) as url:
        reader = home.make_token("backend", role="read")
        yield SimpleNamespace(home=home, url=url, token=home.token, reader=reader)
    home.store.close()


@pytest.fixture
def own(tmp_path):
    """A server that the test may stop, and a store in it; its master key is in HOME."""
    with running(fsync="on") as database:
        home = StoreHome(tmp_path, database.url())
        home.save_key()
        home.database = database
        yield home
        home.store.close()
