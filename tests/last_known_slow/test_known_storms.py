"""Restarts as fast as they go, and a network that comes back."""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
from last_known.starts import SECRET, outcome
from repeated import repeated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from last_known.starts import Starts

ANSWER = b'{"entries": {"A": "there again"}}'


@pytest.mark.parametrize("restarts", repeated(20, deep=100))
@pytest.mark.parametrize("cached", [False, True], ids=["", "last known"])
def test_restarts_ask_three_times_at_most(starts: Starts, cached: bool, restarts: int) -> None:
    """A supervisor restarts at once, against a 429 that asks for 30 s."""
    if cached:
        starts.fill()
        starts.age(60)
    else:
        starts.allow()
    starts.server.forget()
    starts.server.fault("answer", status=429, headers={"Retry-After": "30"})
    began = time.monotonic()
    ended = {outcome(starts())[:2] for _ in range(restarts)}
    took = time.monotonic() - began
    print(f"{restarts} restarts in {took:.1f} s: {starts.requests} requests")
    assert ended == {(0, SECRET) if cached else (125, "")}
    assert starts.requests <= 3


@pytest.fixture
def address() -> Iterator[tuple[str, float]]:
    """An address that refuses connections until the moment that is given with it."""
    ended = threading.Event()
    back = time.monotonic() + 3
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = threading.Thread(target=_answer, args=(taken, back, ended))
        server.start()
        yield f"http://127.0.0.1:{taken.getsockname()[1]}", back
        ended.set()
        server.join()


def _answer(taken: socket.socket, moment: float, ended: threading.Event) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
    taken.listen()
    taken.settimeout(0.1)
    while not ended.is_set():
        try:
            connection, _ = taken.accept()
        except OSError:
            continue
        with connection:
            connection.recv(65536)
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(ANSWER)}\r\n\r\n".encode()
            connection.sendall(head + ANSWER)


def test_the_first_start_by_hand_after_the_network_is_back_works(
    starts: Starts, address: tuple[str, float]
) -> None:
    """On a terminal no failure of before is remembered."""
    starts.environ["CLOVRIX_API_URL"], back = address
    ours, theirs = os.openpty()
    failed = 0
    try:
        began = time.monotonic()
        while (result := starts("--timeout", "0.3", stderr=theirs)).returncode:
            os.read(ours, 65536)
            assert began < back + 0.1, "a start after the network was back has failed"
            failed += 1
            began = time.monotonic()
    finally:
        os.close(theirs)
        os.close(ours)
    assert result.stdout == b"there again\n"
    assert failed >= 3
