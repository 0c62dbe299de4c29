"""A server that reads and writes for minutes does not grow."""

import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import pytest
from server.raw import ENTRIES
from server.test_fire import Asker
from server.test_serve import server

SECONDS = int(os.environ.get("CLOVRIX_TEST_SECONDS", "300"))
pytestmark = [pytest.mark.deep, pytest.mark.timeout(SECONDS + 120)]

CONNECTIONS, KEYS = 16, 20
# Of all processes, in MiB for memory, between the second tenth of the time and the last.
MOST = {"memory": 8, "descriptors": 3, "threads": 16}


def sizes(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    return {
        "memory": int(fields["VmRSS"].split()[0]) / 1024,
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "threads": int(fields["Threads"]),
    }


def use(url, token, number, end):
    """Read and write until the end; the number of requests by status."""
    statuses = Counter()
    asker = Asker(url, token)
    turn = 0
    while time.monotonic() < end:
        turn += 1
        key = f"{ENTRIES}/KEY_{(turn + number) % KEYS}"
        requests = [("GET", ENTRIES, None), ("POST", key, {"value": str(turn)})]
        if turn % 50 == 0:  # a new connection, and two requests that are refused
            asker.close()
            asker = Asker(url, token)
            requests += [("GET", f"/{turn}", None), ("POST", key, {"value": 1})]
        for request in requests:
            status, _ = asker.ask(*request)
            statuses[status] += 1
    asker.close()
    return statuses


def test_nothing_grows(store_home):
    """Memory, descriptors and threads of all processes are those of the beginning."""
    with server(store_home, "--workers", "2", "--log-format", "off") as process:
        start = time.monotonic()
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            clients = [
                pool.submit(use, process.url, store_home.token, number, start + SECONDS)
                for number in range(CONNECTIONS)
            ]
            found = []
            while time.monotonic() < start + SECONDS - 1:
                time.sleep(SECONDS / 200)
                pids = (process.pid, *process.workers())
                found.append((time.monotonic() - start, Counter()))
                for pid in pids:
                    found[-1][1].update(sizes(pid))
        statuses = sum((client.result() for client in clients), Counter())
        assert process.end() == (0, "")
    early = [size for at, size in found if 0.1 < at / SECONDS < 0.2]
    late = [size for at, size in found if at / SECONDS > 0.9]
    grown = {
        name: median(size[name] for size in late) - median(size[name] for size in early)
        for name in MOST
    }
    print(f"{SECONDS} s, statuses {dict(statuses)}, {dict(late[-1])}, grown by {grown}")
    assert set(statuses) <= {200, 201, 400, 404, 503}
    assert {name: size for name, size in grown.items() if size > MOST[name]} == {}
