"""A 429 or 503 with ``Retry-After`` binds later starts; other failures do for two seconds."""

import json
import os
import re
import subprocess
import time

import pytest
from cache.starts import SECRET, outcome

from clovrix_env import ClovrixAPIError, ClovrixConnectionError, ServerError, resolve_env

pytestmark = pytest.mark.slow
LATER = "try again; --no-remote starts without Clovrix"


def refuse(starts, status=429, seconds="60", **options):
    starts.server.fault("answer", status=status, headers={"Retry-After": seconds}, **options)


def refused(starts):
    """The file that remembers."""
    (name,) = starts.names(".refused")
    return starts.folder / name


def an_hour_later(starts):
    """What is remembered was so an hour ago."""
    found = json.loads(refused(starts).read_bytes())
    hour = 3600 * 10**9
    found.update(at=found["at"] - hour, until=found["until"] - hour)
    refused(starts).write_text(json.dumps(found))


@pytest.fixture
def uncached(starts):
    """Without cached values: the refusal is remembered all the same."""
    starts.allow()
    return starts


@pytest.mark.parametrize("status", [429, 503])
def test_it_binds_later_starts(uncached, status):
    """They ask nobody, and say until when and how to ask all the same."""
    refuse(uncached, status)
    said = f"backend/staging: HTTP {status}" + f" from {uncached.server.url}" * (status == 503)
    assert outcome(uncached()) == (125, "", [said, LATER])
    asked = uncached.requests
    expected = rf"backend/staging: HTTP {status}; no new request before "
    expected += r"\d\d:\d\d:\d\d; --no-backoff sends a request now"
    for _ in range(2):
        code, _, (line, remedy) = outcome(uncached())
        assert (code, remedy) == (125, LATER)
        assert re.fullmatch(expected, line), line
    assert uncached.requests == asked == 1


@pytest.mark.parametrize("options", [(), ("--no-backoff",)])
def test_until_then_and_no_longer(uncached, options):
    """After the time that was asked for, or when told to, it asks, and nothing is remembered."""
    refuse(uncached, times=1)
    assert outcome(uncached("--timeout", "1"))[0] == 125
    assert outcome(uncached())[0] == 125
    if not options:
        an_hour_later(uncached)
    assert outcome(uncached(*options)) == (0, SECRET, [])
    assert outcome(uncached()) == (0, SECRET, [])
    assert uncached.names(".refused") == []


def test_it_is_answered_by_cached_values(starts):
    """Where they are usable, nobody is asked and the start goes on."""
    starts.fill()
    starts.age(60)
    refuse(starts)
    for _ in range(3):
        status, printed, (line,) = outcome(starts())
        assert (status, printed) == (0, SECRET)
        assert "Clovrix cannot answer (HTTP 429" in line
    assert starts.requests == 2


# A date is counted from the answer's own.
DATES = {"Date": "Wed, 21 Oct 2015 07:28:00 GMT", "Retry-After": "Wed, 21 Oct 2015 07:30:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "100"}, 100), ({"Retry-After": "86400"}, 900), (DATES, 120)],
)
def test_at_most_a_quarter_of_an_hour(uncached, headers, seconds):
    """A server's mistake must not stop a program for a day."""
    uncached.server.fault("answer", status=503, headers=headers)
    uncached()
    found = json.loads(refused(uncached).read_bytes())
    assert found["until"] - found["at"] == seconds * 10**9
    assert abs(found["at"] / 1e9 - time.time()) < 30


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Retry-After": "soon"}])
def test_without_a_time_nothing_is_remembered(uncached, headers):
    """Without cached values a failure binds nobody."""
    uncached.server.fault("answer", status=429, headers=headers)
    uncached("--timeout", "0.2")
    before = uncached.requests
    uncached("--timeout", "0.2")
    assert uncached.requests > before


def test_another_token_or_address_is_not_bound(uncached):
    """A changed token asks at once, and so does another service."""
    refuse(uncached, times=1)
    assert uncached().returncode == 125
    token = uncached.environ["CLOVRIX_TOKEN"]
    uncached.environ["CLOVRIX_TOKEN"] = uncached.home.make_token("backend", role="read")
    assert uncached().returncode == 0
    uncached.environ["CLOVRIX_TOKEN"] = token
    assert uncached().returncode == 125
    uncached.environ["CLOVRIX_API_URL"] = uncached.server.url.replace("127.0.0.1", "localhost")
    assert uncached().returncode == 0


HOSTILE = {
    "empty": b"",
    "no JSON": b"\x00\xff not asked again",
    "a list": b"[1, 2]",
    "texts": b'{"at": "0", "until": "9", "status": 429}',
    "floats": b'{"at": 0.0, "until": 9e99, "status": 429}',
    "booleans": b'{"at": false, "until": true, "status": true}',
    "brackets": b"[" * 1000,
    "too much": b" " * 100_000,
    # Seconds from now, seconds that it lasts, and the status.
    "a year": (0, 365 * 86400, 429),
    "a long failure": (0, 60, 0),
    "another status": (0, 60, 200),
    "the future": (3600, 60, 429),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_content_that_we_would_not_write_binds_nobody(uncached, content):
    """It is a miss, without a word."""
    refuse(uncached, times=1)
    uncached()
    if isinstance(content, tuple):
        later, lasts, status = content
        at = time.time_ns() + later * 10**9
        content = json.dumps({"at": at, "until": at + lasts * 10**9, "status": status}).encode()
    refused(uncached).write_bytes(content)
    assert outcome(uncached()) == (0, SECRET, [])


def test_a_folder_that_cannot_be_used_changes_nothing(uncached):
    """Without cached values nobody asked for a folder: not a word."""
    uncached.folder.parent.mkdir()
    uncached.folder.write_text("")
    assert outcome(uncached()) == (0, SECRET, [])
    refuse(uncached)
    assert outcome(uncached())[2] == ["backend/staging: HTTP 429", LATER]


def test_other_failures_bind_for_two_seconds(starts):
    """With cached values on: a program that is restarted at once asks once."""
    starts.server.fault("answer", status=500, body=b'{"error": "broken"}')
    assert outcome(starts("--timeout", "1"))[2][0] == (
        f"backend/staging: broken (HTTP 500 from {starts.server.url})"
    )
    asked = starts.requests
    found = json.loads(refused(starts).read_bytes())
    assert 0 < found["until"] - found["at"] <= 2 * 10**9
    line = outcome(starts())[2][0]
    assert line.startswith("backend/staging: no answer just now; no new request before ")
    assert starts.requests == asked
    an_hour_later(starts)
    starts.server.heal()
    assert outcome(starts()) == (0, SECRET, [])


def test_a_failure_never_binds_on_a_terminal(starts):
    """Each start by hand asks again; only what Clovrix itself asked for binds there too."""

    def started(*options):
        ours, theirs = os.openpty()
        with open(ours), open(theirs):
            return starts(*options, stderr=theirs, stdout=subprocess.DEVNULL).returncode

    starts.server.fault("answer", status=500)
    for number in range(1, 4):
        assert started("--timeout", "1") == 125
        assert starts.requests >= number
    starts.server.heal()
    assert started() == 0
    starts.age(60)
    refuse(starts, times=1)
    starts.allow(max_age="0s", stale_if_error="0s")
    assert [started(), started(), started("--no-backoff"), started()] == [125, 125, 0, 0]


def test_functions_raise_what_was_answered(starts, monkeypatch):
    """The class of the answer, its status and how long to wait."""
    starts.in_process(monkeypatch)
    for status, kind in ((429, ClovrixAPIError), (503, ServerError)):
        refuse(starts, status, times=1)
        for number in range(2):
            with pytest.raises(kind) as caught:
                resolve_env("backend", "staging")
            assert caught.value.status_code == status
            assert 50 < caught.value.retry_after <= 60
            text = r"backend/staging: HTTP \d+; no new request before \d\d:\d\d:\d\d"
            assert bool(re.fullmatch(text, str(caught.value))) == bool(number)
        refused(starts).unlink()
    starts.server.fault("close")
    for _ in range(2):
        with pytest.raises(ClovrixConnectionError):
            resolve_env("backend", "staging", timeout=0.2)
