"""A server on a real socket, with a store of its own."""

import pytest

from clovrix_env.server.app import Options
from clovrix_env.server.in_thread import serving
from clovrix_env.server.peers import Proxies
from tests.conftest import StoreHome


class Served:
    """``home`` has the store, ``url`` is its server's address."""

    def __init__(self, home, url):
        self.home = home
        self.url = url
        self.token = home.token
        self.reader = home.make_token("backend", role="read")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One server for the tests of a file."""
    home = StoreHome(tmp_path_factory.mktemp("served"))
    options = Options(Proxies.named(["unix"]), ("clovrix.test",), has_metrics=True)
    with serving(home.store, options) as url:
        yield Served(home, url)
    home.store.close()
