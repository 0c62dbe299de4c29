"""``clovrix-env cache``: what lies on the disk, told and forgotten."""

import json
import os
import sys
import time

import pytest
from cache.starts import HOURS, SECRET

pytestmark = pytest.mark.slow
PLACE = ("-p", "backend", "-e", "staging")


def cache(starts, *words, status=0):
    ran = starts.launcher.plain(sys.executable, "-m", "clovrix_env", "cache", *words)
    assert ran.returncode == status, (ran.returncode, ran.stdout, ran.stderr)
    assert SECRET.encode() not in ran.stdout + ran.stderr
    return ran


def told(starts):
    return json.loads(cache(starts, "status", *PLACE, "--json").stdout)


def shown(starts):
    return cache(starts, "status", *PLACE).stdout.decode()


def test_nothing_yet(starts):
    """To look makes no folder, and asks nobody."""
    found = told(starts)
    assert found["files"] == found["bytes"] == 0
    assert found["oldest"] is None
    assert (found["asked_for_by"], found["max_age"]) == ("CLOVRIX_CACHE", 30)
    assert found["places"][0]["fetched"] is None
    assert not starts.folder.exists()
    assert starts.requests == 0


def test_values_that_are_kept(starts):
    """When they were fetched, and until when they count; nothing is asked for it."""
    starts.fill()
    found = told(starts)
    (place,) = found["places"]
    assert found["files"] == len(starts.names("", ".lock"))
    assert found["bytes"] == starts.sealed.stat().st_size
    assert 0 <= time.time() - place["fetched"] < 30
    assert place["fresh_until"] == place["fetched"] + 30
    assert place["usable"]
    starts.keep(20)
    assert "backend/staging  fetched 2" in shown(starts)
    assert ", fresh until " in shown(starts)
    starts.keep(25 * HOURS)
    assert "too old to be used" in shown(starts)
    assert not told(starts)["places"][0]["usable"]
    assert starts.requests == 1


def test_denied_and_damaged_values(starts):
    """Clovrix has refused since, or the file is damaged: why there are none."""
    starts.fill()
    starts.allow(max_age="0s")
    starts.server.fault("answer", status=403, body=b'{"error": "no"}')
    assert starts().returncode == 125
    (place,) = told(starts)["places"]
    assert (place["denied"], place["usable"], place["fetched"]) == (True, False, None)
    assert "denied" in shown(starts)
    starts.sealed.write_bytes(b"no seal")
    assert "was not written by clovrix-env, or was changed" in shown(starts)
    assert told(starts)["places"][0]["why_not"]


def test_a_remembered_refusal(starts):
    """Until when nobody asks, and what asked for it."""
    headers = {"Retry-After": "600"}
    starts.server.fault("answer", status=429, body=b'{"error": "no"}', headers=headers)
    assert starts("--timeout", "1").returncode == 125
    found = told(starts)
    assert found["refused_with"] == 429
    assert 500 < found["refused_until"] - time.time() <= 600
    assert "HTTP 429; no request before" in shown(starts)


def test_without_cache_or_a_token(starts):
    """Nothing new is kept, and what there is counts offline; without a token nobody can tell."""
    starts.fill()
    starts.allow()
    found = told(starts)
    assert found["asked_for_by"] is None
    assert found["places"][0]["usable"]
    del starts.environ["CLOVRIX_TOKEN"]
    found = told(starts)
    assert found["files"] > 0
    assert found["places"] == []
    assert "no token" in found["why_nothing"]


def test_clear_removes_all_of_ours_and_nothing_else(starts):
    """Neither another's file, nor a link of a name like ours, nor what that leads to."""
    starts.fill()
    outside = starts.folder.parent / "outside"
    outside.write_text("stays")
    (starts.folder / ("0" * 32)).symlink_to(outside)
    (starts.folder / ("1" * 32)).mkdir()
    (starts.folder / "notes.txt").write_text("stays")
    cleared = cache(starts, "clear").stdout.decode()
    assert cleared.startswith("removed 2 files from ")
    assert sorted(os.listdir(starts.folder)) == ["0" * 32, "1" * 32, "notes.txt"]
    assert outside.read_text() == "stays"
    starts.fill()
    assert starts.requests == 2


def test_clear_of_one_place(starts):
    """What other tokens and places have stays; an age that is none is wrong usage."""
    starts.fill()
    other = starts.folder / ("a" * 32)
    other.write_bytes(b"of another place")
    ran = cache(starts, "clear", "--older-than", "30w", status=2)
    assert b"write an age as 7d, 5m or 1h30m" in ran.stderr
    assert len(starts.names("")) == 2
    cache(starts, "clear", *PLACE, "-q")
    assert starts.names("", ".lock") == [other.name]


def test_clear_of_what_tokens_have_left(starts):
    """By age; values that are fetched again and again stay, and so does their old lock."""
    starts.fill()
    assert 0 <= time.time() - told(starts)["oldest"] < 30
    (lock,) = starts.names(".lock")
    os.utime(starts.folder / lock, (0, 0))
    left = [f"{'a' * 32}{ending}" for ending in ("", ".lock", ".0123abcd.new", ".refused")]
    for name in left:
        (starts.folder / name).write_bytes(b"of another token")
        os.utime(starts.folder / name, (0, time.time() - 800 * HOURS - 10))
    assert ", the oldest from 33 d 8 h ago" in shown(starts)
    cleared = cache(starts, "clear", "--older-than", "30d").stdout.decode()
    assert cleared.startswith(f"removed {len(left)} files from ")
    assert sorted(os.listdir(starts.folder)) == sorted([starts.sealed.name, lock])


def test_a_write_sweeps_files_of_dead_tokens(starts):
    """Not written for 90 days, so many at a time; other files, and files in use, stay."""
    starts.fill()
    used, (lock,) = starts.sealed.name, starts.names(".lock")
    dead, live = "{:032x}".format, "f" * 32
    names = [f"{dead(number)}{ending}" for number in range(150) for ending in ("", ".lock", ".x")]
    for name in (*names, lock, live, f"{live}.lock"):
        (starts.folder / name).touch()
        os.utime(starts.folder / name, (0, 0 if name != live else time.time() - 89 * 24 * HOURS))
    starts.allow(max_age="0s")
    before = len(os.listdir(starts.folder))
    assert starts().returncode == 0
    assert 0 < before - len(os.listdir(starts.folder)) <= 200
    for _ in range(3):
        assert starts().returncode == 0
    stay = [used, lock, live, f"{live}.lock", *(n for n in names if ".x" in n)]
    assert sorted(os.listdir(starts.folder)) == sorted(stay)


def test_a_folder_that_is_a_link(starts):
    """It is not followed: status 125, and what lies behind it stays."""
    elsewhere = starts.folder.parent / "elsewhere"
    elsewhere.mkdir(parents=True)
    (elsewhere / ("a" * 32)).write_bytes(b"stays")
    starts.folder.symlink_to(elsewhere)
    for word in ("status", "clear"):
        assert b"symbolic link" in cache(starts, word, status=125).stderr
    assert os.listdir(elsewhere) == ["a" * 32]
