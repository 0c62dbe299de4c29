"""A connection to a name: its addresses raced, so that a silent one costs a moment and no more.

As RFC 8305 has it, in the system's order: the next address is tried after a moment, or at once
where one refuses, and the first that answers is taken. One by one, an IPv6 route that swallows
everything would take the whole deadline while IPv4 works.
"""

from __future__ import annotations

import os
import selectors
import socket
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOMENT = 0.25


def places_of(host: bytes, port: int) -> list[Any]:
    """What a name look-up finds, in the system's order. Raises ``OSError``: ``gaierror``."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def connected(places: list[Any], deadline: float) -> socket.socket:
    """A connection made by ``deadline`` (``time.monotonic``); what is left is its time-out.

    Raises ``OSError``: ``TimeoutError``, or why the last one failed.
    """
    places = list(places)
    failed: OSError = TimeoutError()
    racing: list[socket.socket] = []
    try:
        while places or racing:
            if places:
                family, kind, protocol, _, place = places.pop(0)
                racing.append(socket.socket(family, kind, protocol))
                racing[-1].setblocking(False)
                racing[-1].connect_ex(place)  # a refusal is told below, as every other
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for runner in _arrived(racing, min(left, _MOMENT) if places else left):
                racing.remove(runner)
                number = runner.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not number:
                    runner.settimeout(left)
                    return runner
                runner.close()
                failed = OSError(number, os.strerror(number))
        raise failed
    finally:
        for runner in racing:
            runner.close()


def _arrived(racing: list[socket.socket], seconds: float) -> list[socket.socket]:
    """Those whose connection was made or refused, as soon as there are any."""
    with selectors.DefaultSelector() as selector:
        for runner in racing:
            selector.register(runner, selectors.EVENT_WRITE)
        ready = [key.fd for key, _ in selector.select(seconds)]
    return [runner for runner in racing if runner.fileno() in ready]
