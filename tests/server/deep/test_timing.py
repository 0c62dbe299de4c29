"""The time of a refusal does not reveal what exists."""

import itertools
import time
from statistics import median

import pytest
from server.raw import ENTRIES, Line, head, post
from server.test_serve import server

from clovrix_env.store import access

pytestmark = [pytest.mark.deep, pytest.mark.timeout(900)]

ROUNDS, REQUESTS = 5, 2000
_addresses = itertools.count(1)


def tokens(home):
    """A token with the id of one of the store and another secret, and one with an unknown id."""
    fresh = access.new_token()
    known = home.token[:12] + fresh[12:-6]
    return known + access._checksum(known), fresh


def pairs(home):
    """Two kinds of request whose answers are alike: their path, token and body."""
    home.project("other", "production")
    elsewhere, part = home.make_token("other"), home.make_token("backend", environments=["staging"])
    known, unknown = tokens(home)
    absent, absent_part = ENTRIES.replace("backend", "absent_"), ENTRIES.replace("uction", "uctiom")
    one = '{"value": "v"}'
    return {
        "an absent project and one out of scope": [
            (absent, elsewhere, ""),
            (ENTRIES, elsewhere, ""),
        ],
        "an absent environment and one out of scope": [
            (absent_part, part, ""),
            (ENTRIES, part, ""),
        ],
        "a write to an absent project and to one out of scope": [
            (f"{absent}/KEY", elsewhere, one),
            (f"{ENTRIES}/KEY", elsewhere, one),
        ],
        "an unknown token and a wrong secret": [(ENTRIES, unknown, ""), (ENTRIES, known, "")],
    }


def seconds(line, path, token, body):
    # Another client for each, so that the cap on invalid tokens does not count.
    client = (
        f"X-Forwarded-For: 2001:db8:{next(_addresses) % 65536:x}:{next(_addresses) % 65536:x}::1"
    )
    content = post(path, token, body.encode(), client) if body else head("GET", path, token, client)
    start = time.perf_counter()
    status = line.send(content).answer()[0]
    taken = time.perf_counter() - start
    assert status in (401, 404)
    return taken


def test_what_exists_takes_as_long_as_what_does_not(store_home):
    """The medians of each pair, interleaved, differ by less than 5 % in most of five rounds."""
    ratios = {}
    with server(store_home, "--behind-proxy", "127.0.0.1", "--log-format", "off") as process:
        line = Line(process.url)
        for name, pair in pairs(store_home).items():
            found = []
            for _ in range(ROUNDS):
                times = [], []
                for number in range(REQUESTS):
                    for kind in (0, 1) if number % 2 else (1, 0):
                        times[kind].append(seconds(line, *pair[kind]))
                found.append(median(times[1]) / median(times[0]))
            ratios[name] = median(found)
            print(f"{name}: {[round(one, 3) for one in found]}")
        line.close()
    assert {name: ratio for name, ratio in ratios.items() if not 0.95 < ratio < 1.05} == {}
