"""Clovrix cannot answer, or offline: values up to ``stale_if_error`` old, and one line on it."""

import socket

import pytest
from cache.starts import HOURS, SECRET, outcome

from clovrix_env import ClovrixConfigError, resolve_env

pytestmark = pytest.mark.slow
KEEP = "start once without offline, with [cache] in .clovrix or CLOVRIX_CACHE set"
REFUSAL = b'{"error": "PLANTED sentence"}'
PORTAL = b"<html>please log in</html>"
BEGINNING = "backend/staging: using cached values from 3 h ago because Clovrix cannot answer ("
NO_ANSWER = ", which does not come from Clovrix"

CANNOT = {
    "the connection breaks": ("close", {}, "closed the connection before its answer was complete"),
    "a portal's 200": ("answer", {"body": PORTAL}, f"HTTP 200{NO_ANSWER}"),
    "a portal's 403": ("answer", {"status": 403, "body": PORTAL}, f"HTTP 403{NO_ANSWER}"),
    "a gateway's JSON": ("answer", {"status": 403, "body": b'{"message": "no"}'}, "HTTP 403"),
    "no sentence": ("answer", {"status": 404, "body": b'{"error": ""}'}, "HTTP 404"),
    "a redirect": ("redirect", {"location": "https://login.invalid/"}, "HTTP 30"),
    "entries that are none": ("answer", {"body": b'{"entries": 5}'}, "HTTP 200"),
    "a cut body": ("wrong_length", {"body": b'{"entries"'}, "closed the connection"),
    **{
        f"Clovrix's {status}": ("answer", {"status": status, "body": REFUSAL}, f"HTTP {status}")
        for status in (408, 429, 500, 502, 503, 504)
    },
    # 402 ends by itself only when the bill is settled.
    "a bill that is not paid": ("answer", {"status": 402, "body": REFUSAL},
                                "HTTP 402: settle the organization's billing within 20 h 59 min"),
}  # fmt: skip


@pytest.fixture
def three_hours(starts):
    """Values of three hours ago."""
    starts.fill()
    starts.age(3 * HOURS)
    starts.server.forget()
    return starts


@pytest.mark.parametrize("kind", CANNOT)
def test_where_clovrix_cannot_answer(three_hours, kind):
    """Asked once and not again; how old and why in one line, without a word of what came."""
    fault, options, why = CANNOT[kind]
    three_hours.server.fault(fault, **options)
    status, printed, (line,) = outcome(three_hours())
    assert (status, printed) == (0, SECRET)
    assert line.startswith(BEGINNING)
    assert why in line
    assert "PLANTED" not in line
    assert three_hours.requests == 1


def test_a_refused_connection_is_told_with_the_age(starts):
    """In hours and minutes, and with what the system answered."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        starts.environ["CLOVRIX_API_URL"] = f"http://127.0.0.1:{taken.getsockname()[1]}"
        starts.keep(3 * HOURS + 12 * 60, A="kept")
        status, printed, (line,) = outcome(starts())
    assert (status, printed) == (0, "kept")
    assert line.startswith("backend/staging: using cached values from 3 h 12 min ago because ")
    assert line.endswith(": connection refused)")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_clovrix_refuses_is_an_answer(three_hours, status):
    """No fallback; and none later where it cannot be reached, until a fetch succeeds."""
    server = three_hours.server
    server.fault("answer", status=status, body=REFUSAL, times=1)
    assert outcome(three_hours())[:2] == (125, "")
    known = three_hours.known()
    assert (known.denied, known.entries) == (True, {})
    server.fault("close")
    denied, _, lines = outcome(three_hours("--timeout", "0.5"))
    assert denied == 125
    assert "no values of backend/staging are cached: Clovrix has refused" in lines[0]
    assert outcome(three_hours("--offline"))[0] == 125
    server.heal()
    assert outcome(three_hours("--no-backoff")) == (0, SECRET, [])
    server.fault("close")
    three_hours.age(60)
    assert outcome(three_hours())[:2] == (0, SECRET)


@pytest.mark.parametrize("status", [400, 409, 422])
def test_another_refusal_is_an_answer_that_denies_nothing(three_hours, status):
    """It says something about the request, not about who may read."""
    three_hours.server.fault("answer", status=status, body=REFUSAL, times=1)
    assert outcome(three_hours())[0] == 125
    assert not three_hours.known().denied


def test_a_denial_counts_for_a_file_that_is_a_miss(three_hours):
    """While a clock is wrong it is none; once the clock is right again it must not be taken."""
    three_hours.age(-6 * HOURS)
    three_hours.server.fault("answer", status=403, body=REFUSAL, times=1)
    assert outcome(three_hours())[0] == 125
    assert three_hours.known().denied


def test_a_denial_is_marked_where_the_disk_is_full(three_hours):
    """A file that cannot be marked is removed: its values are not used again either way."""
    three_hours.server.fault("answer", status=403, body=REFUSAL, times=1)
    no_room = ("sh", "-c", 'ulimit -f 0 && exec "$@"', "sh")
    assert outcome(three_hours(through=no_room))[0] == 125
    assert three_hours.names("") == []


NO_VALUES = "no values of backend/staging are cached: "
USELESS = {
    "never": (lambda starts: starts.allow(stale_if_error="0s"),
              "the cached values of backend/staging are 3 h old; stale_if_error allows 0 s"),
    "too old": (lambda starts: starts.allow(stale_if_error="1h"),
                "the cached values of backend/staging are 3 h old; stale_if_error allows 1 h"),
    "from the future": (lambda starts: starts.age(-6 * HOURS),
                        f"{NO_VALUES}the file is from the future: one of two clocks is wrong"),
    "in an open folder": (
        lambda starts: starts.folder.chmod(0o777),
        f"{NO_VALUES}{{folder}} can be written to by others: run chmod 700 on it",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("prepare", "why"), USELESS.values(), ids=USELESS)
def test_values_that_cannot_be_used(three_hours, prepare, why):
    """The error of the fetch tells why they did not help."""
    prepare(three_hours)
    three_hours.server.fault("close")
    status, printed, (line, _) = outcome(three_hours("--timeout", "0.5"))
    assert (status, printed) == (125, "")
    assert line.startswith("backend/staging: ")
    assert line.endswith(f"; {why.format(folder=three_hours.folder)}")


def test_several_stale_projects_are_one_line(starts):
    """Each with its age."""
    starts.extend()
    starts.fill()
    starts.age(2 * HOURS, "shared")
    starts.age(5 * 60 + 30)
    starts.server.fault("answer", status=500)
    assert outcome(starts())[2] == [
        "shared/staging: using cached values from 2 h ago, backend/staging: using cached values "
        "from 5 min 30 s ago because Clovrix cannot answer (HTTP 500)"
    ]


def test_a_stale_value_still_meets_the_guard(starts):
    """What is kept is judged as what is fetched."""
    starts.put(LD_PRELOAD="/tmp/evil.so")
    for _ in range(2):
        status, _, lines = outcome(starts())
        assert status == 125
        assert "LD_PRELOAD" in lines[0]
    assert starts.requests == 1


def test_environment_tells_its_staleness(three_hours, monkeypatch, capsys):
    """Seconds, why, and the age of each project; one line on stderr."""
    three_hours.in_process(monkeypatch)
    three_hours.server.fault("answer", status=503)
    environment = resolve_env("backend", "staging")
    assert environment["A"] == SECRET
    staleness = environment.staleness
    assert 3 * HOURS <= staleness.seconds < 3 * HOURS + 30
    assert staleness.ages == {"backend/staging": staleness.seconds}
    assert staleness.why == "Clovrix cannot answer (HTTP 503)"
    assert capsys.readouterr().err == f"clovrix-env: {BEGINNING}HTTP 503)\n"


# Offline: cached values only, whatever max_age says.


def test_nobody_is_asked(starts):
    """By option and by variable; silent within ``max_age``, and one line with the age beyond."""
    starts.fill()
    assert outcome(starts("--offline")) == (0, SECRET, [])
    assert outcome(starts(env={"CLOVRIX_OFFLINE": "1"})) == (0, SECRET, [])
    starts.age(3 * HOURS)
    told = "backend/staging: using cached values from 3 h ago because offline was requested"
    assert outcome(starts("--offline")) == (0, SECRET, [told])
    assert starts.requests == 1


@pytest.mark.parametrize("damaged", [False, True])
def test_none_are_there(starts, damaged):
    """The remedy is a start that keeps them; nothing is made. Of a damaged file it is said why."""
    why = ""
    if damaged:
        starts.fill()
        starts.sealed.write_bytes(b"x" * 100)
        why = ": the file was not written by"
    problem, remedy = outcome(starts("--offline"))[2]
    assert problem.startswith(f"offline, and no values of backend/staging are cached{why}")
    assert (remedy, problem.endswith("cached")) == (KEEP, not damaged)
    assert starts.requests == starts.folder.exists() == damaged


def test_too_old_names_what_would_accept_them(starts):
    """And that accepts them."""
    starts.fill()
    starts.age(30 * HOURS)
    assert outcome(starts("--offline"))[2] == [
        "offline, and the cached values of backend/staging are 1 d 6 h old; "
        "stale_if_error allows 1 d",
        'set stale_if_error = "31h" in [cache], or CLOVRIX_CACHE=stale_if_error=31h, '
        "to accept them",
    ]
    assert starts("--offline", env={"CLOVRIX_CACHE": "stale_if_error=31h"}).returncode == 0


def test_without_cache_the_defaults_count(starts):
    """Values that an earlier start kept are taken up to 24 h."""
    starts.fill()
    starts.age(23 * HOURS)
    starts.allow()
    assert starts("--offline").returncode == 0
    starts.age(2 * HOURS)
    assert starts("--offline").returncode == 125


def test_an_embedded_store_is_asked_as_always(starts):
    """It is no network."""
    starts.environ["CLOVRIX_API_URL"] = starts.home.url
    assert outcome(starts("--offline")) == (0, SECRET, [])


def test_a_refusal_that_is_remembered_does_not_matter(starts):
    """Nobody is asked anyway."""
    starts.fill()
    starts.server.fault("answer", status=429, headers={"Retry-After": "60"})
    starts.age(60)
    assert starts().returncode == 0
    assert starts("--offline").returncode == 0
    assert starts.requests == 2


def test_load_env_offline(starts, monkeypatch):
    """``offline=True`` says the same, and so does its error."""
    starts.in_process(monkeypatch)
    with pytest.raises(ClovrixConfigError, match="offline, and no values of"):
        resolve_env("backend", "staging", offline=True)
    assert resolve_env("backend", "staging")["A"] == SECRET
    starts.age(60)
    environment = resolve_env("backend", "staging", offline=True)
    assert environment["A"] == SECRET
    assert environment.staleness.why == "offline was requested"
    assert starts.requests == 1
