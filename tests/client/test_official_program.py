"""A program written for the official SDK runs on ours with the import line changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from loopback import serve

if TYPE_CHECKING:
    from loopback import Loopback

PROGRAM = Path(__file__).with_name("official_program.py")
CONFIG = {
    "API_KEY": "second",
    "FEATURE_X": "on",
    "FEATURE_Y": "off",
    "DATABASE_URL": "postgresql://db/app",
    "LOG_LEVEL": "info",
}
KEY = {
    "created": ["API_KEY", True, False],
    "entry": ["API_KEY", "second", True],
    "unset": ["NotFoundError", 404, None, True, True],
}


def run(part: str, **environ: str) -> Any:
    """What the program reports; it must not write a word to stderr, warnings included."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAM), part],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path),
            **environ,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_every_documented_call(store_home: Any, loopback: Loopback) -> None:
    """Each call, argument, form of an item and constructor argument does what is documented."""
    report = run("synchronous", CLOVRIX_TOKEN=store_home.token, CLOVRIX_API_URL=loopback.url)
    names = sorted(CONFIG)
    assert report == {
        "empty": {},
        "written": 4,
        "config": CONFIG,
        "one": "postgresql://db/app",
        "environ": "on",
        "with": names,
        "brought": names,
        "by position": names,
        **KEY,
    }
    agents = [request.headers["user-agent"] for request in loopback.requests]
    assert agents[-2:] == ["my-app/1.0", "my-app/1.0"]
    bearers = {request.headers["authorization"] for request in loopback.requests}
    assert bearers == {f"Bearer {store_home.token}"}


@pytest.mark.slow
def test_the_same_with_await(store_home: Any, loopback: Loopback) -> None:
    """``AsyncClient`` in a program of its own."""
    config = {"API_KEY": "second", "FEATURE_X": "on", "LOG_LEVEL": "info"}
    report = run("asynchronous", CLOVRIX_TOKEN=store_home.token, CLOVRIX_API_URL=loopback.url)
    assert report == {"written": 2, "config": config, "brought": sorted(config), **KEY}


@pytest.mark.slow
def test_every_documented_exception(store_home: Any, loopback: Loopback) -> None:
    """Each documented exception is raised for its cause, with its attributes, under one root."""
    with serve() as unpaid, serve() as broken:
        unpaid.fault("answer", status=402, body=b'{"error": "pay", "billing_status": "restricted"}')
        broken.fault("answer", status=501)
        report = run(
            "errors",
            CLOVRIX_TOKEN=store_home.token,
            CLOVRIX_API_URL=loopback.url,
            READER=store_home.make_token("backend", role="read"),
            UNPAID=unpaid.url,
            BROKEN=broken.url,
        )
    assert report == [
        ["ClovrixConnectionError", None, None, True, True],
        ["AuthenticationError", 401, None, True, True],
        ["ForbiddenError", 403, None, True, True],
        ["NotFoundError", 404, None, True, True],
        ["ValidationError", 422, None, True, True],
        ["BillingError", 402, "restricted", True, True],
        ["ServerError", 501, None, True, True],
        ["ClovrixConfigError", None, None, True, True],
    ]
