"""``http_client=``: httpx's, httpx2's or one of the caller's own, used and left as it was."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from loopback import serve

from clovrix_env import (
    AsyncClient,
    Client,
    ClovrixAPIError,
    ClovrixConnectionError,
    NotFoundError,
    WriteItem,
    __version__,
)
from clovrix_env.client import body

if TYPE_CHECKING:
    from loopback import Loopback

FAMILIES = ["httpx", "httpx2"]
ENTRIES = b'{"entries": {"KEY": "v"}}'


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Any:
    """The HTTP library; httpx2 where it is installed."""
    return pytest.importorskip(request.param)


def state(client: Any) -> Any:
    """All of a client that we could have changed."""
    return (
        list(client.headers.raw),
        client.timeout,
        client.follow_redirects,
        list(client.cookies.jar),
        client.base_url,
        client.params,
        client.auth,
        client.event_hooks,
        client.trust_env,
        client.is_closed,
    )


def test_a_brought_client_is_used(family: Any, store_home: Any, loopback: Loopback) -> None:
    """All four calls go through the brought client; it is neither changed nor closed."""
    seen = []
    hooks = {"request": [lambda request: seen.append(request.url.path)]}
    with family.Client(headers={"X-App": "1"}, timeout=17, event_hooks=hooks) as brought:
        before = state(brought)
        with Client(store_home.token, loopback.url, http_client=brought) as client:
            assert client.set_entry("backend", "production", "KEY", "v", True).created
            assert client.set_entries("backend", "production", [WriteItem("L", "w")]) == 1
            assert client.get_entry("backend", "production", "KEY").is_secret
            assert client.get_entries("backend", "production") == {"KEY": "v", "L": "w"}
            with pytest.raises(NotFoundError):
                client.get_entry("backend", "production", "MISSING")
        assert state(brought) == before
        assert len(seen) == len(loopback.requests) == 5
        assert {request.headers["x-app"] for request in loopback.requests} == {"1"}
        assert brought.get(f"{loopback.url}/nothing").status_code == 404


@pytest.mark.anyio
async def test_a_brought_async_client_is_used(
    family: Any, store_home: Any, loopback: Loopback
) -> None:
    """The same for ``AsyncClient``."""
    async with family.AsyncClient(headers={"X-App": "1"}, timeout=17) as brought:
        before = state(brought)
        async with AsyncClient(store_home.token, loopback.url, http_client=brought) as client:
            assert (await client.set_entry("backend", "production", "KEY", "v", True)).created
            assert await client.set_entries("backend", "production", [WriteItem("L", "w")]) == 1
            assert (await client.get_entry("backend", "production", "KEY")).is_secret
            assert await client.get_entries("backend", "production") == {"KEY": "v", "L": "w"}
            with pytest.raises(NotFoundError):
                await client.get_entry("backend", "production", "MISSING")
        assert state(brought) == before
        assert len(loopback.requests) == 5
        assert (await brought.get(f"{loopback.url}/nothing")).status_code == 404


def test_ours_before_the_brought_clients_own(family: Any, faulty: Loopback) -> None:
    """Token, address and headers of the call are ours, whatever the client has by default."""
    faulty.fault("answer", body=ENTRIES)
    headers = {"Authorization": "Bearer other", "User-Agent": "other", "Accept": "text/html"}
    with family.Client(headers=headers, base_url="https://other.example/x") as brought:
        client = Client("icr_mine", faulty.url, user_agent="app/1", http_client=brought)
        assert client.get_entries("backend", "production") == {"KEY": "v"}
    (request,) = faulty.requests
    assert request.path == "/api/public/v1/projects/backend/environments/production/entries"
    assert request.headers["authorization"] == "Bearer icr_mine"
    assert request.headers["user-agent"] == "app/1"
    assert request.headers["accept"] == "application/json"


def test_no_redirect_is_followed(family: Any, faulty: Loopback) -> None:
    """A client that follows redirects does not follow ours."""
    with serve() as elsewhere:
        faulty.fault("redirect", location=elsewhere.url)
        with family.Client(follow_redirects=True) as brought:
            client = Client("icr_x", faulty.url, http_client=brought)
            with pytest.raises(ClovrixAPIError) as caught:
                client.get_entries("backend", "production")
            assert brought.follow_redirects is True
        assert elsewhere.requests == []
    assert caught.value.status_code == 302


@pytest.mark.anyio
async def test_no_redirect_is_followed_async(family: Any, faulty: Loopback) -> None:
    """The same for ``AsyncClient``."""
    with serve() as elsewhere:
        faulty.fault("redirect", location=elsewhere.url)
        async with family.AsyncClient(follow_redirects=True) as brought:
            client = AsyncClient("icr_x", faulty.url, http_client=brought)
            with pytest.raises(ClovrixAPIError):
                await client.get_entries("backend", "production")
        assert elsewhere.requests == []


FAILURES = [
    ("ConnectError", False),
    ("ConnectTimeout", False),
    ("PoolTimeout", False),
    ("ProxyError", False),
    ("UnsupportedProtocol", False),
    ("ReadTimeout", True),
    ("WriteTimeout", True),
    ("ReadError", True),
    ("WriteError", True),
    ("CloseError", True),
    ("RemoteProtocolError", True),
    ("LocalProtocolError", True),
    ("DecodingError", True),
]


@pytest.mark.parametrize(("name", "sent"), FAILURES)
def test_each_failure_of_a_brought_client(family: Any, name: str, sent: bool) -> None:
    """A transport's failure is a connection error that says whether the write may have been done,
    and nothing of the transport's own words."""

    def handle(request: Any) -> Any:
        raise getattr(family, name)("Bearer icr_s3cr3t", request=request)

    with family.Client(transport=family.MockTransport(handle)) as brought:
        client = Client("icr_s3cr3t", http_client=brought, max_retries=0)
        with pytest.raises(ClovrixConnectionError) as caught:
            client.set_entry("backend", "production", "KEY", "value")
    assert caught.value.sent is sent
    assert "icr_s3cr3t" not in str(caught.value)


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "sent"), FAILURES)
async def test_each_failure_of_a_brought_async_client(family: Any, name: str, sent: bool) -> None:
    """The same for ``AsyncClient``."""

    async def handle(request: Any) -> Any:
        raise getattr(family, name)("Bearer icr_s3cr3t", request=request)

    async with family.AsyncClient(transport=family.MockTransport(handle)) as brought:
        client = AsyncClient("icr_s3cr3t", http_client=brought, max_retries=0)
        with pytest.raises(ClovrixConnectionError) as caught:
            await client.set_entry("backend", "production", "KEY", "value")
    assert caught.value.sent is sent
    assert "icr_s3cr3t" not in str(caught.value)


def test_the_default_address(family: Any) -> None:
    """Without an address the hosted service is asked, over https."""
    asked = []

    def handle(request: Any) -> Any:
        asked.append((request.method, str(request.url), request.headers["Authorization"]))
        return family.Response(200, content=ENTRIES)

    with family.Client(transport=family.MockTransport(handle)) as brought:
        client = Client("icr_x", http_client=brought)
        assert client.get_entries("my project", "stg/eu") == {"KEY": "v"}
    path = "/api/public/v1/projects/my%20project/environments/stg%2Feu/entries"
    assert asked == [("GET", f"https://app.clovrix.com{path}", "Bearer icr_x")]


def test_retries_go_through_the_brought_client(family: Any) -> None:
    """A brought client is asked as often as one of ours."""
    answers = iter(
        [
            family.Response(503, headers={"Retry-After": "0"}),
            family.Response(429, headers={"Retry-After": "0"}),
            family.Response(200, content=ENTRIES),
        ]
    )
    with family.Client(transport=family.MockTransport(lambda request: next(answers))) as brought:
        client = Client("icr_x", http_client=brought)
        assert client.get_entries("backend", "production") == {"KEY": "v"}


class HomeMade:
    """A client of the Protocol's shape that is nobody's library."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []
        self.closed = False

    def request(self, method: str, url: str, **arguments: Any) -> Any:
        self.asked.append({"method": method, "url": url, **arguments})
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


class Answer:
    def __init__(self, status_code: int, content: bytes, **headers: str) -> None:
        self.status_code = status_code
        self.content = content
        self.headers = headers


def test_a_home_made_client() -> None:
    """One method and three properties are all that is asked of a client."""
    made = HomeMade(Answer(201, b'{"key": "KEY", "created": true}'))
    with Client("icr_x", "https://clovrix.example", timeout=9, http_client=made) as client:
        assert client.set_entry("backend", "production", "KEY", "v").created
    (asked,) = made.asked
    timeout = asked.pop("timeout")
    assert timeout[0] == timeout[3] == 5.0
    assert 8.5 < timeout[1] <= 9
    assert asked == {
        "method": "POST",
        "url": "https://clovrix.example"
        "/api/public/v1/projects/backend/environments/production/entries/KEY",
        "content": b'{"value": "v"}',
        "headers": {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": f"clovrix-env/{__version__}",
            "Authorization": "Bearer icr_x",
            "Content-Type": "application/json",
        },
        "follow_redirects": False,
    }
    assert made.closed is False


@pytest.mark.anyio
async def test_a_home_made_async_client() -> None:
    """The same with ``await``."""

    class AsyncHomeMade(HomeMade):
        async def request(self, method: str, url: str, **arguments: Any) -> Any:
            return super().request(method, url, **arguments)

    made = AsyncHomeMade(Answer(200, ENTRIES))
    async with AsyncClient("icr_x", http_client=made) as client:
        assert await client.get_entries("backend", "production") == {"KEY": "v"}
    assert made.closed is False


def test_a_home_made_client_that_followed_a_redirect() -> None:
    """An answer with a redirect behind it is another address's: nothing of it is taken."""
    made = HomeMade(Answer(200, ENTRIES))
    made.answers[0].history = [Answer(302, b"")]
    client = Client("icr_x", http_client=made, max_retries=0)
    with pytest.raises(ClovrixConnectionError, match="redirected") as caught:
        client.get_entries("backend", "production")
    assert caught.value.sent is True


def test_a_home_made_client_that_unpacks() -> None:
    """A compressed answer is refused, whoever has unpacked it."""
    made = HomeMade(Answer(200, ENTRIES, **{"Content-Encoding": "gzip"}))
    client = Client("icr_x", http_client=made, max_retries=0)
    with pytest.raises(ClovrixConnectionError, match="compressed"):
        client.get_entries("backend", "production")


def test_an_answer_of_a_brought_client_that_is_too_long(
    family: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit of an answer holds for what a transport has read whole, too."""
    monkeypatch.setattr(body, "ANSWER_BYTES", 1000)
    long = Answer(200, b"x" * 1001)

    def handle(request: Any) -> Any:
        return family.Response(200, content=long.content)

    with family.Client(transport=family.MockTransport(handle)) as brought:
        for made in (brought, HomeMade(long)):
            client = Client("icr_x", http_client=made, max_retries=0)
            with pytest.raises(ClovrixConnectionError, match="more than"):
                client.get_entries("backend", "production")


def test_a_home_made_clients_oserror() -> None:
    """An ``OSError`` of a client is a connection error; a read is asked again."""
    made = HomeMade(ConnectionResetError(104, "reset"), Answer(200, ENTRIES))
    client = Client("icr_x", http_client=made)
    assert client.get_entries("backend", "production") == {"KEY": "v"}
    assert len(made.asked) == 2


def test_a_home_made_clients_bug() -> None:
    """What is no failure of the network comes through as it was raised."""
    client = Client("icr_x", http_client=HomeMade(ZeroDivisionError("a bug")))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        client.get_entries("backend", "production")


@pytest.mark.anyio
async def test_a_client_of_the_other_kind() -> None:
    """An asynchronous client given to ``Client``, or the other way round, is told at once."""
    httpx = pytest.importorskip("httpx")
    from clovrix_env import ClovrixConfigError

    async with httpx.AsyncClient() as brought:
        with pytest.raises(ClovrixConfigError, match="http_client="):
            Client("icr_x", http_client=brought)
    with httpx.Client() as brought, pytest.raises(ClovrixConfigError, match="http_client="):
        AsyncClient("icr_x", http_client=brought)


def test_a_brought_client_that_never_connected(family: Any, black_hole: str) -> None:
    """At the deadline a connection that was never made is told as that: the write was not done."""
    with family.Client() as brought:
        client = Client("icr_x", black_hole, timeout=0.2, http_client=brought, max_retries=0)
        with pytest.raises(ClovrixConnectionError, match="connection timed out") as caught:
            client.set_entry("backend", "production", "KEY", "value")
    assert caught.value.sent is False


@pytest.mark.parametrize("first", [0, 1], ids=["a new connection", "a kept one"])
def test_a_brought_client_that_waits(family: Any, first: int) -> None:
    """At the deadline a write that was sent is told as that, by a connection of whatever age."""
    with serve() as server, family.Client() as brought:
        client = Client("icr_x", server.url, timeout=0.2, http_client=brought, max_retries=0)
        if first:
            server.fault("answer", body=ENTRIES, times=1)
            client.get_entries("backend", "production")
        server.fault("drip_header")
        with pytest.raises(ClovrixConnectionError, match="in time") as caught:
            client.set_entry("backend", "production", "KEY", "value")
        assert server.connections == 1
    assert caught.value.sent is True


def test_a_brought_client_of_which_nothing_is_known(family: Any) -> None:
    """A transport of the caller's own says nothing of how far it came: the write may be done."""

    def handle(request: Any) -> Any:
        time.sleep(0.5)
        return family.Response(200, content=ENTRIES)

    with family.Client(transport=family.MockTransport(handle)) as brought:
        client = Client("icr_x", timeout=0.1, http_client=brought, max_retries=0)
        with pytest.raises(ClovrixConnectionError, match="in time") as caught:
            client.set_entry("backend", "production", "KEY", "value")
    assert caught.value.sent is True


def test_a_brought_client_that_asks_twice(family: Any) -> None:
    """Where the client itself asked again, what was sent first counts, connected or not."""

    class Again(family.Auth):  # type: ignore[misc, name-defined]
        def auth_flow(self, request: Any) -> Any:
            yield request
            yield request

    with serve() as server, family.Client(auth=Again()) as brought:
        server.fault("answer", status=401, headers={"Connection": "close"}, times=1)
        server.fault("hang")
        client = Client("icr_x", server.url, timeout=0.3, http_client=brought, max_retries=0)
        with pytest.raises(ClovrixConnectionError, match="in time") as caught:
            client.set_entry("backend", "production", "KEY", "value")
    assert caught.value.sent is True


def test_a_brought_client_with_a_request_of_its_own(family: Any, faulty: Loopback) -> None:
    """A class that changes ``request`` is asked by it."""
    asked = []

    class Counting(family.Client):  # type: ignore[misc, name-defined]
        def request(self, method: str, url: str, **arguments: Any) -> Any:
            asked.append(sorted(arguments))
            return super().request(method, url, **arguments)

    faulty.fault("answer", body=ENTRIES)
    with Counting() as brought:
        client = Client("icr_x", faulty.url, http_client=brought)
        assert client.get_entries("backend", "production") == {"KEY": "v"}
    assert asked == [["content", "follow_redirects", "headers", "timeout"]]
