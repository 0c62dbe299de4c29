"""The files of a server with PostgreSQL: nginx, two servers and systemd's socket, for real."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import pytest
from condition.container import until
from examples.conftest import TOP
from examples.stack import FILES, SERVERS, Stack
from launch.launcher import Launcher
from repeated import repeated
from server.clients import Clients
from server.raw import head

from clovrix_env import Client, ClovrixError

_ENTRIES = "/api/public/v1/projects/stg%2Feu/environments/production/entries"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = pytest.mark.skipif(not NGINX, reason="needs the package nginx")


@pytest.fixture(scope="module")
def stack(postgres, authority):
    """The services, in the order of the compose file's comments; ``token`` may write."""
    folder = tempfile.mkdtemp(prefix="stack", dir="/tmp")
    made = Stack(folder, postgres, authority)
    try:
        printed = made.run("init", "stg/eu", "--env", "production", "--env", "qa")
        assert printed.startswith("created    master key   in ")
        made.run("migrate")
        create = ("local", "token", "create", "--project", "stg/eu", "--role", "write")
        made.token = made.run("migrate", *create).strip()
        for name in (*SERVERS, "proxy"):
            made.start(name)
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


@pytest.fixture
def client(stack, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", stack.authority.file)
    with Client(stack.token, stack.url) as client:
        yield client


def test_api_is_served_through_nginx(stack, client):
    """The raw path arrives, large bodies do, and the counters of the servers are not public."""
    client.set_entry("stg/eu", "qa", "KEY", "v" * 30_000)
    items = [{"key": f"K{n}", "value": "x" * 30_000} for n in range(90)]
    client.set_entries("stg/eu", "qa", items)
    assert len(client.get_entries("stg/eu", "qa")) == 91
    assert stack.ask("GET", "/metrics")[0] == 404
    assert {line["project"] for line in stack.log() if "project" in line} == {"stg/eu"}


def test_address_of_a_client_cannot_be_forged(stack):
    """The log and the limit of attempts count by the address that nginx sees."""
    near, far = f"{stack.network}77", f"{stack.network}78"

    def attempt(number, source):
        headers = {"Authorization": "Bearer icr_wrong", "X-Forwarded-For": f"192.0.2.{number}"}
        return stack.ask("GET", _ENTRIES, source, **headers)[0]

    found = [attempt(number, near) for number in range(60)]
    assert (found[0], found[-1]) == (401, 429)
    assert attempt(0, far) == 401
    assert {near, far} <= {line["client"] for line in stack.log()} <= {near, far, "127.0.0.1"}


class Users(Clients):
    """Clients that write (0, 2) and read (1, 3) until the block ends, and what failed."""

    def __init__(self, stack):
        super().__init__(count=4)
        self.stack, self.failed, self.done = stack, [], [0] * 4

    def run(self, number):
        with Client(self.stack.token, self.stack.url) as client:
            while not self.stopping:
                try:
                    if number % 2:
                        client.get_entries("stg/eu", "production")
                    else:
                        client.set_entry("stg/eu", "production", f"N{number}", "v")
                except ClovrixError as error:
                    self.failed.append((number % 2, error.status_code))
                self.done[number] += 1

    def go_on(self):
        before = list(self.done)
        until(lambda: all(now > then + 5 for now, then in zip(self.done, before)))


@pytest.mark.parametrize("times", repeated(1, deep=25))
def test_restart_of_both_servers_loses_nothing(stack, client, times):
    """One after the other, under readers and writers."""
    with Users(stack) as users:
        for name in SERVERS * times:
            users.go_on()
            assert stack.end(name) == 0
            users.go_on()
            stack.start(name)
    assert users.failed == []


def test_server_that_is_killed_is_replaced_by_the_other(stack, client):
    """Reads and programs do not notice it. A write that it had begun has the status 502."""
    client.set_entry("stg/eu", "production", "KEY", "hello")
    environ = {**os.environ, "CLOVRIX_API_URL": stack.url, "CLOVRIX_TOKEN": stack.token}
    words = Launcher.argv("stg/eu", "production", "--", "printenv", "KEY")
    with Users(stack) as users:
        for name in SERVERS:
            users.go_on()
            stack.end(name, signal.SIGKILL)
            ran = subprocess.run(words, env=environ, capture_output=True)
            assert (ran.stdout, ran.stderr) == (b"hello\n", b"")
            users.go_on()
            stack.start(name)
    assert set(users.failed) <= {(0, 502)}


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="needs systemd")
def test_units_of_systemd(stack, tmp_path):
    """Its own checks, and the command of the service with a socket and credentials as it gets."""
    text = (FILES / "clovrix-env.service").read_text()
    text = text.replace("/opt/clovrix-env/bin/clovrix-env", f"{sys.executable} -m clovrix_env")
    (tmp_path / "clovrix-env.service").write_text(text)
    shutil.copy(FILES / "clovrix-env.socket", tmp_path)
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    for check in (["verify", *units], ["security", "--offline=true", "--threshold=20", units[0]]):
        ran = subprocess.run(["systemd-analyze", *check], capture_output=True, text=True)
        assert (ran.returncode, ran.stderr) == (0, "")

    lines = [line.split("=", 1) for line in text.splitlines() if "=" in line]
    credentials = f"{stack.folder}/secrets"
    assert {value.partition(":")[0] for name, value in lines if name == "LoadCredential"} <= set(
        os.listdir(credentials)
    )
    given = [value.replace("%d", credentials) for name, value in lines if name == "Environment"]
    environ = [f"--setenv={pair}" for value in given for pair in value.split()]
    path = f"{stack.folder}/server.sock"
    words = ["systemd-socket-activate", "-l", path, *environ, *dict(lines)["ExecStart"].split()]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=TOP) as process:
        try:
            assert process.stderr.readline() == f"Listening on {path} as 3.\n"
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(path)
                from_proxy = ("X-Forwarded-For: 192.0.2.7", "Connection: close")
                line.sendall(head("GET", _ENTRIES, stack.token, *from_proxy))
                assert line.recv(12) == b"HTTP/1.1 200"
            process.terminate()
            _, log = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, '"client": "192.0.2.7"' in log) == (0, True), log
