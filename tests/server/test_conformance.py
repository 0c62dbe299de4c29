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


def calls(token):
    for name, call, _ in cases.table():
        yield name, call.replaced(token=token)


def endpoint(path, token):
    return Endpoint(f"file:{path}", "base_url=", Token(token, ARGUMENT))


def in_process(path, home):
    sender = StoreSender(endpoint(path, home.token), {"CLOVRIX_MASTER_KEY": home.master_key.line()})
    answers = []
    for name, call in calls(home.token):
        reply = sender(call, time.monotonic() + 10)
        answers.append((name, reply.status, reply.data))
    sender.close()
    return answers


def from_a_loop(path, home):
    key = {"CLOVRIX_MASTER_KEY": home.master_key.line()}

    async def run():
        sender = AsyncStoreSender(endpoint(path, home.token), key)
        answers = []
        for name, call in calls(home.token):
            reply = await sender(call, time.monotonic() + 10)
            answers.append((name, reply.status, reply.data))
        await sender.aclose()
        return answers

    return asyncio.run(run())


def over_http(path, home):
    with Store.open(path, home.master_key) as store:
        return served(store, home)


def over_postgres(url, home):
    with InDatabase.named(url, "the test").opened(home.master_key) as store:
        return served(store, home)


def served(store, home):
    answers = []
    with serving(store) as url:
        line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        for name, call in calls(home.token):
            request = wire.request_of(call, "conformance")
            line.request(request.method, request.path, request.body, request.headers)
            answer = line.getresponse()
            answers.append((name, answer.status, json.loads(answer.read())))
        line.close()
    return answers


def comparable(answers, home):
    """Answers without the seconds at which the test ran, and without the id of its token."""
    for _, _, document in answers:
        for item in [*document.get("versions", ()), *document.get("events", ())]:
            item["at"] = 0
            item["token"] = item["token"] == home.token[4:12]
    return answers


@pytest.mark.slow
@pytest.mark.parametrize("database", ["file", "PostgreSQL"])
def test_all_answers_are_equal(tmp_path, database, request):
    """Status and JSON of every case, in every way to reach a store."""
    expected = [(name, status) for name, _, status in cases.table()]
    assert len(expected) >= 150
    home = template(tmp_path)
    ways = [in_process, from_a_loop, over_http]
    if database == "PostgreSQL":
        postgres = request.getfixturevalue("postgres")
        other = template(tmp_path, postgres.url(postgres.new()))
        ways = [in_process]
        in_database = comparable(over_postgres(other.url, other), other)
    found = []
    for number, way in enumerate(ways):
        path = str(tmp_path / f"{number}.db")
        shutil.copy(home.path, path)
        found.append(comparable(way(path, home), home))
    if database == "PostgreSQL":
        found.append(in_database)
    assert [(name, status) for name, status, _ in found[0]] == expected
    for other in found[1:]:
        assert found[0] == other
    print(f"{len(expected)} cases in {len(found)} ways")


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
