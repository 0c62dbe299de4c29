"""What an error reporter sends of a program that fails while it holds an ``Environment``."""

import copy
import gzip
import pickle
import sys

import pytest

from clovrix_env import resolve_env
from clovrix_env.model.record import Record

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


@pytest.mark.deep
def test_sentry_is_sent_no_value(project, launched, faulty):
    """sentry-python PR#7274: a mapping is sent item by item, whatever its ``repr`` hides."""
    pytest.importorskip("sentry_sdk")
    faulty.fault("answer", body=b"{}")
    project.write(".env", f"API_KEY={_VALUE}\nNAME={_VALUE}-2\n")
    project.write("main.py", _PROGRAM)
    ran = launched.plain(sys.executable, "main.py", f"http://key@127.0.0.1:{faulty.port}/1")
    assert ran.returncode == 0, ran.stderr
    packed = [request.headers.get("content-encoding") == "gzip" for request in faulty.requests]
    bodies = [request.body for request in faulty.requests]
    events = b"".join(gzip.decompress(b) if zipped else b for b, zipped in zip(bodies, packed))
    assert b"ZeroDivisionError" in events
    assert b"API_KEY from .env:1" in events
    assert _VALUE.encode() not in events


def test_copies_and_pickles_show_no_value(project):
    """An ``Environment`` that went to another process hides what it holds there as well."""
    project.write(".env", f"API_KEY={_VALUE}\n")
    environment = resolve_env()
    for same in (copy.copy(environment), copy.deepcopy(environment)):
        assert (dict(same), repr(same)) == (dict(environment), repr(environment))
    again = pickle.loads(pickle.dumps(environment))
    assert _VALUE not in f"{again!r}{again}{again.explain()!r}{again.__sentry_repr__()}"


def test_subclass_of_a_record_hides_what_its_base_hides():
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
