import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

import pytest

COMMANDS = [
    "gunicorn --workers 2 --bind 127.0.0.1:{port} wsgi:app",
    "gunicorn --workers 2 --preload --bind 127.0.0.1:{port} wsgi:app",
    "uvicorn --workers 2 --port {port} asgi:app",
    "uvicorn --reload --port {port} asgi:app",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_answer_is_the_greeting(command):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = command.format(port=port).split()
    server = subprocess.Popen([sys.executable, "-m", *words])
    try:
        assert answer_of(f"http://127.0.0.1:{port}/", server) == b"hello"
    finally:
        server.terminate()
        server.wait(30)


def answer_of(url, server):
    while server.poll() is None:
        try:
            with urlopen(url, timeout=10) as answer:
                return answer.read()
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"the server ended with {server.returncode}")
