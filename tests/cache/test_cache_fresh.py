"""Within ``max_age`` nothing is asked; each origin, project and environment keeps its own."""

import re

import pytest
from cache.starts import HOURS, outcome

from clovrix_env import Client, ClovrixConfigError, resolve_env

pytestmark = pytest.mark.slow


def test_a_clock_that_is_behind_is_no_miss(starts):
    """Values "from the future" of three minutes are asked for again, and used if nobody answers."""
    starts.allow(max_age="30s", stale_if_error="1h")
    starts.fill()
    starts.age(-180)
    starts.put(A="newer")
    assert outcome(starts())[1] == "newer"
    starts.age(-180)
    starts.server.fault("close")
    assert outcome(starts())[:2] == (0, "newer")


def test_unchanged_entries_are_not_sent_again(starts):
    """After ``max_age`` their tag is sent; 304 makes them new, and every write changes the tag."""
    starts.fill()
    starts.age(31)
    starts.fill()
    assert starts.server.requests[-1].headers["if-none-match"] == f'"{starts.known().tag}"'
    assert starts.server.statuses == [200, 304]
    starts.fill()
    assert starts.requests == 2
    starts.age(31)
    starts.put(A="newer")
    assert outcome(starts())[1] == "newer"
    starts.age(31)
    starts.put(A="newer")
    assert outcome(starts())[1] == "newer"
    assert starts.server.statuses == [200, 304, 200, 200]
    starts.age(31)
    starts.home.store.revoke_token(starts.home.token)
    assert starts().returncode == 125


def test_a_peer_without_tags_is_served_as_before(starts):
    """No tag is sent to it, and a 304 that nothing asked for is a failure."""
    body = b'{"entries": {"A": "x"}}'
    starts.server.fault("answer", status=200, body=body, times=2)
    starts.fill()
    starts.age(31)
    starts.fill()
    assert "if-none-match" not in starts.server.requests[-1].headers
    starts.age(31)
    starts.server.fault("answer", status=304, times=1)
    assert "HTTP 304" in str(outcome(starts())[2])


def test_it_is_off_until_it_is_asked_for(starts):
    """Without ``[cache]`` and ``CLOVRIX_CACHE``, and of an embedded store, nothing is kept."""
    starts.environ["CLOVRIX_API_URL"] = starts.home.url
    starts.fill()
    starts.fill(A="newer")
    assert outcome(starts())[1] == "newer"
    starts.allow()
    starts.environ["CLOVRIX_API_URL"] = starts.server.url
    for _ in range(2):
        starts.fill()
    assert starts.requests == 2
    assert not starts.folder.exists()


def test_the_table_alone_takes_the_defaults(starts):
    """30 s and 24 h; so does the variable, which replaces a table, for what it leaves out."""
    (starts.launcher.folder / ".clovrix").write_text('[cache]\nmax_age = "24h"\n')
    starts.allow(stale_if_error="1h")
    starts.fill()
    starts.age(31)
    starts.fill()
    assert starts.requests == 2
    starts.allow()
    (starts.launcher.folder / ".clovrix").write_text("[cache]\n")
    starts.age(15)
    starts.fill()
    assert starts.requests == 2
    starts.age(16)
    starts.fill()
    assert starts.requests == 3
    starts.age(23 * HOURS)
    starts.server.fault("close")
    assert starts().returncode == 0
    starts.age(1 * HOURS + 1)
    assert starts().returncode == 125


def test_two_tokens_keep_their_own(starts):
    """Alternating, each finds what it was answered itself."""
    tokens = (starts.home.token, starts.home.make_token("backend", role="read"))
    for turn in range(3):
        for number, token in enumerate(tokens):
            starts.environ["CLOVRIX_TOKEN"] = token
            if turn == 0:
                starts.put(A=f"by {number}")
            assert outcome(starts()) == (0, f"by {number}", [])
    assert starts.requests == 2
    assert len(starts.names("")) == 2


def test_extended_projects_are_kept_each(starts):
    """One that is too old is asked for; the other is not."""
    starts.extend()
    starts.fill()
    starts.age(31, "shared")
    starts.fill()
    paths = [request.path.split("/")[5] for request in starts.server.requests]
    assert sorted(paths[:2]) == ["backend", "shared"]
    assert paths[2:] == ["shared"]


def test_nothing_is_kept_under_a_short_token(starts):
    """19 characters can be guessed by who has the file; one line says so."""
    starts.server.fault("answer", body=b'{"entries": {"A": "1"}}')
    starts.environ["CLOVRIX_TOKEN"] = "icr_" + "x" * 15
    why = "a token of fewer than 20 characters would not protect them"
    for _ in range(2):
        assert outcome(starts()) == (0, "1", [f"values are not cached: {why}"])
    assert not starts.folder.exists()
    starts.environ["CLOVRIX_TOKEN"] = "icr_" + "x" * 16
    for _ in range(2):
        assert outcome(starts()) == (0, "1", [])
    assert starts.requests == 3


def test_a_brought_client_is_asked_each_time(starts, monkeypatch):
    """What it answers is the caller's to keep."""
    monkeypatch.setenv("CLOVRIX_CACHE", "max_age=1h")
    monkeypatch.chdir(starts.launcher.folder)
    with Client(starts.home.token, starts.server.url) as client:
        for _ in range(2):
            assert resolve_env("backend", "staging", client=client).staleness is None
        with pytest.raises(ClovrixConfigError, match="offline cannot be used with client="):
            resolve_env("backend", "staging", client=client, offline=True)
    assert starts.requests == 2
    assert not starts.folder.exists()


def test_a_fresh_value_is_not_stale(starts, monkeypatch):
    """``Environment.staleness`` is ``None``, and ``-v`` tells the age."""
    starts.fill()
    starts.age(5)
    told = re.search(rb"1 entry \(cached, (\d+) s old\)", starts("-v").stderr)
    assert 5 <= int(told[1]) < 30
    starts.in_process(monkeypatch)
    assert resolve_env("backend", "staging").staleness is None
    assert starts.requests == 1
