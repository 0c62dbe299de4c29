"""The status of every kind of token, operation, place and billing, over HTTP."""

import itertools
import json

import pytest
from server.raw import ENTRIES, Line, head, post
from server.test_serve import server
from store.test_store_access import OUTSIDE, PLACES, PUBLIC, call_of, expected, makers_of

from clovrix_env.api import wire
from clovrix_env.server.app import Options
from clovrix_env.server.in_thread import serving
from clovrix_env.server.peers import Proxies

pytestmark = pytest.mark.slow
BILLING = ("active", "pending_payment", "restricted")


def status_of(kind, operation, place, billing):
    if kind in ("none", "cut", *OUTSIDE):
        return 401
    return expected(kind, operation, place) if billing == "active" else 402


def request(call, number):
    """Each from another address, so that the cap on invalid tokens does not count."""
    client = f"X-Forwarded-For: 2001:db8:{number:x}::1"
    asked = wire.request_of(call, "cells")
    if asked.body is None:
        return head("GET", asked.path, call.token, client)
    return post(asked.path, call.token, asked.body, client)


def test_every_cell_has_its_status(each_home):
    """480 cells; what is absent and what is out of scope get the same bytes."""
    home = each_home
    home.store.create_environment("backend", "development")
    home.project("other", "development")
    made = {kind: make() for kind, make in makers_of(home.store).items()}
    made.update(none=None, cut=home.token[:-1])
    del made["owner"]
    found, bodies = {}, {}
    options = Options(Proxies.named(["127.0.0.1"]), log_format="off")
    with serving(home.store, options) as url:
        line = Line(url)
        line.send(request(call_of("set_entry", "exists", home.token), 0)).answer()
        cells = itertools.product(BILLING, made, PUBLIC, PLACES)
        for number, (billing, kind, operation, place) in enumerate(cells, 1):
            home.store.billing = billing
            call = call_of(operation, place, made[kind], f"NEW_{number}")
            status, headers, document = line.send(request(call, number)).answer()
            if headers.get("connection") == "close":
                line.close()
                line = Line(url)
            found[kind, operation, place, billing] = status
            bodies[kind, operation, place, billing] = document
        line.close()
    assert found == {cell: status_of(*cell) for cell in found}
    assert len(found) == 480
    for kind, operation in itertools.product(("other_project", "other_environment"), PUBLIC):
        out_of_scope = bodies[kind, operation, "exists", "active"]
        absent = bodies["write", operation, "absent_project", "active"]
        assert out_of_scope == json.loads(json.dumps(absent).replace("'absent'", "'backend'"))


def test_a_token_that_is_not_ascii_or_a_header_of_it_is_refused(store_home):
    """Such a request has a 401, and its bytes are not in the answer."""
    with serving(store_home.store) as url:
        line = Line(url).send(head("GET", ENTRIES, "icr_\xe9\xff"))
        status, _, document = line.answer()
        line.close()
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
