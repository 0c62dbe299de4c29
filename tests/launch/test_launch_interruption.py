"""TERM and INT end a start at once, as they end any program, and never with a traceback."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest
from launch.launcher import TOKEN
from loopback import serve

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from launch.launcher import Launcher
    from loopback import Loopback

MOMENTS = 20
BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
FETCH = ("backend", "staging", "--", "true")


@pytest.fixture
def slow(launcher: Launcher) -> Iterator[Loopback]:
    """A server whose faults may hang; ``launcher`` knows address and token."""
    with serve() as running:
        launcher.environ.update(CLOVRIX_API_URL=running.url, CLOVRIX_TOKEN=TOKEN)
        yield running


def until(condition: Callable[[], object]) -> None:
    """Wait until something holds; a test that waits in vain fails."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.0005)


def ended_by(process: subprocess.Popen[bytes], number: int, pid: int | None = None) -> int:
    """The status, after a signal; it came within half a second and nothing was said."""
    begun = time.monotonic()
    os.kill(process.pid if pid is None else pid, number)
    out, err = process.communicate(timeout=10)
    assert time.monotonic() - begun < 0.5
    assert (out, err) == (b"", b"")
    return process.returncode


def status_of(pid: int) -> tuple[str, bool]:
    """What a process is called, and whether it has a handler for INT."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        status = dict(line.split(":", 1) for line in file)
    return status["Name"].strip(), bool(int(status["SigCgt"], 16) >> (signal.SIGINT - 1) & 1)


def has_begun(pid: int) -> bool:
    """Wait for our first line, which takes Python's handler of INT away; false: missed it."""
    seen = False
    while True:
        name, caught = status_of(pid)
        if name == "sleep" or (seen and not caught):
            return seen
        seen = seen or caught


@BOTH
@pytest.mark.parametrize("kind", ["hang", "drip_body", "retry"])
def test_a_signal_while_it_fetches(
    launcher: Launcher, slow: Loopback, number: int, kind: str
) -> None:
    """Before the answer, in the middle of it, between two attempts: it ends by that signal."""
    if kind == "retry":
        slow.fault("answer", status=503, headers={"Retry-After": "8"})
    else:
        slow.fault(kind)
    process = launcher.start(*FETCH)
    until(lambda: slow.requests)
    assert ended_by(process, number) == -number


def test_a_signal_while_it_waits_for_a_named_pipe(launcher: Launcher) -> None:
    """A FIFO that nobody writes to does not hold up the end either."""
    fifo = launcher.folder / "fifo"
    os.mkfifo(fifo)
    process = launcher.start("-f", "fifo", "--", "true")
    writer = None

    def has_reader() -> bool:
        nonlocal writer
        try:
            writer = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return False
        return True

    until(has_reader)
    try:
        assert ended_by(process, signal.SIGTERM) == -signal.SIGTERM
    finally:
        assert writer is not None
        os.close(writer)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_to_process_1(
    launcher: Launcher, slow: Loopback, number: int, status: int
) -> None:
    """For PID 1 the kernel has no default action: it ends with the status of a shell."""
    container = ("unshare", "--pid", "--fork", "--mount-proc")
    if os.geteuid() != 0 or launcher.plain(*container, "true").returncode != 0:
        pytest.skip("no PID namespace can be made here")
    slow.fault("hang")
    process = launcher.start(*FETCH, through=container)
    until(lambda: slow.requests)
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
        (first,) = map(int, file.read().split())
    assert ended_by(process, number, first) == status


def test_an_ignored_interrupt_stays_ignored(launcher: Launcher, slow: Loopback) -> None:
    """A background job lives on after Ctrl+C, also while it fetches."""
    slow.fault("hang")
    process = launcher.start(*FETCH, through=("env", "--ignore-signal=INT"))
    until(lambda: slow.requests)
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.1)
    assert process.poll() is None
    assert ended_by(process, signal.SIGTERM) == -signal.SIGTERM


@BOTH
def test_a_signal_at_any_moment(launcher: Launcher, slow: Loopback, number: int) -> None:
    """From our first line to the program's: it ends by the signal, and no traceback is ever seen.

    INT before our first line is Python's, which has not begun to run us.
    """
    slow.fault("answer", body=b'{"entries": {"A": "1"}}')

    def start() -> subprocess.Popen[bytes]:
        while True:
            process = launcher.start("backend", "staging", "--", "sleep", "5")
            if number == signal.SIGTERM or has_begun(process.pid):
                return process

    measured = start()
    begun = time.monotonic()
    until(lambda: status_of(measured.pid)[0] == "sleep")
    whole = time.monotonic() - begun
    for moment in range(MOMENTS):
        process = start()
        time.sleep(whole * moment / (MOMENTS - 1))
        assert ended_by(process, number) == -number
