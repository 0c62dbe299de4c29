"""A name server on port 53 of 127.0.0.1, for a network namespace of its own."""

import socket
import struct
import threading
from contextlib import contextmanager, suppress

_ANSWER = 0x8180
_FAILS, _ABSENT = 2, 3  # SERVFAIL, NXDOMAIN
_A = 1


@contextmanager
def name_server(answers):
    """``absent`` and ``fails`` at once, ``silent`` never; a number: 127.0.0.1 after seconds."""
    with open("/etc/resolv.conf", "w", encoding="ascii") as file:  # of this namespace
        # Far beyond any deadline here, and not ten seconds: asyncio waits for it in the end.
        file.write("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    stopping = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 53))
        listener.settimeout(0.05)

        def serve():
            while not stopping.is_set():
                with suppress(socket.timeout):
                    query, peer = listener.recvfrom(512)
                    if isinstance(answers, float):
                        stopping.wait(answers / 2)  # IPv4 and IPv6 are asked for together
                    if answers != "silent":
                        listener.sendto(_answer(query, answers), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join(10)


def _answer(query, answers):
    """The answer to a query for one name: its own question, and perhaps an address behind it."""
    end = query.index(b"\0", 12) + 5
    (kind,) = struct.unpack("!H", query[end - 4 : end - 2])
    code = {"absent": _ABSENT, "fails": _FAILS}.get(str(answers), 0)
    has_address = code == 0 and kind == _A
    head = query[:2] + struct.pack("!HHHHH", _ANSWER | code, 1, int(has_address), 0, 0)
    # A pointer to the name in the question, type, class, seconds to live, length, address.
    address = struct.pack("!HHHIH4B", 0xC00C, _A, 1, 0, 4, 127, 0, 0, 1)
    return head + query[12:end] + (address if has_address else b"")
