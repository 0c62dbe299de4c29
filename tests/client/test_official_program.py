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


@pytest.mark.parametrize("part", ["synchronous", "asynchronous"])
def test_every_documented_call(store_home: Any, loopback: Loopback, part: str) -> None:
    """Each call, argument, form of an item and constructor argument does what is documented."""
    report = run(part, CLOVRIX_TOKEN=store_home.token, CLOVRIX_API_URL=loopback.url)
    names = sorted(CONFIG)
    assert report == {
        "empty": {},
        "created": ["API_KEY", True, False],
        "written": 4,
        "entry": ["API_KEY", "second", True],
        "config": CONFIG,
        "one": "postgresql://db/app",
        "environ": "on",
        "unset": ["NotFoundError", 404, None, True, True],
        "with": names,
        "brought": names,
        "by position": names,
    }
    agents = [request.headers["user-agent"] for request in loopback.requests]
    assert agents[-2:] == ["my-app/1.0", "my-app/1.0"]
    assert {request.headers["authorization"] for request in loopback.requests} == {
        f"Bearer {store_home.token}"
    }


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
