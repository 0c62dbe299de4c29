"""A person with a project, a server with its entries, and a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from accounts.person import Person
from condition.terminal import Terminal

from clovrix_env import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import StoreHome
    from loopback import Loopback


@pytest.fixture
def newcomer(tmp_path: Path, clean_environment: Path) -> Iterator[Person]:
    """Somebody who has a project and nothing else."""
    folder = tmp_path / "project"
    folder.mkdir()
    made = Person(folder, clean_environment)
    yield made
    made.stop()


@pytest.fixture
def person(newcomer: Person, loopback: Loopback) -> Person:
    """The same, who asks the server; there is no token yet."""
    newcomer.environ["CLOVRIX_API_URL"] = loopback.url
    return newcomer


@pytest.fixture
def writer(person: Person, store_home: StoreHome) -> Person:
    """The same with a token that may write in the whole project."""
    person.environ["CLOVRIX_TOKEN"] = store_home.token
    return person


@pytest.fixture
def clovrix(store_home: StoreHome) -> Iterator[Client]:
    """What looks into the store, and puts something there."""
    with Client(base_url=store_home.url) as client:
        yield client


@pytest.fixture
def terminal(newcomer: Person) -> Iterator[Terminal]:
    """A shell of the person's, on a terminal that echoes what is typed."""
    with Terminal(newcomer) as opened:
        opened.type("stty echo; echo echo=on")
        opened.see("echo=on\n")
        yield opened
