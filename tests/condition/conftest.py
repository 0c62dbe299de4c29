"""A launcher, and Clovrix in each of the three ways that it answers."""

import pytest
from condition.container import Container
from condition.terminal import Terminal
from launch.conftest import hanging, launcher
from launch.launcher import TOKEN
from loopback import serve

from clovrix_env import Client

__all__ = ["hanging", "launcher"]

ANSWER = b'{"entries": {"SOURCE": "clovrix"}}'
SOURCES = ["http", "https", "store"]


@pytest.fixture
def source(request, launcher):
    """Where SOURCE=clovrix comes from: by indirect parameter one of ``SOURCES``, or HTTP."""
    kind = getattr(request, "param", "http")
    if kind == "store":
        home = request.getfixturevalue("store_home")
        with Client(base_url=home.url) as client:
            client.set_entries("backend", "staging", [{"key": "SOURCE", "value": "clovrix"}])
        launcher.environ.update(CLOVRIX_API_URL=home.url, CLOVRIX_MASTER_KEY=home.master_key.line())
        yield kind
        return
    authority = request.getfixturevalue("authority") if kind == "https" else None
    with serve(tls=authority and authority.context()) as running:
        running.fault("answer", body=ANSWER)
        launcher.environ.update(CLOVRIX_API_URL=running.url, CLOVRIX_TOKEN=TOKEN)
        if authority:
            launcher.environ["SSL_CERT_DIR"] = authority.folder
        yield kind


@pytest.fixture
def container(launcher):
    """Where a start is PID 1; a test that starts in it is skipped where none can be made."""
    return Container(launcher)


@pytest.fixture
def terminal(launcher):
    """An interactive shell on a terminal, in the launcher's folder."""
    with Terminal(launcher) as opened:
        yield opened
