"""A program written for the official SDK runs on ours with the import line changed."""

import os

import httpx
import pytest

from clovrix_env import Client, ClovrixError, NotFoundError, WriteItem

AT = ("backend", "production")
CONFIG = {
    "API_KEY": "second",
    "FEATURE_X": "on",
    "FEATURE_Y": "off",
    "DATABASE_URL": "postgresql://db/app",
    "LOG_LEVEL": "info",
}


def test_every_documented_call(store_home, loopback, monkeypatch):
    """Each call, argument and form of an item does what the official documentation shows."""
    token, host = store_home.token, loopback.url
    monkeypatch.setattr(os, "environ", {"CLOVRIX_TOKEN": token, "CLOVRIX_API_URL": host})
    clovrix = Client()
    assert clovrix.get_entries("backend", "production") == {}
    first = clovrix.set_entry("backend", "production", "API_KEY", "first", is_secret=True)
    again = clovrix.set_entry("backend", "production", "API_KEY", "second")
    assert [first.key, first.created, again.created] == ["API_KEY", True, False]
    items = [
        WriteItem(key="FEATURE_X", value="on"),
        WriteItem("FEATURE_Y", "off", True),
        {"key": "DATABASE_URL", "value": "postgresql://db/app", "is_secret": True},
        {"key": "LOG_LEVEL", "value": "info"},
    ]
    assert clovrix.set_entries("backend", "production", items) == 4
    entry = clovrix.get_entry("backend", "production", "API_KEY")
    assert [entry.key, entry.value, entry.is_secret] == ["API_KEY", "second", True]
    config = clovrix.get_entries("backend", "production")
    assert config == CONFIG
    os.environ.update(config)
    assert os.environ["DATABASE_URL"] == config["DATABASE_URL"]
    with pytest.raises(NotFoundError) as caught:
        clovrix.get_entry("backend", "production", "MAYBE")
    assert caught.value.status_code == 404
    assert isinstance(caught.value, ClovrixError)
    clovrix.close()
    with Client() as clovrix:
        assert clovrix.get_entries(*AT) == CONFIG
    with httpx.Client() as mine:
        named = {"timeout": 30.0, "user_agent": "my-app/1.0", "http_client": mine}
        assert Client(token=token, base_url=host, **named).get_entries(*AT) == CONFIG
    with Client(token, host, 5, "my-app/1.0", None) as clovrix:
        assert clovrix.get_entries(*AT) == CONFIG
    agents = [request.headers["user-agent"] for request in loopback.requests]
    assert agents[-2:] == ["my-app/1.0", "my-app/1.0"]
