"""Connects to a host by racing its addresses, so that a silent one costs only a moment.

This follows RFC 8305. Both families alternate, starting with the system's first address. The next
address is tried after a moment, or at once if one fails, and the first connection is used. Without
the race, a broken IPv6 route would use up the whole deadline while IPv4 works.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from itertools import chain, zip_longest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOMENT = 0.25
# The results of connect_ex while a connection is being made. Windows has its own number.
_UNDER_WAY = (0, errno.EINPROGRESS, getattr(errno, "WSAEWOULDBLOCK", errno.EINPROGRESS))


def places_of(host: bytes, port: int) -> list[Any]:
    """The addresses of a host, with alternating families. Raises ``OSError``: ``gaierror``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    first = [place for place in found if place[0] == found[0][0]]
    other = [place for place in found if place[0] != found[0][0]]
    return [place for place in chain(*zip_longest(first, other)) if place is not None]


def connected(places: list[Any], deadline: float) -> socket.socket:
    """A connection made by ``deadline`` (``time.monotonic``), with the rest as its time-out.

    Raises ``OSError``: ``TimeoutError``, or the reason of the failure. The error of an address that
    was tried is preferred to that of one that could not be tried.
    """
    places = list(places)
    untried: OSError = TimeoutError()
    failed: OSError | None = None
    racing: list[socket.socket] = []
    try:
        while places or racing:
            if places:
                try:
                    racing.append(_begun(places.pop(0)))
                except OSError as error:
                    untried = error
                    continue
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
        raise failed or untried
    finally:
        for runner in racing:
            runner.close()


def is_quiet(line: socket.socket) -> bool:
    """Whether an idle connection is still usable: no data and no end was received."""
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        return not selector.select(0)


def _begun(place: Any) -> socket.socket:
    """A connection that is being made. Raises ``OSError`` if it fails immediately."""
    family, kind, protocol, _, address = place
    runner = socket.socket(family, kind, protocol)
    try:
        runner.setblocking(False)
        number = runner.connect_ex(address)
        if number not in _UNDER_WAY:
            raise OSError(number, os.strerror(number))
    except BaseException:
        runner.close()
        raise
    return runner


def _arrived(racing: list[socket.socket], seconds: float) -> list[socket.socket]:
    """The sockets that were connected or refused, as soon as there are any."""
    with selectors.DefaultSelector() as selector:
        for runner in racing:
            selector.register(runner, selectors.EVENT_WRITE)
        ready = [key.fd for key, _ in selector.select(seconds)]
    return [runner for runner in racing if runner.fileno() in ready]
