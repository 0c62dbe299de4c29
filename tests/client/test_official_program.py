"""A program written for the official SDK runs on ours with the import line changed."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("official_program.py")
CONFIG = {
    "API_KEY": "second",
    "FEATURE_X": "on",
    "FEATURE_Y": "off",
    "DATABASE_URL": "postgresql://db/app",
    "LOG_LEVEL": "info",
}


def test_every_documented_call(store_home, loopback):
    """Each call, argument and form of an item does what is documented, without a warning."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(PROGRAM)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path or "." for path in sys.path),
            "CLOVRIX_TOKEN": store_home.token,
            "CLOVRIX_API_URL": loopback.url,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    names = sorted(CONFIG)
    assert json.loads(done.stdout) == {
        "empty": {},
        "created": ["API_KEY", True, False],
        "written": 4,
        "entry": ["API_KEY", "second", True],
        "config": CONFIG,
        "one": "postgresql://db/app",
        "environ": "on",
        "unset": [404, True, True],
        "with": names,
        "brought": names,
        "by position": names,
    }
    agents = [request.headers["user-agent"] for request in loopback.requests]
    assert agents[-2:] == ["my-app/1.0", "my-app/1.0"]
    bearers = {request.headers["authorization"] for request in loopback.requests}
    assert bearers == {f"Bearer {store_home.token}"}
