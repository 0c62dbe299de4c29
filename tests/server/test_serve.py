"""``clovrix-env serve`` as a process: its sockets, signals, workers, log and refusals."""

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from condition.container import until
from server.raw import ENTRIES, Line, head, post

from clovrix_env import Client, ClovrixConnectionError
from clovrix_env.server.in_thread import serving
from clovrix_env.store import master_key

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="it needs fork()")]

ONE = f"{ENTRIES}/ONE"
VALUE = b'{"value": "x"}'
SERVE = [sys.executable, "-m", "clovrix_env", "serve"]


class Process:
    """A running server: ``lines`` are what it has printed, ``url`` its address."""

    def __init__(self, running):
        self.running = running
        self.pid = running.pid
        self.lines = [running.stdout.readline().rstrip("\n") for _ in range(2)]
        self.url = self.lines[0].removeprefix("export CLOVRIX_API_URL=")

    def workers(self):
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def end(self, number=signal.SIGTERM):
        """Its status and everything that it wrote on stderr."""
        self.running.send_signal(number)
        _, log = self.running.communicate(timeout=30)
        return self.running.returncode, log


@contextmanager
def server(home, *options, port="0", **more):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    words = [*more.pop("words", SERVE), "--port", port, "--store", home.url, *options]
    with subprocess.Popen(words, **{**pipes, **more}) as running:
        try:
            yield Process(running)
        finally:
            running.kill()


def refusal(home, *options, code="", words=SERVE, **more):
    """What a server that does not start prints on stderr."""
    words = [sys.executable, "-c", code, "serve", *options] if code else [*words, *options]
    environ = {**os.environ, "CLOVRIX_API_URL": home.url}
    ran = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=20, **more)
    assert ran.returncode == 125, ran
    return ran.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_answered(store_home, workers, number):
    """TERM or INT while its body arrives: it is answered, and the status is 0."""
    with server(store_home, "--workers", workers) as process:
        assert process.lines[1].startswith("export CLOVRIX_TOKEN=  #")
        with Client(store_home.token, process.url) as client:
            client.set_entry("backend", "production", "TWO", "2")
            assert client.get_entries("backend", "production") == {"TWO": "2"}
        begin = ("Content-Length: 14", "Expect: 100-continue")
        line = Line(process.url).send(head("POST", ONE, store_home.token, *begin))
        assert line.answer()[0] == 100  # it waits for the body
        line.send(VALUE[:-1])
        process.running.send_signal(number)
        time.sleep(0.3)
        assert line.send(VALUE[-1:]).answer()[0] == 201
        line.close()
        assert process.running.wait(timeout=15) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_term_as_soon_as_it_listens(store_home, workers):
    """TERM right after its lines ends it with 0, also before it has answered a request."""
    with server(store_home, "--workers", workers) as process:
        assert process.end() == (0, "")


def test_a_worker_that_dies_is_replaced_and_none_outlives_the_supervisor(store_home):
    """KILL of a worker, then of the supervisor: afterwards the port is free."""
    with server(store_home, "--workers", "2", "--log-format", "off") as process:
        until(lambda: len(process.workers()) == 2)
        first = process.workers()[0]
        os.kill(first, signal.SIGKILL)
        until(lambda: len(process.workers()) == 2 and first not in process.workers())
        with Client(store_home.token, process.url) as client:
            assert client.get_entries("backend", "production") == {}
        workers = process.workers()
        process.running.kill()
        until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers))
        with pytest.raises(ClovrixConnectionError):
            Client(store_home.token, process.url, max_retries=0).get_entries("backend", "x")


def test_a_unix_socket_is_for_its_owner(store_home, tmp_path):
    """Its mode is 0600; the socket of a killed server is replaced, that of a running one is not."""
    path = str(tmp_path / "clovrix.sock")
    for _ in range(2):
        words = [*SERVE, "--uds", path, "--log-format", "off"]
        environ = {**os.environ, "CLOVRIX_API_URL": store_home.url}
        with subprocess.Popen(words, env=environ, stderr=subprocess.PIPE, text=True) as running:
            assert running.stderr.readline() == f"clovrix-env: listening on {path}\n"
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
            with socket.socket(socket.AF_UNIX) as line:
                line.connect(path)
                line.sendall(head("GET", ENTRIES, store_home.token))
                assert line.recv(12) == b"HTTP/1.1 200"
            assert "another server listens" in refusal(store_home, "--uds", path)
            running.kill()


def passed(given, **variables):
    """The command of a server that gets ``given`` as systemd passes a socket."""
    variables = {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "clovrix-env.socket", **variables}
    pairs = [f"{name}={value}" for name, value in variables.items()]
    script = f'exec env LISTEN_PID=$$ "$@" 3<&{given.fileno()}'
    return {"words": ["bash", "-c", script, "bash", *pairs, *SERVE], "pass_fds": [given.fileno()]}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_socket_of_systemd(store_home, tmp_path, workers):
    """A connection waits in it during a restart, and the state of the server is reported."""
    show = f"cat {master_key.path_of(os.environ)}"
    key = f"cmd:sh -c 'echo $LISTEN_PID$LISTEN_FDS$NOTIFY_SOCKET; {show}'"
    options = ("--workers", workers, "--log-format", "off", "--master-key", key)
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(30)
        with socket.create_server(("127.0.0.1", 0)) as given:
            url = f"http://127.0.0.1:{given.getsockname()[1]}"
            for _ in range(2):
                waiting = Line(url).send(head("GET", ENTRIES, store_home.token))
                with server(store_home, *options, **passed(given, NOTIFY_SOCKET=path)) as process:
                    assert process.url == url
                    assert manager.recv(100) == b"READY=1"
                    assert waiting.answer()[0] == 200
                    assert process.end() == (0, "")
                    assert manager.recv(100) == b"STOPPING=1"
                waiting.close()


def test_a_socket_that_cannot_be_used(store_home, tmp_path):
    """Each is refused with the setting of the unit that helps; that of another process is not."""
    with (
        socket.create_server(("127.0.0.1", 0)) as given,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram,
        open(tmp_path / "file", "w") as file,
        socket.socket() as connected,
    ):
        connected.connect(given.getsockname())
        cases = [
            (given, {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "a:b"}, "must be 1, not '2' ('a:b')"),
            (given, {"LISTEN_FDS": "x"}, "give the service one .socket unit with one ListenStream"),
            (datagram, {}, "use ListenStream= with a port or a path, and Accept=no"),
            (connected, {}, "does not accept connections"),
            (file, {}, "descriptor 3 is not a socket"),
        ]
        for sent, variables, why in cases:
            assert why in refusal(store_home, **passed(sent, **variables)), why
        with server(store_home, **passed(given, LISTEN_PID="1")) as process:
            assert process.url != f"http://127.0.0.1:{given.getsockname()[1]}"


def test_https(store_home, authority, monkeypatch, tmp_path):
    """With a certificate the address is https, and plain HTTP gets no answer."""
    issued = authority._ca.issue_cert("127.0.0.1")
    pem = str(tmp_path / "server.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(pem)
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)
    with server(store_home, "--tls-cert", pem, "--workers", "2") as process:
        with Client(store_home.token, process.url) as client:
            assert client.get_entries("backend", "production") == {}
        assert process.url.startswith("https://")
        plain = Line(process.url).send(head("GET", ENTRIES, store_home.token))
        assert plain.answer()[0] == 0
        plain.close()
        assert process.end()[0] == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--host", "0.0.0.0", "--port", "0"], "without encryption\nclovrix-env: use --tls-cert"),
        (["--host", "nowhere.invalid"], "--host nowhere.invalid is unknown"),
        (["--tls-cert", "/dev/null"], "not a PEM certificate with its key"),
        (["--tls-cert", "absent.pem"], "absent.pem: No such file or directory"),
        (["--behind-proxy", "nginx"], "'nginx' is not an IP address or network"),
        (["--uds", "/dev/null"], "/dev/null exists and is not a socket"),
    ],
)
def test_what_is_refused(store_home, options, why):
    """Before it listens, with a remedy."""
    assert why in refusal(store_home, *options)


def test_a_port_in_use_and_a_missing_package(store_home):
    """Each is one problem with its remedy."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "Address already in use" in refusal(store_home, "--port", port)
    code = (
        "import sys; sys.modules['uvicorn'] = None\nfrom clovrix_env.cli.main import main; main()"
    )
    assert "run pip install 'clovrix-env[server]'" in refusal(store_home, code=code)


def test_other_machines_need_an_explicit_choice(store_home):
    """With --allow-http it listens, and prints the variable that its clients need."""
    with server(store_home, "--host", "0.0.0.0", "--allow-http", "--allowed-host", "db") as process:
        assert process.url.startswith("http://db:")
        line = process.running.stdout.readline()
        assert line == f"export CLOVRIX_ALLOW_HTTP={process.url.removeprefix('http://')}\n"


def test_a_store_of_an_older_format_is_not_ready(store_home):
    """``/readyz`` is 503 until a write has converted the store; ``/healthz`` stays 200."""
    with serving(store_home.store) as url:
        line = Line(url)
        assert line.send(head("GET", "/readyz")).answer()[0] == 200
        with sqlite3.connect(store_home.path) as other:
            other.execute("UPDATE store SET format = 1")
        other.close()
        assert line.send(head("GET", "/readyz")).answer()[0] == 503
        assert line.send(head("GET", "/healthz")).answer()[0] == 200
        line.close()


def test_a_server_goes_on_while_the_keys_are_rotated(store_home):
    """No request fails while other processes rotate, and the last one was idle meanwhile."""
    rotate = [sys.executable, "-m", "clovrix_env", "local", "rotate"]
    with server(store_home, "--log-format", "off") as process, server(store_home) as idle:
        with Client(store_home.token, process.url, max_retries=0) as client:
            for number, words in enumerate(
                (["master"], ["data", "backend"], ["master", "--finish"], ["master"]) * 2
            ):
                running = subprocess.Popen([*rotate, *words, "--store", store_home.url, "-q"])
                while running.poll() is None:
                    client.set_entry("backend", "production", "ONE", str(number))
                    assert client.get_entries("backend", "production") == {"ONE": str(number)}
                assert running.returncode == 0
        with Client(store_home.token, idle.url) as client:
            assert client.get_entries("backend", "production") == {"ONE": "7"}


def test_a_read_is_in_the_audit_before_it_is_answered(store_home):
    """``--audit-reads``: with several reads at once; 503 while the store cannot be written."""
    count = "SELECT count(*) FROM audit WHERE action = 'get_entries'"
    read = head("GET", ENTRIES, store_home.token)
    with server(store_home, "--audit-reads") as process:
        lines = [Line(process.url).send(read) for _ in range(8)]
        assert {line.answer()[0] for line in lines} == {200}
        with sqlite3.connect(store_home.path, isolation_level=None) as other:
            assert other.execute(count).fetchone() == (8,)
            other.execute("BEGIN IMMEDIATE")
            status, _, document = lines[0].send(read).answer()
            other.execute("ROLLBACK")
        other.close()
        assert (status, set(document)) == (503, {"error"})
        assert lines[0].send(read).answer()[0] == 200
        for line in lines:
            line.close()


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_shows_a_value_or_a_token(store_home, form):
    """Log, metrics and /proc of server and workers have neither; a planted leak is found."""
    value, token = "planted-value-1234567890", store_home.token
    secrets = (value, token, token[12:40])

    def shown(text):
        return [secret for secret in secrets if secret in text]

    options = ("--workers", "2", "--metrics", "--log-format", form)
    with server(store_home, *options) as process:
        line = Line(process.url)
        write = json.dumps({"value": value}).encode()
        typo = ENTRIES.replace("backend", token)
        for request in (
            post(ONE, token, write),
            head("GET", f"{ONE}?token={token}", token),
            head("GET", typo, token),
            head("GET", f"{ENTRIES}/{value}", token),
            head("GET", f"/{value}", token),
            post(ONE, token, write.replace(b"}", b"")),
        ):
            assert line.send(request).answer()[0] in (200, 201, 400, 404, 422)
        seen = line.send(head("GET", "/metrics")).answer()[2]
        line.close()
        assert 'requests_total{operation="set_entry",status="201"} 1' in seen
        for pid in (process.pid, *process.workers()):
            for name in ("environ", "cmdline"):
                seen += Path(f"/proc/{pid}/{name}").read_text()
        status, log = process.end()
    assert status == 0
    assert log.count("\n") == 6
    assert [json.loads(line)["status"] for line in log.splitlines() if form == "json"] in (
        [],
        [201, 200, 404, 422, 404, 400],
    )
    assert shown(seen + log) == []
    assert shown(f"{log}{value} {token}") == list(secrets)
