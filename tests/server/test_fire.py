"""Nothing that was acknowledged is lost, whoever is killed, revoked or first."""

import http.client
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from server.raw import ENTRIES
from server.test_serve import server

from clovrix_env.api.messages import Call, WriteItem

pytestmark = [pytest.mark.deep, pytest.mark.timeout(900)]

ROUNDS = int(os.environ.get("CLOVRIX_TEST_ROUNDS", "50"))
KEYS = 20
PLACE = ("backend", "production")


class Asker:
    """One connection. ``ask`` returns status and JSON, or ``(0, None)`` without an answer."""

    def __init__(self, url, token):
        self._line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=15)
        self._headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method, path, document=None):
        body = None if document is None else json.dumps(document)
        try:
            self._line.request(method, path, body, self._headers)
            answer = self._line.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            self._line.close()
            return 0, None

    def close(self):
        self._line.close()


def at_once(count, work):
    """The results of ``count`` threads that begin together."""
    barrier = threading.Barrier(count)

    def run(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.parametrize("killed", ["a worker", "all"])
def test_kill_under_bulk_writers(store_home, killed):
    """Of four writers no acknowledged batch is lost, and none is half written."""
    acknowledged, batch = [0] * 4, [0] * 4
    statuses = set()
    for turn in range(ROUNDS):
        with server(store_home, "--workers", "2", "--log-format", "off") as process:
            ends = threading.Event()

            def write(number, url=process.url, ends=ends):
                asker = Asker(url, store_home.token)
                while not ends.is_set():
                    batch[number] += 1
                    names, value = (f"W{number}_{key}" for key in range(KEYS)), str(batch[number])
                    items = [{"key": name, "value": value} for name in names]
                    status, _ = asker.ask("POST", ENTRIES, {"entries": items})
                    statuses.add(status)
                    if status == 200:
                        acknowledged[number] = batch[number]
                asker.close()

            writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
            for writer in writers:
                writer.start()
            time.sleep(0.3 + turn % 7 / 50)
            workers = process.workers()
            os.kill(workers[turn % 2] if killed == "a worker" else process.pid, signal.SIGKILL)
            if killed == "all":
                for pid in workers:
                    os.kill(pid, signal.SIGKILL)
            ends.set()
            for writer in writers:
                writer.join()
        reply = store_home.store.answer(Call("get_entries", *PLACE))
        found = (reply.data or {})["entries"]
        for number in range(4):
            values = {found.get(f"W{number}_{key}", "0") for key in range(KEYS)}
            assert len(values) == 1, "torn"
            assert acknowledged[number] <= int(*values) <= batch[number], "lost"
    assert statuses <= {0, 200, 503}
    print(f"{ROUNDS} kills of {killed}: {sum(batch)} batches sent, 0 acknowledged lost, 0 torn")


def test_one_new_key_and_the_last_places(store_home):
    """32 clients of four workers: one creates the key, and never is there a 501st."""
    fill = [WriteItem(f"F{number}", "") for number in range(480)]
    for start in range(0, 480, 100):
        call = Call("set_entries", *PLACE, items=tuple(fill[start : start + 100]))
        assert store_home.store.answer(call).status == 200
    with server(store_home, "--workers", "4", "--log-format", "off") as process:

        def write(key):
            asker = Asker(process.url, store_home.token)
            status, _ = asker.ask("POST", f"{ENTRIES}/{key}", {"value": "v"})
            while status == 503:
                status, _ = asker.ask("POST", f"{ENTRIES}/{key}", {"value": "v"})
            asker.close()
            return status

        for turn in range(10):
            assert sorted(at_once(32, lambda _, key=f"K{turn}": write(key))) == [200] * 31 + [201]
        created = at_once(32, lambda number: write(f"L{number}"))
    assert sorted(created) == [201] * 10 + [422] * 22
    for turn in range(10):
        history = store_home.store.answer(Call("get_history", *PLACE, f"K{turn}")).data or {}
        assert [version["number"] for version in history["versions"]] == [*range(1, 33)]


def test_a_revocation_holds_at_the_next_request(store_home):
    """Also while eight clients of two workers read and write with the token."""
    with server(store_home, "--workers", "2", "--log-format", "off") as process:
        for _ in range(ROUNDS):
            token = store_home.make_token("backend")
            revoked = threading.Event()

            def use(number, token=token, revoked=revoked):
                asker, after = Asker(process.url, token), []
                while len(after) < 3:
                    was_revoked = revoked.is_set()
                    method, body = ("GET", None) if number % 2 else ("POST", {"value": "v"})
                    status, _ = asker.ask(method, f"{ENTRIES}/KEY", body)
                    assert status in (200, 201, 404, 401, 429, 503)
                    if was_revoked:
                        after.append(status)
                asker.close()
                return after

            with ThreadPoolExecutor(8) as pool:
                found = [pool.submit(use, number) for number in range(8)]
                time.sleep(0.1)
                store_home.store.revoke_token(token)
                revoked.set()
                assert {status for one in found for status in one.result()} <= {401, 429, 503}
