"""A launcher in a folder of its own, and what its values come from."""

from contextlib import ExitStack

import pytest
from launch.launcher import TOKEN, Launcher
from loopback import serve


@pytest.fixture
def launcher(clean_environment, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / ".env").write_text("GREETING=hello\n")
    made = Launcher(folder, clean_environment)
    yield made
    made.stop()


@pytest.fixture
def remote(launcher, faulty):
    """Clovrix, which answers by ``fault(…)`` only; ``launcher`` knows how to ask."""
    launcher.environ.update(CLOVRIX_API_URL=faulty.url, CLOVRIX_TOKEN=TOKEN)
    return faulty


@pytest.fixture
def hanging(launcher):
    """The same as a server of its own, so that it may hang."""
    with serve() as running:
        launcher.environ.update(CLOVRIX_API_URL=running.url, CLOVRIX_TOKEN=TOKEN)
        yield running


@pytest.fixture
def source(launcher, request):
    """``source("store")`` tells the launcher where values are, and returns what it has to say.

    The sources: ``files``, ``store``, ``http`` and ``https``.
    """

    def chosen(kind):
        if kind == "files":
            return ""
        home = request.getfixturevalue("store_home")
        launcher.environ["CLOVRIX_API_URL"] = home.url
        if kind != "store":
            authority = request.getfixturevalue("authority")
            tls = authority.context() if kind == "https" else None
            launcher.environ["CLOVRIX_API_URL"] = servers.enter_context(serve(home.store, tls)).url
            launcher.environ["CLOVRIX_TOKEN"] = home.token
            launcher.environ["SSL_CERT_DIR"] = authority.folder
        return "backend staging"

    with ExitStack() as servers:
        yield chosen
