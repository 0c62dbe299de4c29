"""Two servers on one PostgreSQL: whatever is killed under writers, nothing acknowledged is lost."""

import http.client
import json
import os
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from condition.container import until
from postgres import running
from server.clients import Clients
from server.raw import ENTRIES
from server.test_serve import server

from clovrix_env.api.messages import Call
from clovrix_env.store.location import InDatabase

pytestmark = pytest.mark.slow
KEYS = 3
OF_US = "FROM pg_stat_activity WHERE application_name = 'clovrix-env' LIMIT 1"


class Servers:
    """Two servers on a store."""

    def __init__(self, home, stack):
        self.home, self.stack, self.running, self.addresses = home, stack, [None] * 2, ["", ""]
        for number in range(2):
            self.start(number)

    def start(self, number):
        port = self.addresses[number].rpartition(":")[2] or "0"
        serving = server(self.home, "--log-format", "off", port=port, stderr=None)
        process = self.stack.enter_context(serving)
        self.running[number] = process
        self.addresses[number] = urlsplit(process.url).netloc

    def kill(self, number):
        self.running[number].running.kill()
        self.running[number].running.wait()
        self.start(number)


class Writers(Clients):
    """Clients that write numbers until the block ends, each to keys of its own and to one server.

    ``statuses`` are those of all answers; ``sent`` and ``written`` are the last number that was
    sent, and the last that was acknowledged.
    """

    def __init__(self, servers, token, count=4):
        super().__init__(count)
        self.servers, self.token = servers, token
        self.statuses, self.sent, self.written = set(), [0] * count, [0] * count

    def run(self, number):
        headers = {"Authorization": f"Bearer {self.token}"}
        while not self.stopping:
            self.sent[number] = value = self.sent[number] + 1
            line = http.client.HTTPConnection(self.servers.addresses[number % 2], timeout=30)
            try:
                entries = [{"key": f"W{number}_{n}", "value": str(value)} for n in range(KEYS)]
                line.request("POST", ENTRIES, json.dumps({"entries": entries}), headers)
                answer = line.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):  # the server was killed
                time.sleep(0.02)
                continue
            finally:
                line.close()
            self.statuses.add(answer.status)
            if answer.status < 300:
                self.written[number] = value
            else:
                assert answer.getheader("Retry-After")
                time.sleep(0.02)

    def go_on(self):
        """Wait until each has written once more; the seconds that it took."""
        since, before = time.monotonic(), list(self.written)
        until(lambda: all(now > then for now, then in zip(self.written, before)))
        return time.monotonic() - since

    def check(self, store):
        """Nothing is lost or torn, no other status was seen, and the store is sound."""
        assert self.statuses <= {200, 201, 503}
        found = store.answer(Call("get_entries", "backend", "production")).data["entries"]
        for number, (written, sent) in enumerate(zip(self.written, self.sent)):
            values = {found[f"W{number}_{key}"] for key in range(KEYS)}
            assert len(values) == 1, "torn"
            assert written <= int(*values) <= sent, "lost"
        assert store.verify() == []


def disturbed(home, times, disturb):
    """The longest pause of writers on two servers after each of several calls of ``disturb``."""
    with ExitStack() as stack:
        servers = Servers(home, stack)
        with Writers(servers, home.token) as writers:
            writers.go_on()
            pauses = []
            for number in range(times):
                disturb(servers, number)
                pauses.append(writers.go_on())
        home.store.close()
        with home.location.opened(home.master_key) as store:
            writers.check(store)
        print(f"{times} ×: longest pause {max(pauses):.1f} s; {sum(writers.written)} acknowledged")
        return max(pauses)


def kill(database):
    """Kill a server, a backend or the whole database, in turn; ``disturb`` of ``disturbed``."""

    def disturb(servers, number):
        if number % 3 == 0:
            servers.kill(number % 2)
        elif number % 3 == 1:
            pid = database.sql(f"SELECT pid {OF_US}").strip()
            os.kill(int(pid), 9) if pid else None
        else:
            database.stop("immediate")
            database.start()

    return disturb


def test_nothing_acknowledged_is_lost(own):
    """A server, a backend and the database are killed under writers, who see 503 at most."""
    disturbed(own, 3, kill(own.database))


@pytest.mark.deep
@pytest.mark.timeout(1200)
def test_nothing_acknowledged_is_lost_in_50_kills(own):
    """The same 50 times, and each time all are served again within 10 seconds."""
    assert disturbed(own, 50, kill(own.database)) <= 10


@pytest.mark.deep
def test_a_replica_is_promoted(own):
    """The address names both hosts: after the promotion all goes on, and nothing is lost."""
    primary = own.database
    with running(primary=primary, fsync="on") as replica:
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.sql("SELECT pg_reload_conf()")
        own.store.close()
        own.url = f"postgresql://postgres@/postgres?host={primary.folder},{replica.folder}"
        own.location = InDatabase.named(own.url, "the test")

        def promote(servers, number):
            primary.stop("immediate")
            replica.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
            replica.run("pg_ctl", "-w", "-D", replica.data, "promote")
            replica.sql("SELECT pg_reload_conf()")

        assert disturbed(own, 1, promote) <= 10
        primary.start()
