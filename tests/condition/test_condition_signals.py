"""A signal at any moment of a start, as PID 1 too, ends it; then the program is alone."""

import os
import signal
import socket
import sqlite3
import sys
import time
from contextlib import closing, suppress
from functools import partial

import pytest
from condition.conftest import SOURCES
from condition.container import has_become
from launch.launcher import TOKEN, until
from loopback import black_hole
from repeated import repeated

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
def states():
    for name in filter(str.isdigit, os.listdir("/proc")):
        with open(f"/proc/{name}/stat") as file:
            yield file.read().rpartition(")")[2].split()[0]
while "Z" not in states():
    time.sleep(0.01)
print(os.getpid(), [*states()].count("Z"))
"""


@pytest.fixture
def silent(launcher):
    """An https: address where connections are taken, and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        launcher.environ.update(CLOVRIX_API_URL=url, CLOVRIX_TOKEN=TOKEN)
        yield listening


def connecting(port):
    """How many have been left waiting for a connection to a port."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        sockets = [line.split()[2:4] for line in file]
    return sockets.count([f"0100007F:{port:04X}", "02"])


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["TERM", "INT"]
)
@pytest.mark.parametrize("kind", ["hang", "drip_header", "drip_body", "retry", "two projects"])
def test_a_signal_while_clovrix_does_not_answer(container, launcher, hanging, number, status, kind):
    """Before the answer, inside it, between two attempts, with a thread for each project."""
    if kind == "two projects":
        (launcher.folder / ".clovrix").write_text('extends = ["shared"]\n')
    if kind == "retry":
        hanging.fault("answer", status=503, headers={"Retry-After": "8"})
    else:
        hanging.fault(kind if kind.startswith("drip") else "hang")
    inside = container.start(*FETCH)
    until(lambda: hanging.requests)
    assert inside.ended_by(number) == status


def test_a_signal_while_it_connects(container, launcher):
    """To an address that never takes the connection."""
    with black_hole() as port:
        launcher.environ.update(CLOVRIX_API_URL=f"http://127.0.0.1:{port}", CLOVRIX_TOKEN=TOKEN)
        before = connecting(port)
        inside = container.start(*FETCH)
        until(lambda: connecting(port) > before)
        assert inside.ended_by(signal.SIGTERM) == 143


@pytest.mark.parametrize("peer", ["server", "proxy"])
def test_a_signal_during_a_handshake(container, launcher, silent, peer):
    """TLS that one side has begun; and where httpx asks a proxy it ends as soon."""
    if peer == "proxy":
        launcher.environ["HTTPS_PROXY"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        launcher.environ["CLOVRIX_API_URL"] = "https://clovrix.invalid"
    inside = container.start(*FETCH)
    with silent.accept()[0] as connection:
        assert (connection.recv(7) == b"CONNECT") == (peer == "proxy")
        assert inside.ended_by(signal.SIGTERM) == 143


@pytest.mark.parametrize("content", ["", FILE], ids=["waits", "parses"])
def test_a_signal_at_a_named_pipe(container, launcher, content):
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


def test_a_signal_while_the_store_is_locked(container, launcher, store_home):
    """SQLite waits for a lock in steps, and between two of them it ends."""
    launcher.environ["CLOVRIX_API_URL"] = store_home.url
    with closing(sqlite3.connect(store_home.path)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        inside = container.start(*FETCH)
        until(lambda: has_open(inside, store_home.path))
        assert inside.ended_by(signal.SIGTERM) == 143


def has_open(inside, path):
    folder = f"/proc/{inside.pid}/fd"
    for name in os.listdir(folder):
        with suppress(FileNotFoundError):  # closed in between
            if os.readlink(f"{folder}/{name}") == path:
                return True
    return False


def test_the_program_is_process_1(container, hanging):
    """It has our pid, and what it does not wait for stays dead: as without us."""
    hanging.fault("answer", body=b'{"entries": {}}')
    program = (sys.executable, "-c", ORPHAN)
    plain = container.start_plain(*program).ended()
    assert container.start("backend", "staging", "--", *program).ended() == plain
    assert plain == (0, b"1 1\n", b"")


def test_a_signal_to_a_program_with_a_handler(container, launcher):
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
def test_a_signal_to_a_program_without_a_handler(container, number):
    """The kernel keeps it from PID 1, as without us: we leave no handler and no process behind."""
    started = [container.start_plain("sleep", "9"), container.start("--", "sleep", "9")]
    for inside in started:
        until(partial(has_become, inside.pid, "sleep"))
        os.kill(inside.pid, number)
    time.sleep(0.1)
    for inside in started:
        assert inside.process.poll() is None
        assert has_become(inside.pid, "sleep")


# Says ! on stdout when one of our modules is loaded for the first time: the first of all, or the
# first after our first line, which takes Python's own handler of INT and its traceback away.
START = """
import os, sys
class Ready:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "{first}":
            sys.meta_path.remove(Ready)
            os.write(1, b"!")
sys.meta_path.insert(0, Ready)
from clovrix_env.cli.exec import main
main()
"""
FIRST = {signal.SIGTERM: "clovrix_env", signal.SIGINT: "clovrix_env.errors"}


class Interrupted:
    """Starts of one kind, each interrupted after ``begin``."""

    def __init__(self, launcher, scratch):
        self._launcher = launcher
        scratch.mkdir()
        launcher.environ["TMPDIR"] = str(scratch)  # in the folder that is looked through
        self.ours = 0
        self.span = sorted(self._whole() for _ in range(3))[1]
        self._before = self._files()

    def _whole(self):
        """How long a start takes from our first module to the program."""
        begun, process = self._begin(signal.SIGTERM)
        until(lambda: has_become(process.pid, "sleep"))
        span = time.monotonic() - begun
        self._end(process, signal.SIGTERM)
        return span

    def _begin(self, number):
        code = START.format(first=FIRST[number])
        process = self._launcher.start_plain(sys.executable, "-c", code, *FETCH)
        assert process.stdout.read(1) == b"!", process.communicate()
        return time.monotonic(), process

    def _end(self, process, number):
        """It ends by the signal, in silence; both pipes are at their end, so no child holds one."""
        os.kill(process.pid, number)
        assert process.communicate(timeout=30) == (b"", b"")
        assert process.returncode == -number

    def _files(self):
        tops = map(str, (self._launcher.folder.parent, self._launcher.environ["HOME"]))
        return {
            os.path.join(folder, name)
            for top in tops
            for folder, folders, files in os.walk(top)
            for name in (*folders, *files)
        }

    def at(self, moment, number):
        """Interrupt one start when so much of it, from 0 to 1, has gone by."""
        begun, process = self._begin(number)
        time.sleep(max(0.0, begun + self.span * moment - time.monotonic()))
        if has_become(process.pid, "sleep"):
            self.span *= 0.95  # the machine was busier when it was measured
        else:
            self.ours += 1
        self._end(process, number)
        assert self._files() == self._before


@pytest.mark.parametrize("count", repeated(40, deep=400))
@pytest.mark.parametrize("source", SOURCES, indirect=True)
def test_a_signal_at_any_moment(launcher, tmp_path, source, count):
    """No traceback, no child, no file, no folder, no journal of the store; and its own status."""
    starts = Interrupted(launcher, tmp_path / "scratch")
    begun = 0
    # Until so many ended while they were still ours, and not yet the program.
    while starts.ours < count and begun < 4 * count:
        number = (signal.SIGTERM, signal.SIGINT)[begun % 2]
        starts.at(begun % count / (count - 1), number)
        begun += 1
    print(f"{begun} starts of {starts.span * 1000:.0f} ms, {starts.ours} ended while still ours")
    assert starts.ours == count
