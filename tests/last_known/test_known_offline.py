"""Offline: last known values only, whatever ``max_age`` says, up to ``stale_if_error``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from last_known.starts import HOURS, SECRET, outcome

from clovrix_env import ClovrixConfigError, resolve_env

if TYPE_CHECKING:
    from last_known.starts import Starts

KEEP = "start once without offline, with [cache] in .clovrix or CLOVRIX_CACHE set"


def test_nobody_is_asked(starts: Starts) -> None:
    """By option and by variable; silently where they are younger than ``max_age``."""
    starts.fill()
    assert outcome(starts("--offline")) == (0, SECRET, [])
    assert outcome(starts(env={"CLOVRIX_OFFLINE": "1"})) == (0, SECRET, [])
    assert starts.requests == 1


def test_older_than_max_age_is_told(starts: Starts) -> None:
    """One line with the age."""
    starts.fill()
    starts.age(3 * HOURS)
    told = "backend/staging: using cached values from 3 h ago because offline was requested"
    assert outcome(starts("--offline")) == (0, SECRET, [told])
    assert starts.requests == 1


def test_too_old_names_what_would_accept_them(starts: Starts) -> None:
    """And that accepts them."""
    starts.fill()
    starts.age(30 * HOURS)
    problem, remedy = outcome(starts("--offline"))[2]
    assert problem == (
        "offline, and the cached values of backend/staging are 1 d 6 h old; "
        "stale_if_error allows 1 d"
    )
    assert remedy == (
        'set stale_if_error = "31h" in [cache], or CLOVRIX_CACHE=stale_if_error=31h, to accept them'
    )
    assert starts("--offline", env={"CLOVRIX_CACHE": "stale_if_error=31h"}).returncode == 0


def test_none_are_there(starts: Starts) -> None:
    """The remedy is a start that keeps them; nothing is made."""
    assert outcome(starts("--offline"))[2] == [
        "offline, and no values of backend/staging are cached",
        KEEP,
    ]
    assert starts.requests == 0
    assert not starts.folder.exists()


def test_without_cache_the_defaults_count(starts: Starts) -> None:
    """Values that an earlier start kept are taken up to 24 h."""
    starts.fill()
    starts.age(23 * HOURS)
    starts.allow()
    assert starts("--offline").returncode == 0
    starts.age(2 * HOURS)
    assert starts("--offline").returncode == 125


def test_a_file_that_is_damaged_is_said(starts: Starts) -> None:
    """Offline there is nothing else, so that the error tells why."""
    starts.fill()
    starts.sealed.write_bytes(b"x" * 100)
    problem, _ = outcome(starts("--offline"))[2]
    assert problem.startswith(
        "offline, and no values of backend/staging are cached: the file was not written by"
    )


def test_an_embedded_store_is_asked_as_always(starts: Starts) -> None:
    """It is no network."""
    starts.environ["CLOVRIX_API_URL"] = starts.home.url
    assert outcome(starts("--offline")) == (0, SECRET, [])


def test_a_refusal_that_is_remembered_does_not_matter(starts: Starts) -> None:
    """Nobody is asked anyway."""
    starts.fill()
    starts.server.fault("answer", status=429, headers={"Retry-After": "60"})
    starts.age(60)
    assert starts().returncode == 0
    assert starts("--offline").returncode == 0
    assert starts.requests == 2


def test_load_env_offline(starts: Starts, monkeypatch: pytest.MonkeyPatch) -> None:
    """``offline=True`` says the same, and so does its error."""
    for name in ("CLOVRIX_CACHE", "CLOVRIX_API_URL", "CLOVRIX_TOKEN"):
        monkeypatch.setenv(name, str(starts.environ[name]))
    monkeypatch.chdir(starts.launcher.folder)
    with pytest.raises(ClovrixConfigError, match="offline, and no values of"):
        resolve_env("backend", "staging", offline=True)
    assert resolve_env("backend", "staging")["A"] == SECRET
    starts.age(60)
    environment = resolve_env("backend", "staging", offline=True)
    assert environment["A"] == SECRET
    assert environment.staleness is not None
    assert environment.staleness.why == "offline was requested"
    assert starts.requests == 1
