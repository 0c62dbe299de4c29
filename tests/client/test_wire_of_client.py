"""What goes on the wire, the same by every door; ``scope`` binds one place."""

import pytest

from clovrix_env import Client, Entry, NotFoundError, WriteItem, __version__

BASE = "/api/public/v1/projects"
ANSWERS = {
    "get_entries": b'{"entries": {}}',
    "get_entry": b'{"key": "KEY", "value": "v", "is_secret": true}',
    "set_entry": b'{"key": "KEY", "created": true}',
    "set_entries": b'{"written": 1}',
}


ITEMS = [
    WriteItem("A", "1"),
    WriteItem("B", "2", True),
    {"key": "C", "value": "3", "is_secret": None},
    {"is_secret": False, "value": "4", "key": "D"},
]
SENT = [
    {"key": "A", "value": "1"},
    {"key": "B", "value": "2", "is_secret": True},
    {"key": "C", "value": "3"},
    {"key": "D", "value": "4", "is_secret": False},
]


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (("get_entries",), "GET", "", None),
        (("get_entry", "KEY"), "GET", "/KEY", None),
        (("set_entry", "KEY", "v", None), "POST", "/KEY", {"value": "v"}),
        (("set_entry", "KEY", "v", True), "POST", "/KEY", {"value": "v", "is_secret": True}),
        (("set_entry", "KEY", "", False), "POST", "/KEY", {"value": "", "is_secret": False}),
        (("set_entries", ITEMS), "POST", "", {"entries": SENT}),
    ],
    ids=lambda case: str(case)[:40],
)
def test_a_request(ask, faulty, call, method, path, body):
    """Method, path, headers and body of each operation; ``is_secret`` only where it was given."""
    operation, *arguments = call
    faulty.fault("answer", body=ANSWERS[operation])
    ask(faulty.url, operation, "backend", "production", *arguments, token="icr_x")
    (request,) = faulty.requests
    assert request.method == method
    assert request.path == f"{BASE}/backend/environments/production/entries{path}"
    assert request.headers["authorization"] == "Bearer icr_x"
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"] == f"clovrix-env/{__version__}"
    assert "cookie" not in request.headers
    if body is None:
        assert request.body == b""
        assert "content-type" not in request.headers
    else:
        assert request.json == body
        assert request.headers["content-type"] == "application/json"
        assert request.headers["content-length"] == str(len(request.body))


def test_calls_share_a_connection(faulty):
    """The calls of one client go through one connection; ``test_connect`` has its end."""
    faulty.fault("answer", body=ANSWERS["get_entries"])
    before = faulty.connections
    with Client("icr_x", faulty.url) as client:
        for _ in range(6):
            client.get_entries("backend", "production")
    assert faulty.connections == before + 1


def test_a_closed_client():
    """A closed client sends nothing any more; closing twice is no error."""
    client = Client("icr_x", "http://127.0.0.1:1")
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.get_entries("backend", "production")


@pytest.fixture(params=["http", "store"])
def address(request, store_home, loopback):
    return loopback.url if request.param == "http" else store_home.url


def test_a_scope(ask, store_home, address):
    """The four calls, in their place and nowhere else."""
    scope = [
        ("get_all",),
        ("set", "KEY", "v", True),
        ("set", "KEY", "w"),
        ("get", "KEY"),
        ("set_many", [WriteItem("A", "1"), {"key": "B", "value": "2"}]),
        ("get_all",),
    ]
    found = ask.talk(address, *scope, token=store_home.token, scope=("backend", "production"))
    assert [getattr(each, "created", each) for each in found] == [
        {}, True, False, Entry("KEY", "w", True), 2, {"KEY": "w", "A": "1", "B": "2"}
    ]  # fmt: skip
    there = {"token": store_home.token, "scope": ("backend", "staging")}
    missing, nothing = ask.talk(address, ("get", "KEY"), ("get_all",), **there)
    assert isinstance(missing, NotFoundError)
    assert nothing == {}
