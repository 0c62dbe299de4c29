"""How each fault of the table is made: a function that sets up a ``Cell``, by the fault's name.

``WITHIN`` holds those that need a network, a name server or a table of hosts of their own: they
are made in a process of its own, in namespaces (see ``namespace``).
"""

from __future__ import annotations

import datetime
import json
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.conftest import RecordingProxy
from faults.name_server import name_server
from faults.sentences import PAGE, own_words
from loopback import Authority, black_hole, silence

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.cell import Cell
    from loopback import Loopback

    SetUp = Callable[[Cell], None]

FAULTS: dict[str, SetUp] = {}
WITHIN: set[str] = set()

NAME = "clovrix.example"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
_PATIENCE_SECONDS = 20


def fault(name: str, *, within: bool = False) -> Callable[[SetUp], SetUp]:
    def add(set_up: SetUp) -> SetUp:
        FAULTS[name] = set_up
        if within:
            WITHIN.add(name)
        return set_up

    return add


def each(
    cases: dict[str, Any], *, within: bool = False
) -> Callable[[Callable[[Cell, Any], None]], Callable[[Cell, Any], None]]:
    """One fault for each case: its name, and what the function is given with it."""

    def add(set_up: Callable[[Cell, Any], None]) -> Callable[[Cell, Any], None]:
        for name, case in cases.items():
            fault(name, within=within)(partial(_with, set_up, case))
        return set_up

    return add


def _with(set_up: Callable[[Cell, Any], None], case: Any, cell: Cell) -> None:
    set_up(cell, case)


# No connection


@fault("a closed port")
def _(cell: Cell) -> None:
    taken = cell.stack.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    cell.url = f"http://127.0.0.1:{taken.getsockname()[1]}"


@fault("a connection that is never completed")
def _(cell: Cell) -> None:
    cell.url = f"http://127.0.0.1:{cell.stack.enter_context(black_hole())}"


SLOW = 0.2
NAME_SERVERS: dict[str, str | float] = {
    "a name that does not exist": "absent",
    "a name server that fails": "fails",
    "a name server that is silent": "silent",
    "a name server that is too late": 1.4,
    "a slow name server": SLOW,
}


@each(NAME_SERVERS, within=True)
def _(cell: Cell, answers: str | float) -> None:
    server = cell.serve(name=NAME)
    server.fault("answer", body=cell.body())
    if answers != SLOW:
        cell.attempts = None  # the name is all that could be seen
    cell.stack.enter_context(name_server(answers))


FAMILIES = {
    "IPv6 refuses, IPv4 answers": ("127.0.0.1", None),
    "IPv6 is silent, IPv4 answers": ("127.0.0.1", "::1"),
    "IPv4 refuses, IPv6 answers": ("::1", None),
    "IPv4 is silent, IPv6 answers": ("::1", "127.0.0.1"),
}


@each(FAMILIES, within=True)
def _(cell: Cell, case: tuple[str, str | None]) -> None:
    answers, silent = case
    _two_addresses(NAME)
    server = cell.serve(name=NAME, host=answers)
    server.fault("answer", body=cell.body())
    if silent is not None:
        cell.stack.enter_context(black_hole(silent, server.port))
        cell.attempts = None  # what is swallowed is not seen


@fault("no IPv6 at all, IPv4 answers", within=True)
def _(cell: Cell) -> None:
    _two_addresses(NAME)
    cell.serve(name=NAME).fault("answer", body=cell.body())
    switch = Path("/proc/sys/net/ipv6/conf/lo/disable_ipv6")
    switch.write_text("1")
    cell.stack.callback(switch.write_text, "0")


@fault("no IPv4 at all, IPv6 answers", within=True)
def _(cell: Cell) -> None:
    _two_addresses(NAME)
    cell.serve(name=NAME, host="::1").fault("answer", body=cell.body())
    _ip("addr", "del", "127.0.0.1/8", "dev", "lo")
    cell.stack.callback(_ip, "addr", "add", "127.0.0.1/8", "dev", "lo")


PROXIES = {
    "a proxy whose IPv6 is silent": ("127.0.0.1", "::1"),
    "a proxy whose IPv4 is silent": ("::1", "127.0.0.1"),
}


@each(PROXIES, within=True)
def _(cell: Cell, case: tuple[str, str]) -> None:
    answers, silent = case
    _two_addresses("proxy.example")
    cell.serve(tls=cell.authority.context()).fault("answer", body=cell.body())
    proxy = RecordingProxy(answers)
    cell.stack.callback(proxy.close)
    cell.stack.enter_context(black_hole(silent, proxy.port))
    cell.environ["HTTPS_PROXY"] = f"http://proxy.example:{proxy.port}"


@fault("no network", within=True)
def _(cell: Cell) -> None:
    cell.url = "http://192.0.2.1:8099"
    cell.environ["CLOVRIX_ALLOW_HTTP"] = "192.0.2.1"


@fault("localhost is another machine", within=True)
def _(cell: Cell) -> None:
    _ip("addr", "add", "192.0.2.9/32", "dev", "lo")
    cell.stack.callback(_ip, "addr", "del", "192.0.2.9/32", "dev", "lo")
    _hosts("192.0.2.9 localhost\n")
    server = cell.serve(name="localhost", host="192.0.2.9")
    server.fault("answer", body=cell.body())
    cell.attempts = None
    cell.stack.callback(_nothing_came, server)


def _nothing_came(server: Loopback) -> None:
    assert server.requests == []


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _hosts(text: str) -> None:
    with open("/etc/hosts", "w", encoding="ascii") as hosts:  # of this namespace
        hosts.write(text)


def _two_addresses(name: str) -> None:
    """A name with two addresses, IPv6 first."""
    _hosts(f"::1 {name}\n127.0.0.1 {name}\n")
    assert [found[4][0] for found in socket.getaddrinfo(name, 1, type=socket.SOCK_STREAM)] == [
        "::1",
        "127.0.0.1",
    ]


# TLS


@fault("a certificate for another name")
def _(cell: Cell) -> None:
    _serve_tls(cell, cell.authority.context("clovrix.example"))


@fault("a certificate that has expired")
def _(cell: Cell) -> None:
    _serve_tls(cell, cell.authority.context(not_before=_LONG_AGO, not_after=_LONG_AGO))


@fault("a certificate signed by itself")
def _(cell: Cell) -> None:
    pair = [str(cell.home / "cert.pem"), str(cell.home / "key.pem")]
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command.split(), *names, "-out", pair[0], "-keyout", pair[1]],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    _serve_tls(cell, context)


@fault("a certificate of an unknown authority")
def _(cell: Cell) -> None:
    folder = cell.home / "other"
    folder.mkdir()
    _serve_tls(cell, Authority(str(folder)).context())


def _serve_tls(cell: Cell, context: ssl.SSLContext) -> None:
    server = cell.serve(tls=context)
    cell.attempts = lambda: server.connections


@fault("a handshake that never ends")
def _(cell: Cell) -> None:
    cell.url = f"https://127.0.0.1:{cell.stack.enter_context(silence())}"
    cell.environ["SSL_CERT_FILE"] = cell.authority.file


# A reset is what becomes of a connection that is closed before all was read.
@each({"a handshake that is reset": 1, "a handshake that is broken off": 65536})
def _(cell: Cell, most: int) -> None:
    listener = cell.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    accepted: list[int] = []

    def end_all() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                accepted.append(1)
                connection.recv(most)
                connection.close()

    thread = threading.Thread(target=end_all)
    thread.start()
    cell.stack.callback(thread.join, _PATIENCE_SECONDS)
    cell.stack.callback(listener.shutdown, socket.SHUT_RDWR)
    cell.url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    cell.environ["SSL_CERT_FILE"] = cell.authority.file
    cell.attempts = lambda: len(accepted)


@fault("a server without TLS")
def _(cell: Cell) -> None:
    server = cell.serve()
    cell.url = cell.url.replace("http:", "https:")
    cell.attempts = lambda: server.connections


@fault("a server with TLS, requested without")
def _(cell: Cell) -> None:
    _serve_tls(cell, cell.authority.context())
    cell.url = cell.url.replace("https:", "http:")


# No whole answer

BROKEN: dict[str, Callable[[bytes], dict[str, Any]]] = {
    "silence before the header": lambda body: {"kind": "hang"},
    "silence after the header": lambda body: {
        "kind": "hang",
        "content": _HEAD + b"Content-Length: 5000\r\n\r\n" + body,
    },
    "a header that drips": lambda body: {"kind": "drip_header"},
    "a body that drips": lambda body: {"kind": "drip_body"},
    "closed before the header": lambda body: {"kind": "close"},
    "reset before the header": lambda body: {"kind": "reset"},
    "half a header": lambda body: {"kind": "raw", "content": _HEAD + b"Content-Le"},
    "half a body": lambda body: {
        "kind": "raw",
        "content": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + body,
    },
    "reset within the body": lambda body: {
        "kind": "reset",
        "content": _HEAD + b"Content-Length: 5000\r\n\r\n" + body,
    },
    "a length that is too long": lambda body: {"kind": "wrong_length", "body": body, "by": 10},
    "a length that is too short": lambda body: {"kind": "wrong_length", "body": body, "by": -5},
    "an answer that is not HTTP": lambda body: {
        "kind": "raw",
        "content": b"SSH-2.0-OpenSSH_9.9\r\n" + body,
    },
    # An answer that is not Clovrix's
    "half of a JSON object": lambda body: {"kind": "answer", "body": body[:-2]},
    "JSON that is not UTF-8": lambda body: {"kind": "answer", "body": body[:-2] + b'\xff"}'},
    "a log-in page with 200": lambda body: {"kind": "answer", "body": b"<html>" + body},
    "an empty body with 200": lambda body: {"kind": "answer"},
    "a redirect": lambda body: {"kind": "redirect", "location": "https://elsewhere.example/"},
    "a redirect to itself": lambda body: {"kind": "redirect", "location": "?", "status": 307},
}


@each(BROKEN)
def _(cell: Cell, case: Callable[[bytes], dict[str, Any]]) -> None:
    cell.serve().fault(**case(cell.body()))


@each({f"a log-in page with {status}": status for status in (403, 404)})
def _(cell: Cell, status: int) -> None:
    headers = {"Content-Type": "text/html"}
    cell.serve().fault("answer", status=status, body=PAGE.encode(), headers=headers)


# Refused, busy, failed


def _refuse(cell: Cell, status: int, headers: dict[str, str] | None = None) -> None:
    """Clovrix's own words."""
    body = json.dumps({"error": own_words(status), "billing_status": "restricted"}).encode()
    cell.serve().fault("answer", status=status, body=body, headers=headers or {})


STATUSES = (400, 401, 402, 403, 404, 409, 422, 408, 429, 500, 501, 502, 503, 504)


@each({str(status): status for status in STATUSES})
def _(cell: Cell, status: int) -> None:
    _refuse(cell, status)


@fault("503 without a message")
def _(cell: Cell) -> None:
    cell.serve().fault("answer", status=503)


WAITS = {"at once": "0", "in an hour": "3600", "at a date": 3600, "at a date gone by": -3600}


@each(
    {
        f"{status}, again {when}": (status, wait)
        for status in (429, 503)
        for when, wait in WAITS.items()
    }
)
def _(cell: Cell, case: tuple[int, str | int]) -> None:
    status, wait = case
    now = time.time()
    if isinstance(wait, str):
        _refuse(cell, status, {"Retry-After": wait})
    else:  # counted from the answer's own date
        dates = {"Date": now, "Retry-After": now + wait}
        _refuse(cell, status, {name: formatdate(at, usegmt=True) for name, at in dates.items()})


HOSTILE = {
    "a negative number": "-1",
    "a number of 400 digits": "9" * 400,
    "a word": "soon",
    "NaN": "NaN",
    "infinity": "Infinity",
    "digits that are not ASCII": "\u00b2",
    "a date beyond the calendar": "Fri, 31 Dec 99999 23:59:59 GMT",
    "two of them": "0\r\nRetry-After: 0",
}


@each(HOSTILE)
def _(cell: Cell, text: str) -> None:
    _refuse(cell, 503, {"Retry-After": text})
