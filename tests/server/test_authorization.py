"""The status of every kind of token, operation, target and billing, over HTTP."""

import itertools
import json
import time

import pytest
from server.raw import ENTRIES, PREFIX, Line, head, post
from server.test_serve import server

from clovrix_env.server.app import Options
from clovrix_env.server.in_thread import serving
from clovrix_env.server.peers import Proxies
from tests.conftest import StoreHome

REFUSED = ("none", "malformed", "unknown", "cut", "revoked", "expired")
ELSEWHERE = ("other project", "other environment")
KINDS = (*REFUSED, *ELSEWHERE, "read", "write")
OPERATIONS = ("get_entries", "get_entry", "set_entry", "set_entries")
TARGETS = ("exists", "absent project", "absent environment", "absent key")
BILLING = ("active", "pending_payment", "restricted")
FORWARDED = "X-Forwarded-For: 2001:db8:{:x}::1"


def expected(kind, operation, target, billing):
    if kind in REFUSED:
        return 401
    if billing != "active":
        return 402
    if kind in ELSEWHERE or target in ("absent project", "absent environment"):
        return 404
    if kind == "read" and operation.startswith("set"):
        return 403
    if target == "absent key" and operation == "get_entry":
        return 404
    return 201 if target == "absent key" and operation == "set_entry" else 200


def tokens(home):
    home.project("other", "production")
    whole, revoked = home.token, home.make_token("backend")
    home.store.revoke_token(revoked)
    return {
        "none": None,
        "malformed": "not-a-token",
        "unknown": whole[:4] + "00000000" + whole[12:],
        "cut": whole[:-1],
        "revoked": revoked,
        "expired": home.make_token("backend", expires_at=int(time.time()) - 1),
        "other project": home.make_token("other"),
        "other environment": home.make_token("backend", environments=["staging"]),
        "read": home.make_token("backend", role="read"),
        "write": whole,
    }


def request(token, operation, target, number):
    project = "absent" if target == "absent project" else "backend"
    environment = "absent" if target == "absent environment" else "production"
    key = f"NEW_{number}" if target == "absent key" else "KEY"
    path = f"{PREFIX}/projects/{project}/environments/{environment}/entries"
    path += f"/{key}" if operation.endswith("entry") else ""
    # Each request from another address, so that the cap on invalid tokens does not count.
    client = FORWARDED.format(number)
    if operation.startswith("get"):
        return head("GET", path, token, client)
    item = {"value": "v"} if operation == "set_entry" else {"entries": [{"key": key, "value": "v"}]}
    return post(path, token, json.dumps(item).encode(), client)


def test_every_cell_has_its_status(tmp_path):
    """480 cells; what is absent and what is out of scope get the same bytes."""
    home = StoreHome(tmp_path)
    made = tokens(home)
    found = {}
    bodies = {}
    options = Options(Proxies.named(["127.0.0.1"]), log_format="off")
    with serving(home.store, options) as url:
        line = Line(url)
        line.send(request(home.token, "set_entry", "exists", 0)).answer()
        for number, billing in enumerate(BILLING):
            home.store.billing = billing
            for at, cell in enumerate(itertools.product(KINDS, OPERATIONS, TARGETS), 1):
                kind, operation, target = cell
                line.send(request(made[kind], operation, target, number * 1000 + at))
                status, headers, document = line.answer()
                if headers.get("connection") == "close":
                    line.close()
                    line = Line(url)
                found[(*cell, billing)] = status
                bodies[(*cell, billing)] = document
        line.close()
    home.store.close()
    assert found == {cell: expected(*cell) for cell in found}
    assert len(found) == 480
    for kind, operation in itertools.product(ELSEWHERE, OPERATIONS):
        out_of_scope = bodies[kind, operation, "exists", "active"]
        absent = bodies["write", operation, "absent project", "active"]
        assert out_of_scope == json.loads(json.dumps(absent).replace("'absent'", "'backend'"))


def test_a_token_that_is_not_ascii_or_a_header_of_it_is_refused(tmp_path):
    """Such a request has a 401, and its bytes are not in the answer."""
    home = StoreHome(tmp_path)
    with serving(home.store) as url:
        line = Line(url).send(request("icr_\xe9\xff", "get_entries", "exists", 1))
        status, _, document = line.answer()
        line.close()
    home.store.close()
    assert status == 401
    assert "\\u00e9" not in json.dumps(document)


def test_too_many_invalid_tokens_are_not_looked_up(store_home):
    """The 21st from one address gets a 429 from each worker; others and known tokens go on."""

    def status(token, client):
        line = Line(process.url).send(head("GET", ENTRIES, token, f"X-Forwarded-For: {client}"))
        found, headers, _ = line.answer()
        line.close()
        return found, headers.get("retry-after", "")

    good, known = store_home.make_token("backend", role="read"), store_home.token
    with server(store_home, "--workers", "2", "--behind-proxy", "127.0.0.1") as process:
        assert status(known, "10.0.0.1")[0] == 200
        statuses = [status("wrong", f"evil, 10.0.0.{n % 2 + 1}")[0] for n in range(40)]
        assert statuses == [401] * 40
        for _ in range(8):
            refused, wait = status("wrong", "1.2.3.4, 10.0.0.1")
            assert (refused, 0 < int(wait) <= 60) == (429, True)
            assert status(good, "10.0.0.1")[0] == 429
            assert status(known, "10.0.0.1")[0] == 200
        assert status(good, "10.0.0.3")[0] == 200
        store_home.store.revoke_token(known)
        assert status(known, "10.0.0.3")[0] == 401
        assert status(known, "10.0.0.1")[0] == 429


pytestmark = pytest.mark.slow
