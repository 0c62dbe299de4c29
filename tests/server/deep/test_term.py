"""TERM at every moment of a server's start."""

import signal
import subprocess
import time
from collections import Counter

import pytest
from server.test_serve import SERVE

pytestmark = [pytest.mark.deep, pytest.mark.timeout(300)]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_term_at_every_moment(store_home, workers):
    """Once it has printed its address the status is 0; before that the signal ends it."""
    ended = Counter()
    words = [*SERVE, "--port", "0", "--workers", workers, "--store", store_home.url]
    for turn in range(50):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(words, **pipes) as running:
            line = running.stdout.readline() if turn % 2 else b""
            time.sleep(turn / 100)
            running.send_signal(signal.SIGTERM)
            printed, log = running.communicate(timeout=30)
        ended[running.returncode, bool(line + printed), log] += 1
    print(f"{workers} workers: {dict(ended)}")
    assert set(ended) <= {(0, True, b""), (-signal.SIGTERM, False, b"")}
    assert ended[0, True, b""] >= 25
