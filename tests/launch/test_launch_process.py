"""What the program finds: our pid, its own status, signals and descriptors, and nothing of ours."""

import os
import signal
import sys

import pytest
from launch.launcher import BACKGROUND, CLOSINGS, closing

DEATHS = ["INT", "TERM", "KILL", "SEGV", "PIPE"]
STATUS = ("cat", "/proc/self/status")
# The C library's own, for its threads: its posix_spawn ignores them in the child.
INTERNAL = {32, 33}
LIST = ("sh", "-c", "(ls -l /proc/$$/fd > list); exit 0")


@pytest.mark.parametrize("status", [0, 1, 125, 126, 127, 128, 255])
def test_the_status_is_the_programs(launcher, status):
    """Also one that is ours or a shell's otherwise."""
    result = launcher("--", "sh", "-c", f"exit {status}")
    assert (result.returncode, result.stdout, result.stderr) == (status, b"", b"")


@pytest.mark.parametrize("name", DEATHS)
def test_a_death_by_signal_is_the_programs(launcher, name):
    """A program that a signal ended was ended by that signal, and no status stands for it."""
    result = launcher("--", "sh", "-c", f"ulimit -c 0; kill -{name} $$; sleep 5")
    assert result.returncode == -getattr(signal, f"SIG{name}")
    assert result.stderr == b""


def test_the_program_has_our_pid(launcher):
    """It is the same process, and its parent is ours."""
    process = launcher.start("--", "sh", "-c", "echo $$ $PPID")
    assert process.communicate(timeout=50)[0] == f"{process.pid} {os.getpid()}\n".encode()


def test_a_fault_of_ours_is_125(launcher):
    """Even an error that nobody thought of does not look like a status of the program."""
    broken = "import clovrix_env.resolution.resolve as r; r.resolve = None; "
    start = "from clovrix_env.cli.exec import main; main()"
    result = launcher.plain(sys.executable, "-c", broken + start, "--", "true")
    assert result.returncode == 125
    assert b"TypeError" in result.stderr


def masks(text):
    """Of SigBlk, SigIgn and the like, the numbers of the signals."""
    found = {}
    for line in text.decode().splitlines():
        name, _, value = line.partition(":")
        if name.startswith("Sig") and name != "SigQ":
            bits = int(value, 16)
            numbers = {number for number in range(1, 65) if bits >> (number - 1) & 1}
            found[name] = numbers - INTERNAL
    return found


def test_the_program_starts_with_every_signal_at_its_default(launcher):
    """Python ignores SIGPIPE and SIGXFSZ for itself; the program does not inherit that."""
    found = masks(launcher("--", *STATUS).stdout)
    assert found == masks(launcher.plain(*STATUS).stdout)
    assert found["SigIgn"].isdisjoint({signal.SIGPIPE, signal.SIGXFSZ})


@pytest.mark.parametrize(
    ("through", "ignored"),
    [
        (BACKGROUND, {signal.SIGINT, signal.SIGQUIT}),
        (("env", "--ignore-signal=HUP,INT,TERM", "--block-signal=USR1"), {1, 2, 15}),
    ],
    ids=["background", "env"],
)
def test_what_was_ignored_stays_ignored_and_nothing_is_blocked(launcher, through, ignored):
    """A background job means the program; signals that are blocked would never reach it."""
    found = masks(launcher("--", *STATUS, through=through).stdout)
    assert found["SigIgn"] >= ignored
    assert found == {**masks(launcher.plain(*through, *STATUS).stdout), "SigBlk": set()}


def listed(launcher):
    """What LIST found open: a number and what it leads to."""
    lines = (launcher.folder / "list").read_text().splitlines()
    return sorted(" ".join(line.split()[8:]) for line in lines if " -> " in line)


@pytest.mark.parametrize("kind", ["files", "https", "store"])
@pytest.mark.parametrize("how", CLOSINGS, ids=lambda how: how or "all open")
def test_the_program_has_what_it_would_have_without_us(launcher, source, kind, how):
    """No file, socket or store of ours is left; and what was closed for us is closed for it."""
    with open(os.devnull, "r+b") as nothing:
        streams = {"stdin": nothing, "stdout": nothing, "stderr": nothing}
        launcher.plain(*closing(how), *LIST, **streams)
        plain = listed(launcher)
        result = launcher(*source(kind).split(), "--", *LIST, through=closing(how), **streams)
    assert result.returncode == 0
    assert listed(launcher) == plain
    assert len(plain) == 3 - how.count("&-")


def test_standard_input_is_the_programs(launcher):
    """Not a byte of it was read before the program was there."""
    result = launcher("--", "cat", stdin=None, input=b"one\ntwo\n")
    assert result.stdout == b"one\ntwo\n"


@pytest.mark.parametrize("how", ["2>&-", "2>/dev/full"])
def test_a_message_that_cannot_be_written_goes_nowhere(launcher, how):
    """Never into the program's output; and 127 stays 127 where there is nobody to tell it to."""
    env = {"CLOVRIX_ENVIRONMENT": "production", "CLOVRIX_REMOTE": "off"}
    launch = ("--set", "A=1", "--", "echo", "out")
    assert b".env" in launcher(*launch, env=env).stderr
    result = launcher(*launch, env=env, through=closing(how))
    assert (result.returncode, result.stdout, result.stderr) == (0, b"out\n", b"")
    result = launcher("--", "no-such-command", through=closing(how))
    assert (result.returncode, result.stdout) == (127, b"")
