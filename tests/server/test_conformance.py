"""A store answers alike in the process, from an event loop, and over HTTP."""

import asyncio
import http.client
import json
import shutil
import time
from urllib.parse import urlsplit

import pytest
from server import cases
from server.raw import ENTRIES, Line, head, post

from clovrix_env.api import wire
from clovrix_env.api.messages import Reply
from clovrix_env.auth.endpoint import Endpoint
from clovrix_env.auth.token import ARGUMENT, Token
from clovrix_env.client.send_store import AsyncStoreSender, StoreSender
from clovrix_env.server.in_thread import serving
from clovrix_env.store.answer import Store
from tests.conftest import StoreHome

PROJECTS = ["backend", *cases.ODD_NAMES, cases.FULL[0]]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A store without entries, which every test copies: it has the same tokens everywhere."""
    home = StoreHome(tmp_path_factory.mktemp("template"))
    home.project(*cases.FULL)
    for name in cases.ODD_NAMES:
        home.project(name, name)
    home.token = home.make_token(*PROJECTS)
    home.store.close()
    return home


def endpoint(path, home):
    return Endpoint(f"file:{path}", "base_url=", Token(home.token, ARGUMENT))


def key_of(home):
    return {"CLOVRIX_MASTER_KEY": home.master_key.line()}


def in_process(path, home, calls):
    sender = StoreSender(endpoint(path, home), key_of(home))
    replies = [sender(call, time.monotonic() + 10) for call in calls]
    sender.close()
    return replies


def from_a_loop(path, home, calls):
    async def run():
        sender = AsyncStoreSender(endpoint(path, home), key_of(home))
        replies = [await sender(call, time.monotonic() + 10) for call in calls]
        await sender.aclose()
        return replies

    return asyncio.run(run())


def over_http(path, home, calls):
    replies = []
    with Store.open(path, home.master_key) as store, serving(store) as url:
        line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        for call in calls:
            request = wire.request_of(call, "conformance")
            line.request(request.method, request.path, request.body, request.headers)
            answer = line.getresponse()
            replies.append(Reply(answer.status, json.loads(answer.read())))
        line.close()
    return replies


def without_times(document):
    """The document of a log or a history, without the seconds at which the test ran."""
    for item in [*document.get("versions", ()), *document.get("events", ())]:
        item["at"] = 0
    return document


@pytest.mark.slow
def test_all_answers_are_equal(template, tmp_path):
    """Status and JSON of every case, in all three."""
    names, calls, statuses = zip(*cases.table())
    assert len(names) >= 150
    calls = [call.replaced(token=template.token) for call in calls]
    found = []
    for number, way in enumerate((in_process, from_a_loop, over_http)):
        path = str(tmp_path / f"{number}.db")
        shutil.copy(template.path, path)
        replies = way(path, template, calls)
        found.append([(r.status, without_times(r.data)) for r in replies])
    assert [*zip(names, (status for status, _ in found[0]))] == [*zip(names, statuses)]
    assert found[0] == found[1]
    assert found[0] == found[2]


def test_entries_have_a_tag_until_they_change(store_home):
    """With the tag the answer is 304 without values, after a write 200; tokens come first."""
    with serving(store_home.store) as url:
        line = Line(url)

        def read(token, known=""):
            fields = [f"If-None-Match: {known}"] if known else []
            status, headers, _ = line.send(head("GET", ENTRIES, token, *fields)).answer()
            return status, headers.get("etag", "")

        _, empty = read(store_home.token)
        assert read(store_home.token, empty) == (304, empty)
        line.send(post(f"{ENTRIES}/KEY", store_home.token, b'{"value": "v"}')).answer()
        status, tag = read(store_home.token, empty)
        assert (status, tag != empty) == (200, True)
        assert read(store_home.token, f"W/{tag}")[0] == 200
        assert read(store_home.token, tag) == (304, tag)
        assert read(None, tag) == (401, "")
        store_home.store.billing = "restricted"
        assert read(store_home.token, tag) == (402, "")
        line.close()
