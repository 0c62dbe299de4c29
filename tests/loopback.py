"""The embedded store behind a real HTTP(S) server on 127.0.0.1, with faults to switch on.

    with serve(store) as loopback:
        loopback.url                      # http://127.0.0.1:PORT
        loopback.requests                 # what came: method, raw path, headers, body
        loopback.fault("answer", status=503, headers={"Retry-After": "1"}, times=1)

The kinds of fault: ``answer`` (status, body, headers), ``redirect`` (location, status), ``hang``
(content first), ``drip_header``, ``drip_body``, ``close``, ``wrong_length`` (body, by), ``raw``
(content, then the end of the connection), ``reset`` (content first). ``times=None`` lasts until
``heal()``; several faults come one after the other. ``black_hole()`` and ``silence()`` are no
servers at all. Nothing here needs pytest.
"""

import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

from clovrix_env.server import exchange
from clovrix_env.server.exchange import Request

_DRIP_SECONDS = 0.05
_PATIENCE_SECONDS = 30.0


class Received:
    """One request as it came: ``headers`` by lower-case name, ``path`` still percent-encoded."""

    def __init__(self, method, path, headers):
        self.method = method
        self.path = path
        self.headers = headers
        self.body = b""

    @property
    def json(self):
        return json.loads(self.body)


class Loopback:
    """A running server: its address, what it was asked, and what it shall do wrong."""

    def __init__(self, server, url):
        self._server = server
        self.url = url
        self.port = server.server_port
        self.requests = server.requests
        self.statuses = server.statuses

    @property
    def connections(self):
        """How many connections were opened so far."""
        return self._server.accepted

    @property
    def open_connections(self):
        """How many of them the server has not closed."""
        return len(self._server.opened)

    def fault(self, kind, *, times=None, **options):
        """From now on, do this wrong; ``times`` requests long, or until ``heal()``."""
        if not hasattr(_Handler, f"do_wrong_{kind}"):
            raise ValueError(f"no fault {kind!r}")
        fault = SimpleNamespace(kind=kind, times=times, options=options)
        self._server.faults.append(fault)

    def heal(self):
        """Answer as the store does again."""
        self._server.faults.clear()

    def forget(self):
        """Count requests from zero."""
        self.requests.clear()


class Authority:
    """A certificate authority of the tests, as a file and as a folder hashed for OpenSSL."""

    def __init__(self, folder):
        import trustme

        self._ca = trustme.CA()
        self.folder = folder
        self.file = os.path.join(folder, "authority.pem")
        self._ca.cert_pem.write_to_path(self.file)
        subprocess.run(["openssl", "rehash", folder], check=True, capture_output=True)

    def context(self, *names, **options):
        """A server's context, its certificate for ``names``; ``not_after=`` for an expired one."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*(names or ("127.0.0.1", "localhost")), **options).configure_cert(made)
        return made


@contextmanager
def serve(store=None, tls=None, host="127.0.0.1"):
    """Answer for ``store`` on a free port of this machine until the block ends.

    Without a store every request needs a fault. At the end all connections are cut.
    """
    server = _Server(store, tls, host)
    scheme = "http" if tls is None else "https"
    runner = threading.Thread(target=server.serve_forever, args=(0.005,), name="loopback")
    runner.start()
    try:
        shown = f"[{host}]" if ":" in host else host
        yield Loopback(server, f"{scheme}://{shown}:{server.server_port}")
    finally:
        server.stopping.set()
        server.shutdown()
        server.cut()
        server.server_close()
        runner.join()


@contextmanager
def black_hole(host="127.0.0.1", port=0):
    """The port of an address whose connections are never completed: its backlog is full."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    fillers = [socket.socket(family) for _ in range(4)]
    with socket.socket(family) as listener:
        listener.bind((host, port))
        listener.listen(0)
        for filler in fillers:
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        yield listener.getsockname()[1]
        for filler in fillers:
            filler.close()


@contextmanager
def silence():
    """The port of a listener that takes connections and never says a word: no handshake ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, store, tls, host):
        self.store = store
        self.tls = tls
        self.requests = []
        self.statuses = []
        self.faults = deque()
        self.accepted = 0
        self.stopping = threading.Event()
        self.opened = set()
        self._lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), _Handler)

    def server_bind(self):
        # HTTPServer's own asks DNS for the name of this machine.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[0], int(self.server_address[1])

    def get_request(self):
        connection, peer = super().get_request()
        self.accepted += 1
        if self.tls is not None:
            # The handshake is the handler thread's: a client that says nothing must block nobody.
            late = {"server_side": True, "do_handshake_on_connect": False}
            connection = self.tls.wrap_socket(connection, **late)
        with self._lock:
            self.opened.add(connection)
        return connection, peer

    def shutdown_request(self, request):
        super().shutdown_request(request)
        with self._lock:
            self.opened.discard(request)

    def cut(self):
        with self._lock:
            for connection in self.opened:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def next_fault(self):
        with self._lock:
            if not self.faults:
                return None
            fault = self.faults[0]
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.popleft()
            return fault


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        if isinstance(self.request, ssl.SSLSocket):
            self.request.do_handshake()
        super().setup()

    def log_message(self, format, *args):
        pass

    def answer(self):
        headers = {name.lower(): text for name, text in self.headers.items()}
        received = Received(self.command, self.path, headers)
        self.server.requests.append(received)
        fault = self.server.next_fault()
        if fault is not None:
            received.body = self.rfile.read(self._length())
            getattr(self, f"do_wrong_{fault.kind}")(**fault.options)
            return
        request = Request.of(self.command, self.path, self.headers.items())
        self._reply(exchange.respond(request, self.server.store, lambda: self._read(received)))

    def __getattr__(self, name):
        # http.server looks for do_GET and its like: every method is ours to answer.
        if name.startswith("do_") and name[3:].isupper():
            return self.answer
        raise AttributeError(name)

    def _length(self):
        text = self.headers.get("Content-Length", "0")
        return int(text) if text.isascii() and text.isdigit() else 0

    def _read(self, received):
        received.body = self.rfile.read(self._length())
        return received.body

    def _reply(self, response):
        self.server.statuses.append(response.status)
        # An unread body would be the next request.
        unread = self._length() > 0 and not self.server.requests[-1].body
        self.close_connection = self.close_connection or unread
        self.do_wrong_answer(response.status, response.content, dict(response.headers))
        if self.close_connection:
            self._linger()

    def _linger(self):
        """Read what still comes: closed at once, TCP would reset the answer away."""
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1.0)
            while self.connection.recv(65536):
                pass

    def _head(self, status, headers):
        given = {"Date": formatdate(usegmt=True), **headers}
        lines = [f"HTTP/1.1 {status} -", *(f"{name}: {text}" for name, text in given.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    # The faults. ``answer`` is also how a right answer is written: head and body in one go.

    def do_wrong_answer(self, status=200, body=b"", headers=None):
        given = {"Content-Length": str(len(body)), **(headers or {})}
        if self.close_connection:
            given["Connection"] = "close"
        self.wfile.write(self._head(status, given) + body)

    def do_wrong_redirect(self, location, status=302):
        self.do_wrong_answer(status, b"moved", {"Location": location})

    def do_wrong_hang(self, content=b""):
        self.close_connection = True
        self.wfile.write(content)
        self.server.stopping.wait(_PATIENCE_SECONDS)

    def do_wrong_drip_header(self):
        self._drip(b"HTTP/1.1 200 OK\r\nX-Drip: ")

    def do_wrong_drip_body(self):
        self._drip(self._head(200, {"Content-Length": "100000"}) + b'{"entries": {')

    def _drip(self, start):
        self.close_connection = True
        end = time.monotonic() + _PATIENCE_SECONDS
        with suppress(OSError):
            self.wfile.write(start)
            while not self.server.stopping.wait(_DRIP_SECONDS) and time.monotonic() < end:
                self.wfile.write(b" ")

    def do_wrong_close(self):
        self.close_connection = True

    def do_wrong_wrong_length(self, body=b'{"entries": {}}', by=10):
        self.close_connection = True
        self.wfile.write(self._head(200, {"Content-Length": str(len(body) + by)}) + body)

    def do_wrong_raw(self, content):
        self.close_connection = True
        self.wfile.write(content)

    def do_wrong_reset(self, content=b""):
        self.close_connection = True
        self.wfile.write(content)
        at_once = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self.rfile.close()  # it holds the socket open
        self.connection.close()
