"""The places where values and tokens could show while a server runs, however much it logs."""

import json
import sqlite3
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from secrecy.search import Search, marker
from server.raw import ENTRIES, PREFIX, Line, head, post
from server.test_serve import server

pytestmark = [pytest.mark.deep, pytest.mark.timeout(180)]

# A server whose libraries log everything, and that fails with secrets in the message. The first
# argument is the place of a leak.
CODE = """
import asyncio, logging, sys
leak = sys.argv.pop(1)
logging.basicConfig(level=1)
logging.getLogger("uvicorn").addHandler(logging.StreamHandler())
asyncio.BaseEventLoop.slow_callback_duration = property(lambda loop: 0.0, lambda loop, given: None)
from clovrix_env.server.app import App
from clovrix_env.store.answer import Store

def fail(*secrets):
    raise ValueError(*secrets)

def refusal(app, request, usual=App._refusal):
    if "RAISE" in request.path:
        asyncio.get_running_loop().call_soon(fail, request.token)
    return usual(app, request)

def act(store, call, *more, usual=Store._act):
    if call.key == "RAISE":
        fail(call.items[0].value, call.token)
    if call.items and leak == "stderr":
        logging.getLogger("fake").debug("%r", call.items[0].value)
    return usual(store, call, *more)

App._refusal, Store._act = refusal, act
from clovrix_env.cli.main import main
main()
"""
ONE, HISTORY = f"{ENTRIES}/ONE", ENTRIES.replace(PREFIX, f"{PREFIX}/x-clovrix-env")


def table(value, token, revoked):
    """The status of each request. Value and token are wherever a request can have them."""
    write = json.dumps({"value": value}).encode()
    item = {"key": "TWO", "value": value}
    return [
        (201, post(ONE, token, write)),
        (200, post(ONE, token, b" " * 100_000 + write)),
        (200, post(ENTRIES, token, json.dumps({"entries": [item]}).encode())),
        (422, post(ENTRIES, token, json.dumps({"entries": [item, item]}).encode())),
        (422, post(ONE, token, json.dumps({"value": value * 2000}).encode())),
        (400, post(ONE, token, write[:-1])),
        (413, head("POST", ONE, token, f"Content-Length: {2**20}") + write),
        (415, post(ONE, token, write, f"Content-Encoding: {value}")),
        (200, head("GET", f"{ONE}?token={token}&value={value}", token)),
        (200, head("GET", ENTRIES, token, f'If-None-Match: "{value}"', f"X-Value: {value}")),
        (200, head("GET", f"{HISTORY}/ONE/history", token)),
        (200, head("DELETE", f"{HISTORY}/ONE", token)),
        (200, post(f"{HISTORY}/ONE/restore", token, b'{"version": 1}')),
        (404, head("GET", ENTRIES.replace("backend", token), token)),
        (422, head("GET", f"{ENTRIES}/{value}", token)),
        (404, head("GET", f"/{value}/{token}", token)),
        (401, head("GET", ENTRIES, revoked)),
        (401, head("GET", ENTRIES, None, f"Authorization: Basic {token}")),
        (421, head("GET", ENTRIES, token, f"Cookie: session={token}", host=value)),
        (400, f"GET {ENTRIES} {token} {value}\r\n\r\n".encode()),
        (431, head("GET", ENTRIES, token, *[f"X-{n}: {value}" for n in range(200)])),
        (500, post(f"{ENTRIES}/RAISE", token, write)),
        (500, post(f"{ENTRIES}/RAISE", token, b" " * 100_000 + write)),
    ]


def journal_while(path, act):
    """The contents of the files beside a store while ``act`` runs."""
    seen, ended = set(), threading.Event()

    def watch():
        while not ended.is_set():
            for side in ("-journal", "-wal"):
                with suppress(FileNotFoundError):
                    seen.add(Path(path + side).read_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    act()
    ended.set()
    watcher.join()
    return b"".join(seen)


@pytest.mark.parametrize(
    ("leak", "workers"),
    [("nowhere", "1"), ("nowhere", "2"), ("stderr", "2"), ("store.db", "1"), ("environ", "2")],
)
def test_nothing_shows_a_value_or_a_token(store_home, tmp_path, monkeypatch, leak, workers):
    """After reads, writes and failures no place has a part of them; a planted leak is found."""
    value, token, revoked = marker(), store_home.token, store_home.make_token("backend")
    store_home.store.revoke_token(revoked)
    search = Search({"value": value, "token": token, "revoked": revoked})
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    if leak == "environ":
        monkeypatch.setenv("FAKE", value)
    words = [sys.executable, "-X", "dev", "-c", CODE, leak, "serve"]
    options = ("--metrics", "--workers", workers)
    log = tmp_path / "server.log"
    with (
        log.open("wb") as stderr,
        server(store_home, *options, words=words, stderr=stderr) as process,
    ):

        def ask(*pieces):
            line = Line(process.url).send(*pieces)
            try:
                status, _, document = line.answer()
            finally:
                line.close()
            return status, document

        found = table(value, token, revoked)
        assert [ask(request)[0] for _, request in found] == [status for status, _ in found]
        Line(process.url).send(found[0][1][:-1]).close()  # in the middle of its body

        def write():
            for _ in range(50):
                assert ask(found[1][1])[0] == 200

        search.text("journal", journal_while(store_home.path, write))
        other = sqlite3.connect(store_home.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        assert ask(found[0][1])[0] == 503
        other.execute("ROLLBACK")
        other.execute("UPDATE version SET sealed = zeroblob(60)")
        if leak == "store.db":
            other.execute("INSERT INTO setting VALUES ('fake', ?)", (value,))
        other.close()
        assert ask(head("GET", ENTRIES, token))[0] == 500
        search.text("metrics", ask(head("GET", "/metrics"))[1])
        for pid in (process.pid, *process.workers()):
            for name in ("environ", "cmdline"):
                search.text(name, Path(f"/proc/{pid}/{name}").read_bytes())
        assert process.end()[0] == 0
    search.text("stderr", log.read_bytes())
    search.text("stdout", "\n".join(process.lines))
    for path in Path(store_home.path).parent.glob("store.db*"):
        search.text(path.name, path.read_bytes())
    assert search.hits() == ([] if leak == "nowhere" else [f"value in {leak}"])
