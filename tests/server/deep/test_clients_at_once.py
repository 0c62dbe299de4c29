"""Many launchers on one host, which share their cached values, and one server."""

import json
import os
import time

import pytest
from server.test_serve import server

from clovrix_env.api.messages import Call, WriteItem

pytestmark = [pytest.mark.deep, pytest.mark.timeout(300)]

COUNT = 50


@pytest.mark.parametrize("workers", ["1", "2"])
def test_launchers_at_once_send_one_request(store_home, launched, workers):
    """All 50 get their value from one request, and one after ``max_age`` from a 304."""
    write = Call("set_entry", "backend", "production", "KEY", (WriteItem("KEY", "right"),))
    assert store_home.store.answer(write).status == 201
    arguments = ("--timeout", "60", "backend", "production", "--", "printenv", "KEY")
    with server(store_home, "--workers", workers, "--log-format", "json") as process:
        environ = {"CLOVRIX_API_URL": process.url, "CLOVRIX_TOKEN": store_home.token}
        launched.environ.update(environ, CLOVRIX_CACHE="max_age=5m")
        reader, writer = os.pipe()  # they begin at its end
        through = ("sh", "-c", f'read -r _ </dev/fd/{reader}; exec "$@"', "sh")
        started = [
            launched.start(*arguments, through=through, pass_fds=[reader]) for _ in range(COUNT)
        ]
        os.close(reader)
        os.close(writer)
        assert {one.communicate() for one in started} == {(b"right\n", b"")}
        time.sleep(1.1)
        late = launched(*arguments, env={"CLOVRIX_CACHE": "max_age=1s"})
        assert late.stdout == b"right\n"
        requests = [json.loads(line) for line in process.end()[1].splitlines()]
    found = [(request["operation"], request["status"]) for request in requests]
    assert found == [("get_entries", 200), ("get_entries", 304)]
    print(f"{COUNT} launchers at once, {workers} workers: 1 request, {COUNT} right")
