"""What we were started with is what the program is started with."""

import os
import resource
import signal
import time
from contextlib import ExitStack

import pytest
from condition.conftest import SOURCES
from condition.container import NOBODY, child_of, has_become, need
from launch.launcher import BACKGROUND, CLOSINGS, closing, until

START = ("backend", "staging", "--")
# What a process inherits and no variable shows.
TOLD = (
    "sh", "-c",
    "umask; nice; cat /proc/self/limits /proc/self/cgroup /proc/self/oom_score_adj; "
    "ps -o pgid=,sid=,tty= -p $$ | tr -d 0-9; pwd; chrt -p $$ | grep -v pid",
)  # fmt: skip
THROUGH = {
    "nothing": (),
    "umask": ("sh", "-c", 'umask 0137; exec "$@"', "sh"),
    "nice": ("nice", "-n", "7"),
    "rlimits": ("prlimit", "--nofile=99:300", "--core=4096", "--stack=4194304:9000000", "--cpu=77"),
    "oom": ("sh", "-c", 'echo 321 > /proc/self/oom_score_adj; exec "$@"', "sh"),
    "batch": ("chrt", "--batch", "0"),
    "setsid": ("setsid", "--wait"),
}

NOHUP = ("nohup",)
ALONE = (*NOBODY, "prlimit", "--nproc=1")


@pytest.mark.parametrize("through", THROUGH.values(), ids=THROUGH)
def test_what_no_variable_shows(launcher, source, through):
    """umask, niceness, limits, cgroup, scheduling, session and directory: unchanged by a start."""
    need(launcher, f"{through[:1]} does not work here", *through)
    plain = launcher.plain(*through, *TOLD)
    result = launcher(*START, *TOLD, through=through)
    assert (result.returncode, result.stdout) == (plain.returncode, plain.stdout)
    assert result.stderr == plain.stderr
    assert result.stdout.count(b"\n") > 15


@pytest.mark.parametrize("how", CLOSINGS, ids=lambda how: how or "all open")
def test_a_refusal_with_closed_streams(launcher, how):
    """Whoever hears it, the status tells it; and no file of the folder gets the words."""
    for words, status in ((("--", "no-such"), 127), (("--",), 125), (("-v", "--", "/"), 126)):
        result = launcher(*words, through=closing(how))
        assert (result.returncode, result.stdout) == (status, b"")
        assert (result.stderr != b"") == ("2>&-" not in how)
    assert os.listdir(launcher.folder) == [".env"]


@pytest.mark.parametrize("source", SOURCES, indirect=True)
def test_a_thousand_open_files(launcher, source):
    """All of them reach the program under their numbers, and none beside them."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 1200:
        pytest.skip("this system lets nobody open a thousand files")
    listing = ("sh", "-c", "ls /proc/$$/fd; exit 0")
    with ExitStack() as stack:
        files = [stack.enter_context(open(os.devnull)) for _ in range(1000)]
        numbers = [file.fileno() for file in files]
        plain = launcher.plain(*listing, pass_fds=numbers)
        result = launcher(*START, *listing, pass_fds=numbers)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout == plain.stdout
    assert set(map(int, result.stdout.split())) >= set(numbers)


@pytest.mark.parametrize(
    ("through", "number"),
    [(NOHUP, signal.SIGHUP), (BACKGROUND, signal.SIGINT), (BACKGROUND, signal.SIGQUIT)],
    ids=["nohup", "background INT", "background QUIT"],
)
def test_an_ignored_signal_while_it_waits(launcher, through, number):
    """The terminal that hangs up, or a Ctrl+C meant for others: the start goes on."""
    fifo = launcher.folder / "fifo"
    os.mkfifo(fifo)
    process = launcher.start("-f", "fifo", "--", "sh", "-c", "echo $A", through=through)
    with open(fifo, "w", encoding="ascii") as writer:  # waits for the reader
        os.kill(process.pid if through == NOHUP else child_of(process.pid), number)
        time.sleep(0.05)
        writer.write("A=1\n")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, b"1\n")
    assert b"Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_blocked_signal_while_it_fetches(launcher, hanging, number):
    """Blocked by whoever started us, it would be held up until the answer: it ends us at once."""
    hanging.fault("hang")
    process = launcher.start(*START, "true", through=("env", "--block-signal=TERM,INT"))
    until(lambda: hanging.requests)
    os.kill(process.pid, number)
    assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == -number


@pytest.mark.parametrize("source", SOURCES, indirect=True)
def test_no_process_and_no_thread_more(launcher, source):
    """RLIMIT_NPROC of one: fetched without a thread, and handed off as ever."""
    need(launcher, "setpriv cannot change the user here", *ALONE)
    result = launcher(*START, "env", through=ALONE)
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"SOURCE=clovrix\n" in result.stdout


def test_a_signal_without_a_thread(launcher, hanging):
    """It ends at once there too, though the main thread itself waits for the answer."""
    need(launcher, "setpriv cannot change the user here", *ALONE)
    hanging.fault("hang")
    process = launcher.start(*START, "true", through=ALONE)
    until(lambda: hanging.requests)
    assert not has_become(process.pid, "true")
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == -signal.SIGTERM
