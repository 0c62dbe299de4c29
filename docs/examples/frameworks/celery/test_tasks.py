import subprocess
import sys

import pytest
from tasks import greet


@pytest.fixture(scope="module")
def worker():
    command = [sys.executable, "-m", "celery", "--app", "tasks", "worker", "--concurrency", "2"]
    worker = subprocess.Popen([*command, "--without-gossip", "--without-mingle"])
    yield worker
    worker.terminate()
    worker.wait(30)


def test_a_process_of_the_worker_has_the_greeting(worker):
    assert greet.delay("you").get(timeout=30, interval=0.1) == "hello you"
