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
from clovrix_env.store.location import InDatabase
from tests.conftest import StoreHome

PROJECTS = ["backend", *cases.ODD_NAMES, cases.FULL[0]]


def template(folder, database=None):
    """A store without entries, which every way copies."""
    home = StoreHome(folder, database)
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
    with Store.open(path, home.master_key) as store:
        return served(store, calls)


def served(store, calls):
    replies = []
    with serving(store) as url:
        line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        for call in calls:
            request = wire.request_of(call, "conformance")
            line.request(request.method, request.path, request.body, request.headers)
            answer = line.getresponse()
            replies.append(Reply(answer.status, json.loads(answer.read())))
        line.close()
    return replies


def comparable(replies, home):
    """Answers without the seconds at which the test ran, and without the id of its token."""
    for reply in replies:
        for item in [*reply.data.get("versions", ()), *reply.data.get("events", ())]:
            item["at"] = 0
            item["token"] = item["token"] == home.token[4:12]
    return [(reply.status, reply.data) for reply in replies]


@pytest.mark.slow
@pytest.mark.parametrize("database", ["file", "PostgreSQL"])
def test_all_answers_are_equal(tmp_path, database, request):
    """Status and JSON of every case, in every way to reach a store."""
    names, calls, statuses = zip(*cases.table())
    assert len(names) >= 150
    home, found = template(tmp_path), []

    def of(home):
        return [call.replaced(token=home.token) for call in calls]

    for way in (in_process, from_a_loop, over_http)[: 3 if database == "file" else 1]:
        path = str(tmp_path / f"{way.__name__}.db")
        shutil.copy(home.path, path)
        found.append(comparable(way(path, home, of(home)), home))
    if database == "PostgreSQL":
        postgres = request.getfixturevalue("postgres")
        other = template(tmp_path, postgres.url(postgres.new()))
        with InDatabase.named(other.url, "the test").opened(other.master_key) as store:
            found.append(comparable(served(store, of(other)), other))
    assert [*zip(names, (status for status, _ in found[0]))] == [*zip(names, statuses)]
    for other in found[1:]:
        assert found[0] == other


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
