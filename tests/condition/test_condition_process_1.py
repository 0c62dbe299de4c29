"""As PID 1 of a container: it can be ended while it starts, and then the program is alone."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import sys
import time
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest
from condition.container import Inside, has_become, until
from launch.launcher import TOKEN
from loopback import black_hole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from condition.container import Container
    from conftest import StoreHome
    from launch.launcher import Launcher
    from loopback import Loopback

FETCH = ("backend", "staging", "--", "sleep", "9")
FILE = "".join(f"N{number}={'x' * 40}\n" for number in range(19_900))

# Leaves an orphan that ends, and says how many of the dead nobody has waited for.
ORPHAN = """
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(0.1)
    os._exit(0)
os.wait()
time.sleep(0.3)
states = []
for name in filter(str.isdigit, os.listdir("/proc")):
    with open(f"/proc/{name}/stat") as file:
        states.append(file.read().rpartition(")")[2].split()[0])
print(os.getpid(), states.count("Z"))
"""


@pytest.fixture
def silent(launcher: Launcher) -> Iterator[socket.socket]:
    """An https: address where connections are taken, and nothing is ever said."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        listening.settimeout(10)
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        launcher.environ.update(CLOVRIX_API_URL=url, CLOVRIX_TOKEN=TOKEN)
        yield listening


def connecting(port: int) -> int:
    """How many have been left waiting for a connection to a port."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        sockets = [line.split()[2:4] for line in file]
    return sockets.count([f"0100007F:{port:04X}", "02"])


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["TERM", "INT"]
)
@pytest.mark.parametrize("kind", ["hang", "drip_header", "drip_body", "retry", "two projects"])
def test_a_signal_while_clovrix_does_not_answer(
    container: Container, launcher: Launcher, slow: Loopback, number: int, status: int, kind: str
) -> None:
    """Before the answer, inside it, between two attempts, with a thread for each project."""
    if kind == "two projects":
        (launcher.folder / ".clovrix").write_text('extends = ["shared"]\n')
    if kind == "retry":
        slow.fault("answer", status=503, headers={"Retry-After": "8"})
    else:
        slow.fault(kind if kind.startswith("drip") else "hang")
    inside = container.start(*FETCH)
    until(lambda: slow.requests)
    assert inside.ended_by(number) == status


def test_a_signal_while_it_connects(container: Container, launcher: Launcher) -> None:
    """To an address that never takes the connection."""
    with black_hole() as port:
        launcher.environ.update(CLOVRIX_API_URL=f"http://127.0.0.1:{port}", CLOVRIX_TOKEN=TOKEN)
        before = connecting(port)
        inside = container.start(*FETCH)
        until(lambda: connecting(port) > before)
        assert inside.ended_by(signal.SIGTERM) == 143


@pytest.mark.parametrize("peer", ["server", "proxy"])
def test_a_signal_during_a_handshake(
    container: Container, launcher: Launcher, silent: socket.socket, peer: str
) -> None:
    """TLS that one side has begun; and where httpx asks a proxy it ends as soon."""
    if peer == "proxy":
        launcher.environ["HTTPS_PROXY"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        launcher.environ["CLOVRIX_API_URL"] = "https://clovrix.invalid"
    inside = container.start(*FETCH)
    with silent.accept()[0] as connection:
        assert (connection.recv(7) == b"CONNECT") == (peer == "proxy")
        assert inside.ended_by(signal.SIGTERM) == 143


@pytest.mark.parametrize("content", ["", FILE], ids=["waits", "parses"])
def test_a_signal_at_a_named_pipe(container: Container, launcher: Launcher, content: str) -> None:
    """Before anybody has written to it, and while the megabyte that came is read line by line."""
    fifo = launcher.folder / "fifo"
    os.mkfifo(fifo)
    inside = container.start("-f", "fifo", "--", "sleep", "9")
    with open(fifo, "w", encoding="ascii") as writer:  # waits for the reader
        if content:
            writer.write(content)
            writer.close()
            time.sleep(0.02)
        assert inside.ended_by(signal.SIGINT) == 130


def test_a_signal_while_the_store_is_locked(
    container: Container, launcher: Launcher, store_home: StoreHome
) -> None:
    """SQLite waits for a lock in steps, and between two of them it ends."""
    launcher.environ["CLOVRIX_API_URL"] = store_home.url
    with closing(sqlite3.connect(store_home.path)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        inside = container.start(*FETCH)
        until(lambda: has_open(inside, store_home.path))
        assert inside.ended_by(signal.SIGTERM) == 143


def has_open(inside: Inside, path: str) -> bool:
    folder = f"/proc/{inside.pid}/fd"
    for name in os.listdir(folder):
        with suppress(FileNotFoundError):  # closed in between
            if os.readlink(f"{folder}/{name}") == path:
                return True
    return False


def test_the_program_is_process_1(container: Container, slow: Loopback) -> None:
    """It has our pid, and what it does not wait for stays dead: as without us."""
    slow.fault("answer", body=b'{"entries": {}}')
    program = (sys.executable, "-c", ORPHAN)
    plain = container.start_plain(*program).ended()
    assert container.start("backend", "staging", "--", *program).ended() == plain
    assert plain == (0, b"1 1\n", b"")


def test_a_signal_to_a_program_with_a_handler(container: Container, launcher: Launcher) -> None:
    """It ends as the program says."""
    script = "trap 'echo bye; exit 7' TERM; touch ready; while :; do sleep 0.01; done"
    program = ("sh", "-c", script)
    ready = launcher.folder / "ready"
    for words in (program, (*launcher.argv(), "--", *program)):
        inside = container.start_plain(*words)
        until(ready.exists)
        ready.unlink()
        os.kill(inside.pid, signal.SIGTERM)
        assert inside.ended() == (7, b"bye\n", b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_a_program_without_a_handler(container: Container, number: int) -> None:
    """The kernel keeps it from PID 1, as without us: we leave no handler and no process behind."""
    started = [container.start_plain("sleep", "9"), container.start("--", "sleep", "9")]
    for inside in started:
        until(partial(has_become, inside.pid, "sleep"))
        os.kill(inside.pid, number)
    time.sleep(0.1)
    for inside in started:
        assert inside.process.poll() is None
        assert has_become(inside.pid, "sleep")
