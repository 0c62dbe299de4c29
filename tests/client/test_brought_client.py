"""``http_client=``: httpx's, httpx2's or one of the caller's own, used and left as it was."""

import threading

import pytest
from loopback import serve
from repeated import patiently

from clovrix_env import AsyncClient, Client, NotFoundError, WriteItem, __version__
from clovrix_env.client import body
from clovrix_env.errors import ClovrixAPIError, ClovrixConfigError, ClovrixConnectionError

AT = ("backend", "production")
READ = ("get_entries", *AT)
WRITE = ("set_entry", *AT, "KEY", "value")
ENTRIES = b'{"entries": {"KEY": "v"}}'
FOUND = {"KEY": "v"}


@pytest.fixture(params=["httpx", "httpx2"])
def family(request):
    """The HTTP library; httpx2 where it is installed."""
    return pytest.importorskip(request.param)


@pytest.fixture
def bring(ask, family):
    """``bring(…)``: a client of the library, of the kind that the door takes."""

    def make(handle=None, **options):
        if handle is not None:
            options["transport"] = family.MockTransport(handle)
        return getattr(family, ask.kind.__name__)(**options)

    return make


def state(client):
    """All of a client that we could have changed."""
    names = "timeout follow_redirects base_url params auth event_hooks trust_env is_closed"
    plain = [getattr(client, name) for name in names.split()]
    return [list(client.headers.raw), list(client.cookies.jar), *plain]


def test_a_brought_client_is_used(ask, bring, store_home, loopback):
    """All four calls go through the brought client; it is neither changed nor closed."""
    brought = bring(headers={"X-App": "1"}, timeout=17)
    before, after = state(brought), []
    created, written, entry, entries, missing = ask.talk(
        loopback.url,
        ("set_entry", *AT, "KEY", "v", True),
        ("set_entries", *AT, [WriteItem("L", "w")]),
        ("get_entry", *AT, "KEY"),
        READ,
        ("get_entry", *AT, "MISSING"),
        token=store_home.token,
        http_client=brought,
        then=lambda: after.append(state(brought)),
    )
    assert (created.created, written, entry.is_secret) == (True, 1, True)
    assert entries == {"KEY": "v", "L": "w"}
    assert isinstance(missing, NotFoundError)
    assert after == [before]
    assert [request.headers["x-app"] for request in loopback.requests] == ["1"] * 5


def test_ours_before_the_brought_clients_own(ask, bring, faulty):
    """Token, address and headers of the call are ours, whatever the client has by default."""
    faulty.fault("answer", body=ENTRIES)
    headers = {"Authorization": "Bearer other", "User-Agent": "other", "Accept": "text/html"}
    brought = bring(headers=headers, base_url="https://other.example/x")
    ours = {"token": "icr_mine", "user_agent": "app/1", "http_client": brought}
    assert ask(faulty.url, *READ, **ours) == FOUND
    (request,) = faulty.requests
    assert request.path == "/api/public/v1/projects/backend/environments/production/entries"
    sent = [request.headers[name.lower()] for name in headers]
    assert sent == ["Bearer icr_mine", "app/1", "application/json"]


def test_no_redirect_is_followed(ask, bring, faulty):
    """A client that follows redirects does not follow ours."""
    with serve() as elsewhere:
        faulty.fault("redirect", location=elsewhere.url)
        with pytest.raises(ClovrixAPIError) as caught:
            ask(faulty.url, *READ, http_client=bring(follow_redirects=True))
        assert elsewhere.requests == []
    assert caught.value.status_code == 302


NEVER_SENT = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol")
PERHAPS_SENT = (
    *("ReadTimeout", "WriteTimeout", "ReadError", "WriteError", "CloseError"),
    *("RemoteProtocolError", "LocalProtocolError", "DecodingError"),
)


@pytest.mark.parametrize("name", [*NEVER_SENT, *PERHAPS_SENT])
def test_each_failure_of_a_brought_client(ask, family, bring, name):
    """A connection error that says whether the write may have been done, in words of ours."""

    def handle(request):
        raise getattr(family, name)("Bearer icr_s3cr3t", request=request)

    with pytest.raises(ClovrixConnectionError) as caught:
        ask(None, *WRITE, token="icr_s3cr3t", http_client=bring(handle))
    assert caught.value.sent is (name in PERHAPS_SENT)
    assert "icr_s3cr3t" not in str(caught.value)


class Answer:
    def __init__(self, status_code, content):
        self.status_code, self.content, self.headers = status_code, content, {}


class HomeMade:
    """A client of the Protocol's shape that is nobody's library."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.closed = False

    def request(self, method, url, **arguments):
        self.asked.append({"method": method, "url": url, **arguments})
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        self.closed = True


class AsyncHomeMade(HomeMade):
    async def request(self, method, url, **arguments):
        return super().request(method, url, **arguments)


@pytest.fixture
def home_made(ask):
    return HomeMade if ask.door == "sync" else AsyncHomeMade


def test_a_home_made_client(ask, home_made):
    """One method and three properties are all that is asked of a client."""
    made = home_made(Answer(201, b'{"key": "KEY", "created": true}'))
    url = "https://clovrix.example"
    assert ask(url, *WRITE, token="icr_x", timeout=9, http_client=made).created
    (asked,) = made.asked
    connect, read, _, pool = asked.pop("timeout")
    assert connect == pool == 5.0
    assert 5 < read <= 9
    assert asked == {
        "method": "POST",
        "url": f"{url}/api/public/v1/projects/backend/environments/production/entries/KEY",
        "content": b'{"value": "value"}',
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


@pytest.mark.parametrize("why", ["redirected", "compressed", "more than"])
def test_an_answer_of_a_home_made_client_that_is_not_taken(ask, home_made, monkeypatch, why):
    """An answer behind a redirect, one that was unpacked, and one over the limit are refused."""
    monkeypatch.setattr(body, "ANSWER_BYTES", 1000)
    answer = Answer(200, b"x" * 1001 if why == "more than" else ENTRIES)
    if why == "redirected":
        answer.history = [Answer(302, b"")]
    if why == "compressed":
        answer.headers["Content-Encoding"] = "gzip"
    with pytest.raises(ClovrixConnectionError, match=why) as caught:
        ask(None, *READ, http_client=home_made(answer))
    assert caught.value.sent is True


def test_a_library_that_has_read_too_much(ask, family, bring, monkeypatch):
    """The limit of an answer holds for what a transport has read whole, too."""
    monkeypatch.setattr(body, "ANSWER_BYTES", 1000)
    brought = bring(lambda request: family.Response(200, content=b"x" * 1001))
    with pytest.raises(ClovrixConnectionError, match="more than"):
        ask(None, *READ, http_client=brought)


def test_a_home_made_clients_oserror(ask, home_made):
    """An ``OSError`` of a client is a connection error; a read is asked again."""
    made = home_made(ConnectionResetError(104, "reset"), Answer(200, ENTRIES))
    assert ask(None, *READ, max_retries=1, http_client=made) == FOUND
    assert len(made.asked) == 2


def test_a_home_made_clients_bug(ask, home_made):
    """What is no failure of the network comes through as it was raised."""
    with pytest.raises(ZeroDivisionError, match="a bug"):
        ask(None, *READ, http_client=home_made(ZeroDivisionError("a bug")))


@pytest.mark.parametrize(("kind", "other"), [(Client, "AsyncClient"), (AsyncClient, "Client")])
def test_a_client_of_the_other_kind(kind, other):
    """An asynchronous client given to ``Client``, or the other way round, is told at once."""
    brought = getattr(pytest.importorskip("httpx"), other)()
    with pytest.raises(ClovrixConfigError, match="http_client="):
        kind("icr_x", http_client=brought)


def late(ask, url, brought, sent, seconds, before=()):
    """A write through the brought client ends at the deadline, and says whether it was sent."""
    *_, error = ask.talk(url, *before, WRITE, timeout=seconds, http_client=brought)
    assert isinstance(error, ClovrixConnectionError)
    assert ("in time" if sent else "connection timed out") in str(error)
    assert error.sent is sent


@pytest.mark.slow
def test_a_brought_client_that_never_connected(ask, bring, black_hole):
    """At the deadline a connection that was never made is told as that: the write was not done."""
    late(ask, black_hole, bring(), False, 0.3)


@pytest.mark.slow
@pytest.mark.parametrize("before", [(), (READ,)], ids=["a new connection", "a kept one"])
def test_a_brought_client_that_waits(ask, bring, before):
    """At the deadline a write that was sent is told as that, by a connection of whatever age."""

    def attempt(seconds):
        with serve() as server:
            if before:
                server.fault("answer", body=ENTRIES, times=1)
            server.fault("drip_header")
            late(ask, server.url, bring(), True, seconds, before)
            assert server.connections == 1

    patiently(attempt)


@pytest.mark.slow
def test_a_brought_client_that_asks_twice(ask, family, bring):
    """Where the client itself asked again, what was sent first counts, connected or not."""

    class Again(family.Auth):
        def auth_flow(self, request):
            yield request
            yield request

    def attempt(seconds):
        with serve() as server:
            server.fault("answer", status=401, headers={"Connection": "close"}, times=1)
            server.fault("hang")
            late(ask, server.url, bring(auth=Again()), True, seconds)

    patiently(attempt)


@pytest.mark.slow
def test_a_brought_client_of_which_nothing_is_known(family):
    """A transport of the caller's own says nothing of how far it came: the write may be done."""

    over = threading.Event()

    def handle(request):
        over.wait(20)
        return family.Response(200, content=ENTRIES)

    with family.Client(transport=family.MockTransport(handle)) as brought:
        client = Client("icr_x", timeout=0.1, http_client=brought, max_retries=0)
        with pytest.raises(ClovrixConnectionError, match="in time") as caught:
            client.set_entry(*AT, "KEY", "value")
        over.set()
    assert caught.value.sent is True


def test_a_brought_client_with_a_request_of_its_own(ask, bring, family, faulty):
    """A class that changes ``request`` is asked by it."""
    asked = []

    class Counting(type(bring())):
        def request(self, method, url, **arguments):
            asked.append(sorted(arguments))
            return super().request(method, url, **arguments)

    faulty.fault("answer", body=ENTRIES)
    assert ask(faulty.url, *READ, http_client=Counting()) == FOUND
    assert asked == [["content", "follow_redirects", "headers", "timeout"]]
