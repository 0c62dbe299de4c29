"""What an error reporter sends of a program that fails while it holds an ``Environment``."""

from __future__ import annotations

import copy
import gzip
import importlib.util
import pickle
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from clovrix_env import resolve_env
from clovrix_env.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launch.launcher import Launcher
    from resolve.surroundings import Project

_VALUE = "hunter2"
_PROGRAM = """\
import logging, sys
from clovrix_env import load_env
import sentry_sdk

sentry_sdk.init(sys.argv[1])

def main():
    environment = load_env()
    logging.error("env %s", environment)
    logging.error("env %s, once more %r", environment, {"held": environment})
    return 1 / 0

try:
    main()
except ZeroDivisionError as error:
    logging.exception("failed")
    sentry_sdk.capture_exception(error)
sentry_sdk.flush()
"""


@pytest.fixture
def sink() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback that takes anything: its address, and what it was sent."""
    sent: list[str] = []

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            sent.append((gzip.decompress(body) if packed else body).decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Sink) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}", sent
        server.shutdown()


@pytest.mark.deep
@pytest.mark.skipif(importlib.util.find_spec("sentry_sdk") is None, reason="sentry-sdk")
def test_sentry_is_sent_no_value(
    project: Project, launched: Launcher, sink: tuple[str, list[str]]
) -> None:
    """sentry-python PR#7274: a mapping is sent item by item, whatever its ``repr`` hides."""
    address, sent = sink
    project.write(".env", f"API_KEY={_VALUE}\nNAME={_VALUE}-2\n")
    project.write("main.py", _PROGRAM)
    ran = launched.plain(sys.executable, "main.py", f"http://key@{address}/1")
    assert ran.returncode == 0, ran.stderr
    events = "".join(sent)
    assert "ZeroDivisionError" in events
    assert "API_KEY from .env:1" in events
    assert _VALUE not in events


def test_copies_and_pickles_show_no_value(project: Project) -> None:
    """An ``Environment`` that went to another process hides what it holds there as well."""
    project.write(".env", f"API_KEY={_VALUE}\n")
    environment = resolve_env()
    for same in (copy.copy(environment), copy.deepcopy(environment)):
        assert (dict(same), repr(same)) == (dict(environment), repr(environment))
    again = pickle.loads(pickle.dumps(environment))
    assert _VALUE not in f"{again!r}{again}{again.explain()!r}{again.__sentry_repr__()}"


def test_subclass_of_a_record_hides_what_its_base_hides() -> None:
    """Its fields are the base's and then its own, with or without any."""

    class Base(Record, hidden=("value",)):
        value: str
        other: int = 2

    class Same(Base):
        """Nothing of its own."""

    class More(Base, hidden=("third",)):
        third: str = ""

    assert repr(Same(_VALUE)) == "Same(value=<hidden>, other=2)"
    assert repr(More(_VALUE, 3, _VALUE)) == "More(value=<hidden>, other=3, third=<hidden>)"
