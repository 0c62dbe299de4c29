"""A call when a program ends, and what a client leaves in one that goes on."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from loopback import Loopback

_ENDS = """
import atexit, sys
from clovrix_env import Client

class Keeper:
    client = Client("icr_x", sys.argv[1], timeout=30)
    def __del__(self):
        try:
            print(self.client.get_entries("backend", "production"))
        except Exception as error:
            print(f"{type(error).__name__}: {error}")

keeper = Keeper()
if sys.argv[2] == "atexit":
    atexit.register(keeper.__del__)
elif sys.argv[2] == "used before":
    keeper.__del__()
"""
_LOGS = """
import logging, sys, threading
import httpx
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
from clovrix_env import Client
for brought in (None, httpx.Client()):
    with Client("icr_x", sys.argv[1], http_client=brought) as client:
        for _ in range(20):
            client.get_entries("backend", "production")
print([type(thread).__name__ for thread in threading.enumerate()])
"""
_REFUSED = "ClovrixConnectionError: the interpreter is shutting down: nothing was sent\n"
_ANSWER = "{'KEY': 'v'}\n"


def printed(program: str, server: Loopback, *words: str) -> str:
    server.fault("answer", body=b'{"entries": {"KEY": "v"}}')
    return subprocess.run(
        [sys.executable, "-c", program, server.url, *words],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    ).stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "out"),
    [
        ("__del__", _REFUSED),
        ("used before", _ANSWER + _REFUSED),
        ("atexit", _ANSWER + _REFUSED),
    ],
)
def test_a_call_at_the_end_of_the_interpreter(faulty: Loopback, when: str, out: str) -> None:
    """Where no thread can begin any more it is refused at once; atexit is before that."""
    assert printed(_ENDS, faulty, when) == out


@pytest.mark.slow
def test_no_thread_is_left_of_logging(faulty: Loopback) -> None:
    """Threads that have logged are gone, and threading keeps no dummy of them."""
    assert printed(_LOGS, faulty) == "['_MainThread']\n"
