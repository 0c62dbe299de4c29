"""The progress of long work, on stderr."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import time
from clovrix_env.cli.progress import progress, watched

with progress("writing", 4) as show:
    for done in range(1, 5):
        time.sleep(0.6)
        show(done)
with watched("copying", 4, lambda: 3):
    time.sleep(2.7)
with progress("brief", 4) as show, watched("brief", 4, lambda: 4):
    show(4)
sizes = iter([3, *[0] * 20])
try:
    with watched("removed", 4, lambda: next(sizes)):
        time.sleep(1.7)
        raise KeyError
except KeyError:
    pass
with progress("quiet", 4, quiet=True) as show, watched("quiet", 4, lambda: 4, quiet=True):
    time.sleep(1.3)
    show(4)
"""


@pytest.mark.slow
@pytest.mark.parametrize("on_terminal", [False, True])
def test_progress_is_a_bar_on_a_terminal_and_lines_in_a_log(on_terminal: bool) -> None:
    """A line a second at most, none for brief work, none if quiet; it never goes back."""
    leader, follower = os.openpty() if on_terminal else os.pipe()
    command = [sys.executable, "-c", PROGRAM]
    with open(leader, "rb", buffering=0) as written:
        environ = {**os.environ, "TERM": "xterm"}
        subprocess.run(command, stderr=follower, check=True, timeout=30, env=environ)
        os.set_blocking(leader, False)
        said = (written.read(65536) or b"").decode()
        os.close(follower)
    assert "quiet" not in said
    if not on_terminal:
        lines = [line.partition(": ")[2] for line in said.splitlines()]
        assert lines == ["writing: 50%", "writing: 100%", "copying: 75%"]
        return
    for name, width, percent in (("writing", 36, 100), ("copying", 36, 100), ("removed", 27, 75)):
        assert said.count(f"{name}  [{'#' * width}{'-' * (36 - width)}]  {percent:3}%") == 1
    assert "-" * 37 not in said
