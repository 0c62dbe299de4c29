import os
import signal
import subprocess
import sys

import pytest
from tasks import greet


@pytest.fixture(scope="module")
def worker():
    command = [sys.executable, "-m", "celery", "--app", "tasks", "worker", "--concurrency", "2"]
    command += ["--without-gossip", "--without-mingle"]
    worker = subprocess.Popen(command, start_new_session=True)
    yield worker
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def test_a_process_of_the_worker_has_the_greeting(worker):
    assert greet.delay("you").get(timeout=30, interval=0.1) == "hello you"
