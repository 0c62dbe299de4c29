"""A person at a terminal 80 or 40 columns wide, and the screens that are expected there.

They lie in ``expected/NAME-COLUMNS.txt``. What differs from run to run is masked, in as many
columns. To write them anew, and to look at what has changed:

    WRITE_SCREENS=1 pytest tests/screens -m "slow or not slow"; git diff tests/screens
"""

import os
import re
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from accounts.person import Person
from screens.screen import Screen

from clovrix_env import Client

_EXPECTED = Path(__file__).parent / "expected"
_WRITES = "WRITE_SCREENS"
# What a machine has installed: one line for each, however long it is there.
_INSTALLED = ("python", "clovrix-env", "packages", "SQLite", "OpenSSL")
_MASKS = (
    (r"/tmp/s-[a-z0-9_]{8}", "/tmp/s-########"),
    (r"127\.0\.0\.1:\d{5}", "127.0.0.1:#####"),
    (r"\d+\.\d ms", "# ms"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "####-##-## ##:##:##"),
    (r"\d s (ahead of|behind)", "# s off"),
    # A mark before a name, and what follows up to the next mark.
    (rf"(?m)^([✓✗] (?:{'|'.join(_INSTALLED)})\b) *.*\n(?:  .*\n)*", r"\1 …\n"),
)


@pytest.fixture(params=[80, 40])
def columns(request):
    return request.param


@pytest.fixture
def person(store_home, loopback):
    """Somebody with a project of some entries; his folder's path is as long on every machine."""
    folder = Path(tempfile.mkdtemp(prefix="s-", dir="/tmp"))
    made = Person(folder, folder / "home")
    made.write(".clovrix", _PROJECT)
    made.environ["CLOVRIX_API_URL"] = loopback.url
    made.environ["CLOVRIX_TOKEN"] = store_home.token
    store_home.project("backend", "empty", "PREVIEW", "an-environment-with-a-rather-long-name")
    with Client(base_url=store_home.url) as client:
        client.set_entries("backend", "staging", [_item(*pair) for pair in _STAGING.items()])
        client.delete_entry("backend", "staging", "LOG_LEVEL")
        client.set_entry("backend", "staging", "LOG_LEVEL", "info")
        client.restore_entry("backend", "staging", "LOG_LEVEL", 1)
        client.set_entries("backend", "production", [_item(*pair) for pair in _PRODUCTION.items()])
    yield made
    made.stop()
    shutil.rmtree(folder)


@pytest.fixture
def opened(person, columns):
    """``with opened("list") as screen`` runs a command on a terminal."""

    def run(*words, **environ):
        return Screen(person, columns, *words, **environ)

    return run


@pytest.fixture
def expect(columns):
    """``expect(name, text)``: the screen is as the file of that name has it."""

    def check(name, text):
        masked = text
        for pattern, instead in _MASKS:
            masked = re.sub(pattern, instead, masked)
        assert all(len(line) <= columns for line in text.splitlines())
        file = _EXPECTED / f"{name}-{columns}.txt"
        if os.environ.get(_WRITES):
            file.write_text(masked, encoding="utf-8")
        assert masked == file.read_text(encoding="utf-8")

    return check


@pytest.fixture
def interrupted(person, expect):
    """``interrupted(screen, name, lines)``: Ctrl-C ends it cleanly, with these last lines."""

    def check(screen, name, lines=0, seconds=15):
        before = _files(person)
        screen.press("\x03")
        assert screen.status(seconds) == -signal.SIGINT, screen.text
        assert "Traceback" not in screen.text
        assert _files(person) <= before
        expect(name, screen.last(lines))

    return check


def _files(person):
    folders = (person.folder, person.home)
    return {str(path) for folder in folders for path in folder.rglob("*") if path.is_file()}


def _item(key, value):
    return {"key": key, "value": value, "is_secret": key != "LOG_LEVEL"}


_PROJECT = """\
project = "backend"
default_environment = "staging"

[variables.DATABASE_URL]
type = "url"
required = true
description = "Where the orders are kept, and nothing else"

[variables.LOG_LEVEL]
secret = false
default = "info"

[variables.A_RATHER_LONG_NAME_OF_A_VARIABLE_THAT_IS_DECLARED]
required_in = ["production"]
"""
_STAGING = {
    "DATABASE_URL": "postgres://staging.example.com/orders",
    "LOG_LEVEL": "debug",
    "A_NAME_THAT_IS_LONGER_THAN_MOST_OF_THE_OTHER_NAMES": "1",
}
_PRODUCTION = {
    "DATABASE_URL": "postgres://production.example.com/orders",
    "LOG_LEVEL": "debug",
    "MESSAGE": "red \x1b[31m\nsecond line",
}
