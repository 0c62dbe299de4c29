"""In a hostile place a stranger is sent nothing, one sentence says why, no secret is shown."""

import os
import sys

import pytest
from hostile.places import ASKED, FAILED, GROUPS, PLACES, REFUSED, Place
from launch.launcher import Launcher

STARTS = ["clovrix-exec", "a program that loads"]
# One of each end for the quick loop.
QUICK = (".clovrix: api_url", ".env: CLOVRIX_API_URL={stranger}\n", ".env: HTTPS_PROXY")


def _rows():
    return [
        pytest.param(
            place, id=ascii(place.what), marks=[] if place.what in QUICK else pytest.mark.slow
        )
        for place in PLACES
    ]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("place", _rows())
def test_nothing_goes_to_a_stranger(user, place, start):
    """By the launcher and by a program: what was sent, what was told, and what was shown."""
    if place.needs_root and os.geteuid() != 0:
        pytest.skip("gives files to another user")
    user.enter(place)
    before = user.stranger.connections
    outcome = user.start(start)
    assert user.stranger.connections == before
    assert all(str(user.honest.port) in line for line in user.watched), user.watched
    shown = outcome.stdout + "\n".join(outcome.lines)
    assert user.secrets["token"] not in shown
    assert "hunter2" not in shown
    if start == "clovrix-exec":  # what an exception holds is its caller's to print
        assert all(line.isprintable() for line in outcome.lines), outcome.lines
    if place.ends == ASKED:
        _asked(user, place, outcome)
    else:  # perhaps with one more about the same line, and the remedy, where there is one
        assert outcome.status == 125, shown
        assert 1 <= len(outcome.lines) <= 3, outcome.lines
        assert place.told in outcome.lines[0]
        assert (user.watched != []) == (place.ends == FAILED)
        assert place.ends == FAILED or user.honest.requests == []


def _asked(user, place, outcome):
    assert outcome.status == 0, outcome.lines
    printed = outcome.stdout.split("\n")
    assert "GREETING=hello" in printed
    assert "PLANTED=1" not in printed
    assert len(outcome.lines) == (1 if place.told else 0), outcome.lines
    assert place.told in "".join(outcome.lines)
    bearers = [request.headers["authorization"] for request in user.honest.requests]
    assert bearers == [f"Bearer {user.token}"] * max(1, len(place.paths))
    if place.paths:
        assert sorted(request.path for request in user.honest.requests) == sorted(place.paths)


def test_number_of_places():
    """Forty and more, each once, and of each end; those of the quick loop are there."""
    names = [place.what for place in PLACES]
    assert len(set(names)) == len(names) >= 40
    assert {place.ends for place in PLACES} == {REFUSED, FAILED, ASKED}
    assert set(QUICK) <= set(names)
    assert all(GROUPS.values())


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    "environ",
    [{"CLOVRIX_API_URL": "{stranger}"},
     {"HTTPS_PROXY": "{stranger}", "CLOVRIX_API_URL": "https://a.b"}],
)  # fmt: skip
def test_who_names_the_stranger_asks_the_stranger(user, start, environ):
    """The watch is awake: by address or proxy of the process environment, the stranger is asked."""
    user.enter(Place("", ASKED, environ=environ))
    before = user.stranger.connections
    user.start(start)
    assert user.stranger.connections > before
    assert str(user.stranger.port) in "".join(user.watched)


_OTHER = 'import clovrix_env as c\nc.load_env()\nprint(list(c.resolve_env(files=["other"])))'
_CONFIGURED = {
    ".env": "XDG_CONFIG_HOME={planted}\n",
    "../planted/clovrix-env/config.toml": 'allow = ["LD_PRELOAD"]\n',
    "other": "LD_PRELOAD=hunter2\n",
}


@pytest.mark.slow
def test_configuration_that_a_file_names_allows_nothing(user):
    """A ``config.toml`` in a folder that a file called XDG_CONFIG_HOME is not the user's word."""
    user.enter(Place("", ASKED, files=_CONFIGURED, environ={"CLOVRIX_ALLOW": "XDG_CONFIG_HOME"}))
    outcome = user.run(sys.executable, "-c", _OTHER)
    assert outcome.status == 1
    assert "LD_PRELOAD is refused: it makes programs load a library" in str(outcome.texts)


# A token of a file reads through an entry point, and does nothing else.

_OF_A_FILE = Place("", ASKED, files={".env": "CLOVRIX_TOKEN=icr_hunter2\n"},
                   environ={"CLOVRIX_TOKEN": None})  # fmt: skip
_CLIENTS = """\
import os
from clovrix_env import AsyncClient, Client, ClovrixConfigError, load_env
load_env("backend", "staging")
assert not [name for name in os.environ if name.startswith("CLOVRIX_TOKEN")]
for make in (Client, AsyncClient):
    try:
        make()
    except ClovrixConfigError as error:
        print(error.problems[0])
"""


@pytest.mark.slow
@pytest.mark.parametrize("command", ["load_env", "clovrix-exec", "clovrix-exec --pass-token"])
def test_token_of_a_file_only_reads(user, command):
    """``Client()``, which could write, has no token after that; nor has the program below."""
    user.enter(_OF_A_FILE)
    by_launcher = Launcher.argv(*command.split()[1:], "backend", "staging", "--", "env")
    outcome = user.run(*([sys.executable, "-c", _CLIENTS] if "load" in command else by_launcher))
    assert outcome.status == 0, outcome.lines
    expected, times = ("no token for ", 2) if "load" in command else ("GREETING=hello\n", 1)
    assert outcome.stdout.count(expected) == times
    assert "hunter2" not in str(outcome.texts)
    [request] = user.honest.requests
    assert (request.method, request.body) == ("GET", b"")
    assert request.headers["authorization"] == "Bearer icr_hunter2"
