"""A person with a project, a server with its entries, and a terminal."""

import pytest
from accounts.person import Person
from condition.terminal import Terminal

from clovrix_env import Client


@pytest.fixture
def newcomer(tmp_path, clean_environment):
    """Somebody who has a project and nothing else."""
    folder = tmp_path / "project"
    folder.mkdir()
    made = Person(folder, clean_environment)
    yield made
    made.stop()


@pytest.fixture
def person(newcomer, loopback):
    """The same, who asks the server; there is no token yet."""
    newcomer.environ["CLOVRIX_API_URL"] = loopback.url
    return newcomer


@pytest.fixture
def writer(person, store_home):
    """The same with a token that may write in the whole project."""
    person.environ["CLOVRIX_TOKEN"] = store_home.token
    return person


@pytest.fixture
def clovrix(store_home):
    """What looks into the store, and puts something there."""
    with Client(base_url=store_home.url) as client:
        yield client


@pytest.fixture
def terminal(newcomer):
    """A shell of the person's, on a terminal that echoes what is typed."""
    with Terminal(newcomer) as opened:
        opened.type("stty echo; echo echo=on")
        opened.see("echo=on\n")
        yield opened
