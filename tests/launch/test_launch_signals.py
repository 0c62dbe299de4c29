"""What the program finds set for its signals: what it would find without us."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launch.launcher import Launcher

STATUS = ("cat", "/proc/self/status")
BACKGROUND = ("sh", "-c", '"$@" & wait $!', "sh")


# The C library's own, for its threads: its posix_spawn ignores them in the child.
INTERNAL = {32, 33}


def masks(text: bytes) -> dict[str, set[int]]:
    """Of SigBlk, SigIgn and the like, the numbers of the signals."""
    found: dict[str, set[int]] = {}
    for line in text.decode().splitlines():
        name, _, value = line.partition(":")
        if name.startswith("Sig") and name != "SigQ":
            bits = int(value, 16)
            numbers = {number for number in range(1, 65) if bits >> (number - 1) & 1}
            found[name] = numbers - INTERNAL
    return found


def test_the_program_starts_with_every_signal_at_its_default(launcher: Launcher) -> None:
    """Python ignores SIGPIPE and SIGXFSZ for itself; the program does not inherit that."""
    found = masks(launcher("--", *STATUS).stdout)
    assert found == masks(launcher.plain(*STATUS).stdout)
    assert found["SigIgn"].isdisjoint({signal.SIGPIPE, signal.SIGXFSZ})


def test_a_producer_in_a_pipeline_ends_when_its_reader_has_enough(launcher: Launcher) -> None:
    """``yes | head -1`` under us ends by SIGPIPE, without a message."""
    result = launcher("--", "bash", "-c", "yes | head -1; exit ${PIPESTATUS[0]}")
    assert (result.returncode, result.stdout, result.stderr) == (141, b"y\n", b"")


def test_a_file_that_grows_too_large_ends_the_program(launcher: Launcher) -> None:
    """Beyond ``ulimit -f`` the program dies by SIGXFSZ, as the shell that set it would have it."""
    script = "ulimit -f 1; exec head -c 100000 /dev/zero > large"
    result = launcher("--", "bash", "-c", script)
    assert result.returncode == -signal.SIGXFSZ


def test_a_blocked_mask_is_cleared(launcher: Launcher) -> None:
    """Signals that were blocked when we were started would never reach the program."""
    result = launcher("--", *STATUS, through=("env", "--block-signal=TERM,INT,USR1"))
    assert masks(result.stdout)["SigBlk"] == set()


@pytest.mark.parametrize(
    ("through", "ignored"),
    [
        (("nohup",), {signal.SIGHUP}),
        (BACKGROUND, {signal.SIGINT, signal.SIGQUIT}),
        (("env", "--ignore-signal=HUP,INT,TERM,USR1"), {1, 2, 10, 15}),
    ],
    ids=["nohup", "background", "env"],
)
def test_what_was_ignored_stays_ignored(
    launcher: Launcher, through: Sequence[str], ignored: set[int]
) -> None:
    """nohup and a background job mean the program, and we stand between."""
    result = launcher("--", *STATUS, through=through)
    assert masks(result.stdout)["SigIgn"] >= ignored
    assert masks(result.stdout) == masks(launcher.plain(*through, *STATUS).stdout)
