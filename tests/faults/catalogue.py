"""How each fault of the table is made: a function that sets up a ``Scene``, by the fault's name.

``WITHIN`` holds those that need a network, a name server or a table of hosts of their own: they
are made in a process of its own, in namespaces (see ``namespace``).
"""

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

import trustme
from client.conftest import RecordingProxy
from faults.name_server import name_server
from faults.sentences import PAGE, own_words
from loopback import Authority, black_hole, silence

FAULTS = {}
WITHIN = set()

NAME = "clovrix.example"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
_PATIENCE_SECONDS = 20


def each(cases, *, within=False):
    """One fault for each case: its name, and what the function is given with it."""

    def add(set_up):
        for name, case in cases.items():
            FAULTS[name] = partial(_with, set_up, case)
        WITHIN.update(cases if within else ())

    return add


def _with(set_up, case, scene):
    set_up(scene, case)


def fault(name, *, within=False):
    return lambda set_up: each({name: None}, within=within)(lambda scene, _: set_up(scene))


# No connection


@fault("a closed port")
def _(scene):
    taken = scene.stack.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    scene.url = f"http://127.0.0.1:{taken.getsockname()[1]}"


@fault("a connection that is never completed")
def _(scene):
    scene.url = f"http://127.0.0.1:{scene.stack.enter_context(black_hole())}"


SLOW = 0.2
NAME_SERVERS = {
    "a name that does not exist": "absent",
    "a name server that fails": "fails",
    "a name server that is silent": "silent",
    "a name server that is too late": 1.4,
    "a slow name server": SLOW,
}


@each(NAME_SERVERS, within=True)
def _(scene, answers):
    server = scene.serve(name=NAME)
    server.fault("answer", body=scene.body())
    if answers != SLOW:
        scene.attempts = None  # the name is all that could be seen
    scene.stack.enter_context(name_server(answers))


FAMILIES = {
    "IPv6 refuses, IPv4 answers": ("127.0.0.1", None),
    "IPv6 is silent, IPv4 answers": ("127.0.0.1", "::1"),
    "IPv4 refuses, IPv6 answers": ("::1", None),
    "IPv4 is silent, IPv6 answers": ("::1", "127.0.0.1"),
    "no IPv6 at all, IPv4 answers": ("127.0.0.1", "::1/128"),
    "no IPv4 at all, IPv6 answers": ("::1", "127.0.0.1/8"),
}


@each(FAMILIES, within=True)
def _(scene, case):
    answers, other = case
    _two_addresses(NAME)
    server = scene.serve(name=NAME, host=answers)
    server.fault("answer", body=scene.body())
    if other is not None and "/" in other:
        _ip(f"del {other} dev lo")
        at_once = " nodad" if ":" in other else ""
        scene.stack.callback(_ip, f"add {other} dev lo{at_once}")
    elif other is not None:
        scene.stack.enter_context(black_hole(other, server.port))
        scene.attempts = None  # what is swallowed is not seen


PROXIES = {
    "a proxy whose IPv6 is silent": ("127.0.0.1", "::1"),
    "a proxy whose IPv4 is silent": ("::1", "127.0.0.1"),
}


@each(PROXIES, within=True)
def _(scene, case):
    answers, silent = case
    _two_addresses("proxy.example")
    scene.serve(tls=scene.authority.context()).fault("answer", body=scene.body())
    proxy = RecordingProxy(answers)
    scene.stack.callback(proxy.close)
    scene.stack.enter_context(black_hole(silent, proxy.port))
    scene.environ["HTTPS_PROXY"] = f"http://proxy.example:{proxy.port}"


@fault("no network", within=True)
def _(scene):
    scene.url = "http://192.0.2.1:8099"
    scene.environ["CLOVRIX_ALLOW_HTTP"] = "192.0.2.1"


@fault("localhost is another machine", within=True)
def _(scene):
    _ip("add 192.0.2.9/32 dev lo")
    scene.stack.callback(_ip, "del 192.0.2.9/32 dev lo")
    _hosts("192.0.2.9 localhost\n")
    server = scene.serve(name="localhost", host="192.0.2.9")
    server.fault("answer", body=scene.body())
    scene.attempts = None
    scene.stack.callback(_nothing_came, server)


def _nothing_came(server):
    assert server.requests == []


def _ip(words):
    subprocess.run(["ip", "addr", *words.split()], check=True, capture_output=True)


def _hosts(text):
    with open("/etc/hosts", "w", encoding="ascii") as hosts:  # of this namespace
        hosts.write(text)


def _two_addresses(name):
    """A name with two addresses, IPv6 first."""
    _hosts(f"::1 {name}\n127.0.0.1 {name}\n")
    found = [each[4][0] for each in socket.getaddrinfo(name, 1, type=socket.SOCK_STREAM)]
    assert found == ["::1", "127.0.0.1"]


# TLS


@fault("a certificate for another name")
def _(scene):
    _serve_tls(scene, scene.authority.context("clovrix.example"))


@fault("a certificate that has expired")
def _(scene):
    _serve_tls(scene, scene.authority.context(not_before=_LONG_AGO, not_after=_LONG_AGO))


@fault("a certificate signed by itself")
def _(scene):
    own = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with own.cert_pem.tempfile() as certificate, own.private_key_pem.tempfile() as key:
        context.load_cert_chain(certificate, key)
    _serve_tls(scene, context)


@fault("a certificate of an unknown authority")
def _(scene):
    folder = scene.home / "other"
    folder.mkdir()
    _serve_tls(scene, Authority(str(folder)).context())


def _serve_tls(scene, context):
    server = scene.serve(tls=context)
    scene.attempts = lambda: server.connections


@fault("a handshake that never ends")
def _(scene):
    scene.url = f"https://127.0.0.1:{scene.stack.enter_context(silence())}"
    scene.environ["SSL_CERT_FILE"] = scene.authority.file


# A reset is what becomes of a connection that is closed before all was read.
@each({"a handshake that is reset": 1, "a handshake that is broken off": 65536})
def _(scene, most):
    listener = scene.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    accepted = []

    def end_all():
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                accepted.append(1)
                connection.recv(most)
                connection.close()

    thread = threading.Thread(target=end_all)
    thread.start()
    scene.stack.callback(thread.join, _PATIENCE_SECONDS)
    scene.stack.callback(listener.shutdown, socket.SHUT_RDWR)
    scene.url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    scene.environ["SSL_CERT_FILE"] = scene.authority.file
    scene.attempts = lambda: len(accepted)


@fault("a server without TLS")
def _(scene):
    server = scene.serve()
    scene.url = scene.url.replace("http:", "https:")
    scene.attempts = lambda: server.connections


@fault("a server with TLS, requested without")
def _(scene):
    _serve_tls(scene, scene.authority.context())
    scene.url = scene.url.replace("https:", "http:")


# No whole answer

BROKEN = {
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
    "an answer that is not HTTP": lambda body: {"kind": "raw",
                                                "content": b"SSH-2.0-OpenSSH_9.9\r\n" + body},
    # An answer that is not Clovrix's
    "half of a JSON object": lambda body: {"kind": "answer", "body": body[:-2]},
    "JSON that is not UTF-8": lambda body: {"kind": "answer", "body": body[:-2] + b'\xff"}'},
    "a log-in page with 200": lambda body: {"kind": "answer", "body": b"<html>" + body},
    "an empty body with 200": lambda body: {"kind": "answer"},
    "a redirect": lambda body: {"kind": "redirect", "location": "https://elsewhere.example/"},
    "a redirect to itself": lambda body: {"kind": "redirect", "location": "?", "status": 307},
}  # fmt: skip


@each(BROKEN)
def _(scene, case):
    scene.serve().fault(**case(scene.body()))


@each({f"a log-in page with {status}": status for status in (403, 404)})
def _(scene, status):
    headers = {"Content-Type": "text/html"}
    scene.serve().fault("answer", status=status, body=PAGE.encode(), headers=headers)


# Refused, busy, failed


def _refuse(scene, status, headers=None):
    """Clovrix's own words."""
    body = json.dumps({"error": own_words(status), "billing_status": "restricted"}).encode()
    scene.serve().fault("answer", status=status, body=body, headers=headers or {})


STATUSES = (400, 401, 402, 403, 404, 409, 422, 408, 429, 500, 501, 502, 503, 504)


@each({str(status): status for status in STATUSES})
def _(scene, status):
    _refuse(scene, status)


@fault("503 without a message")
def _(scene):
    scene.serve().fault("answer", status=503)


WAITS = {"at once": "0", "in an hour": "3600", "at a date": 3600, "at a date gone by": -3600}


@each(
    {
        f"{status}, again {when}": (status, wait)
        for status in (429, 503)
        for when, wait in WAITS.items()
    }
)
def _(scene, case):
    status, wait = case
    now = time.time()
    if isinstance(wait, str):
        _refuse(scene, status, {"Retry-After": wait})
    else:  # counted from the answer's own date
        dates = {"Date": now, "Retry-After": now + wait}
        _refuse(scene, status, {name: formatdate(at, usegmt=True) for name, at in dates.items()})


HOSTILE = {
    "a number of 400 digits": "9" * 400,
    "infinity": "Infinity",
    "digits that are not ASCII": "\u00b2",
    "a date beyond the calendar": "Fri, 31 Dec 99999 23:59:59 GMT",
    "two of them": "0\r\nRetry-After: 0",
}


@each(HOSTILE)
def _(scene, text):
    _refuse(scene, 503, {"Retry-After": text})
