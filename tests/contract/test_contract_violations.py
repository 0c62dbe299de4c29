"""Twelve violations of twelve kinds: told at once by every door, and nothing is applied."""

import os

import pytest
from launch.launcher import refusal

from clovrix_env import ClovrixConfigError, load_env, resolve_env
from clovrix_env.contract.contract import LINK_REMEDY, REMEDY

_SECRET = "hunter2"
_CLOVRIX_FILE = """\
project = "backend"
default_environment = "production"

[select]
exclude = ["LEGACY_*"]

[files]
ignored_in = []

[variables]
DATABASE_URL = {required = true, type = "url", description = "Primary database"}
SENTRY_DSN = {required_in = ["production"], example = "https://key@sentry.example/1"}
API_KEY = {required = true, description = "Key of the payment provider"}
LEGACY_NAME = {required = true}
WORKERS = {type = "int"}
DEBUG = {type = "bool", example = false}
CACHE_URL = {type = "url"}
LEVEL = {type = "enum", choices = ["debug", "info"]}
REGION = {pattern = "[a-z]{2}-[a-z]+"}
POOL = {type = "int", min = 5}
TTL = {type = "duration", max = "1h", description = "How long an answer is kept"}
REDIS_PORT = {type = "port", default = 6379}
"""
_DOTENV = "API_KEY=\nWORKERS=hunter2\nREGION=hunter2\n"
_REMOTE = {"LEGACY_NAME": _SECRET, "CACHE_URL": _SECRET, "LEVEL": _SECRET, "TTL": "7h"}
_PROCESS = {
    "DEBUG": _SECRET,
    "POOL": "4",
    "REDIS_SERVICE_HOST": "10.0.0.1",
    "REDIS_PORT": f"tcp://{_SECRET}:6379",
}
_TOLD = [
    "DATABASE_URL is required and not set (declared in .clovrix:11); "
    "expected a URL with scheme://: Primary database",
    "SENTRY_DSN is required and not set (declared in .clovrix:12); "
    "expected text, such as https://key@sentry.example/1",
    "LEGACY_NAME is required and not set (left out: exclude LEGACY_*; declared in .clovrix:14); "
    "expected text",
    "API_KEY is required and empty (.env:1); expected text: Key of the payment provider",
    "WORKERS is not a valid int (.env:2); expected a whole number",
    "REGION does not match its pattern (.env:3); expected text that matches [a-z]{2}-[a-z]+",
    "DEBUG is not a valid bool (process environment); expected true or false, such as false",
    "CACHE_URL is not a valid url (backend/production on Clovrix); expected a URL with scheme://",
    "LEVEL is not one of its choices (backend/production on Clovrix); expected one of debug, info",
    "POOL is below its minimum (process environment); expected a whole number, at least 5",
    "TTL is above its maximum (backend/production on Clovrix); expected a duration such as 90s, "
    "5m, 1h30m or 24h (not 1d), at most 1h: How long an answer is kept",
    "REDIS_PORT is not a valid port (process environment, a Kubernetes service link); "
    "expected a port, 1 to 65535",
]


@pytest.fixture(autouse=True)
def violations(project, clovrix):
    project.declare(_CLOVRIX_FILE)
    project.write(".env", _DOTENV)
    clovrix.put("backend", "production", **_REMOTE)


@pytest.fixture
def remote(launched, clovrix):
    launched.environ.update(
        _PROCESS, CLOVRIX_API_URL=clovrix.loopback.url, CLOVRIX_TOKEN=clovrix.home.token
    )
    return launched


def test_launcher_tells_all_and_starts_nothing(remote, project):
    """Twelve lines and the remedy's, status 125, and no value in any of them."""
    result = remote("--", "touch", "started")
    assert refusal(result) == [*_TOLD[:-1], REMEDY, _TOLD[-1], LINK_REMEDY]
    assert _SECRET.encode() not in result.stderr
    assert not (project.folder / "started").exists()


@pytest.mark.parametrize("door", [load_env, resolve_env])
def test_functions_raise_one_error_with_all(door, monkeypatch):
    """Nothing is applied, not even what is right; the values are nowhere in the exception."""
    for name, value in _PROCESS.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with pytest.raises(ClovrixConfigError) as caught:
        door()
    assert list(caught.value.problems) == _TOLD
    assert _SECRET not in f"{caught.value}{caught.value!r}{caught.value.args}"
    assert dict(os.environ) == before
