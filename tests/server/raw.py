"""Bytes sent to a server as they are, and its answers."""

import json
import socket
import ssl
import time
from urllib.parse import urlsplit

PREFIX = "/api/public/v1"
ENTRIES = f"{PREFIX}/projects/backend/environments/production/entries"


class Line:
    """A connection. ``answer()`` reads one answer: its status, headers and JSON."""

    def __init__(self, url, timeout=15):
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port or 0), timeout)
        self._left = b""

    def send(self, *pieces):
        try:
            for piece in pieces:
                self._socket.sendall(piece)
        except OSError:  # the server has answered and closed
            pass
        return self

    def answer(self):
        """Status 0 is a connection that ended without an answer."""
        while b"\r\n\r\n" not in self._left:
            if not self._more():
                return 0, {}, None
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in lines)
        headers = {name.lower(): text.strip() for name, _, text in fields}
        size = int(headers.get("content-length", "0"))
        while len(self._left) < size and self._more():
            pass
        body, self._left = self._left[:size], self._left[size:]
        assert len(body) == size
        plain = headers.get("content-type") != "application/json"
        return int(first.split()[1]), headers, body.decode() if plain else json.loads(body)

    def is_closed(self):
        """Whether the server ends the connection, and sends nothing more."""
        return not self._left and not self._more()

    def close(self):
        self._socket.close()

    def _more(self):
        try:
            piece = self._socket.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            return False
        self._left += piece
        return bool(piece)


def head(method, path, token=None, *headers, host="localhost"):
    lines = [f"{method} {path} HTTP/1.1", *([f"Host: {host}"] if host else [])]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1")


def post(path, token, body, *headers):
    return head("POST", path, token, f"Content-Length: {len(body)}", *headers) + body


def status_of(url, pieces):
    """The status of the answer to these bytes, and the seconds until it came."""
    start = time.monotonic()
    line = Line(url)
    status = line.send(*pieces).answer()[0]
    line.close()
    return status, time.monotonic() - start
