"""How a connection is made: every address of a name has its chance, and the reason is told."""

import errno
import os
import socket

import pytest
from launch.launcher import until
from loopback import serve

from clovrix_env import Client, ClovrixConnectionError
from clovrix_env.client import connect

READ = ("backend", "production")
NAME = "clovrix.example"
# A group of machines, which TCP never connects to: this fails at once, wherever it is tried.
NOWHERE = (socket.AF_INET, ("224.0.0.1", 1))
NO_FAMILY = (9999, ("127.0.0.1", 1))


@pytest.fixture
def resolves(monkeypatch):
    """``resolves(…)``: what the system says a name stands for, in its order."""

    def to(*places):
        found = [(family, socket.SOCK_STREAM, 6, "", place) for family, place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        monkeypatch.setenv("CLOVRIX_ALLOW_HTTP", NAME)

    return to


def refused(timeout=5):
    client = Client("icr_x", f"http://{NAME}", timeout, max_retries=0)
    with client, pytest.raises(ClovrixConnectionError) as caught:
        client.get_entries(*READ)
    assert caught.value.sent is False
    return str(caught.value)


@pytest.mark.parametrize("dead", [NOWHERE, NO_FAMILY], ids=["no route", "no such family"])
def test_an_address_that_fails_at_once(faulty, resolves, monkeypatch, dead):
    """The next one is tried without the moment that a silent one would get."""
    monkeypatch.setattr(connect, "_MOMENT", 99.0)
    faulty.fault("answer", body=b'{"entries": {"KEY": "v"}}')
    resolves(dead, dead, (socket.AF_INET, ("127.0.0.1", faulty.port)))
    with Client("icr_x", f"http://{NAME}") as client:
        assert client.get_entries(*READ) == {"KEY": "v"}


def test_the_true_reason(resolves):
    """What connecting answers is in the message, not what comes of using what never connected."""
    resolves(NOWHERE)
    reason = os.strerror(errno.ENETUNREACH).lower()
    assert refused() == f"cannot reach http://{NAME}: {reason}"


def test_a_refusal_says_more_than_no_route(resolves):
    """Where one address was tried and another could not be, the message is of the first."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        resolves((socket.AF_INET, taken.getsockname()), NOWHERE)
        assert refused() == f"cannot reach http://{NAME}: connection refused"


def test_families_take_turns(resolves, black_hole, monkeypatch):
    """Of many silent addresses of one family, the other family waits for one only."""
    tried, begun = [], connect._begun
    monkeypatch.setattr(connect, "_begun", lambda place: tried.append(place[0]) or begun(place))
    silent = (socket.AF_INET, ("127.0.0.1", int(black_hole.rpartition(":")[2])))
    with serve(host="::1") as server:
        server.fault("answer", body=b'{"entries": {}}')
        resolves(*[silent] * 6, (socket.AF_INET6, ("::1", server.port, 0, 0)))
        with Client("icr_x", f"http://{NAME}") as client:
            assert client.get_entries(*READ) == {}
    assert tried == [socket.AF_INET, socket.AF_INET6]


@pytest.mark.parametrize("kind", ["close", "wrong_length", "reset", "hang"])
def test_a_broken_connection_is_not(own_server, kind):
    """After an answer that was not whole, or came too late, the next call opens another."""
    own_server.fault(kind, times=1)
    own_server.fault("answer", body=b'{"entries": {}}')
    timeout = 0.4 if kind == "hang" else 10
    with Client("icr_x", own_server.url, timeout, max_retries=0) as client:
        with pytest.raises(ClovrixConnectionError):
            client.get_entries(*READ)
        assert client.get_entries(*READ) == {}


def test_an_idle_connection_that_ended():
    """A connection that the server has closed meanwhile is not used for a write."""
    content = b'HTTP/1.1 200 -\r\nContent-Length: 15\r\n\r\n{"entries": {}}'
    with serve() as server, Client("icr_x", server.url, max_retries=0) as client:
        server.fault("answer", times=1, body=b'{"entries": {}}')
        server.fault("raw", times=1, content=content)
        server.fault("answer", status=201, body=b'{"key": "KEY", "created": true}')
        client.get_entries(*READ)
        client.get_entries(*READ)
        until(lambda: server.open_connections == 0)
        assert client.set_entry(*READ, "KEY", "v").created
