"""Raw HTTP of every kind gets its documented status, and ends in time."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from server.raw import ENTRIES, PREFIX, Line, head, post, status_of

from clovrix_env.api.messages import Reply
from clovrix_env.server import process, protocol
from clovrix_env.server.app import Options
from clovrix_env.server.in_thread import serving
from clovrix_env.server.protocol import Protocol

ONE = f"{ENTRIES}/ONE"
VALUE = b'{"value": "x"}'
JSON = "Content-Type: application/json"
LONGER = "Content-Length: 10"
CHUNKED = "Transfer-Encoding: chunked"


def chunks(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def get(path, *headers, host="localhost"):
    return head("GET", path, "TOKEN", *headers, host=host)


# The name of a request, its bytes (TOKEN is replaced by a token that may write), and its status.
TABLE = {
    "a read": (get(ENTRIES), 200),
    "a write": (post(ONE, "TOKEN", VALUE, JSON), 201),
    "a write in chunks": (head("POST", ONE, "TOKEN", CHUNKED) + chunks(VALUE[:5], VALUE[5:]), 200),
    "no Content-Type": (post(ONE, "TOKEN", VALUE), 200),
    "not HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "two lengths": (post(ONE, "TOKEN", VALUE, "Content-Length: 5"), 400),
    "a length that is not a number": (head("POST", ONE, "TOKEN", "Content-Length: 1x"), 400),
    "a negative length": (head("POST", ONE, "TOKEN", "Content-Length: -1"), 400),
    "length and chunks": (post(ONE, "TOKEN", chunks(VALUE), CHUNKED), 400),
    "an unknown coding": (head("POST", ONE, "TOKEN", "Transfer-Encoding: gzip"), 400),
    "a bad chunk size": (head("POST", ONE, "TOKEN", CHUNKED) + b"zz\r\nx\r\n0\r\n\r\n", 400),
    "a folded header": (get(ENTRIES, "X-Fold: a", " b"), 400),
    "a bare line feed": (get(ENTRIES).replace(b"\r\n", b"\n"), 400),
    "a space before a colon": (get(ENTRIES, "X-Space : a"), 400),
    "a NUL in a header": (get(ENTRIES, "X-Nul: a\0b"), 400),
    "no Host": (get(ENTRIES, host=""), 400),
    "two Hosts": (get(ENTRIES, "Host: other"), 400),
    "a foreign Host with a token": (get(ENTRIES, host="evil.test"), 200),
    "a foreign Host with a cookie": (get(ENTRIES, "Cookie: a=b", host="evil.test"), 421),
    "an allowed Host with a cookie": (get(ENTRIES, "Cookie: a=b", host="clovrix.test:1"), 200),
    "metrics for a foreign Host": (head("GET", "/metrics", host="evil.test"), 421),
    "health for a foreign Host": (head("GET", "/healthz", host="evil.test"), 200),
    "300 KiB of headers": (get(ENTRIES, "X-Big: " + "x" * 300 * 1024), 431),
    "100 KiB of headers": (get(ENTRIES, "X-Big: " + "x" * 100 * 1024), 431),
    "5,000 headers": (get(ENTRIES, *[f"X-{n}: {n}" for n in range(5000)]), 431),
    "a long path": (get(f"{PREFIX}/{'x' * 70_000}"), 431),
    "a body that is too large": (head("POST", ONE, "TOKEN", f"Content-Length: {2**18 + 1}"), 413),
    "a bulk body too large": (head("POST", ENTRIES, "TOKEN", f"Content-Length: {21 << 20}"), 413),
    "endless chunks": (head("POST", ONE, "TOKEN", CHUNKED) + chunks(b" " * 2**19), 413),
    "gzip": (post(ONE, "TOKEN", VALUE, "Content-Encoding: gzip"), 415),
    "a form": (post(ONE, "TOKEN", VALUE, "Content-Type: application/x-www-form-urlencoded"), 415),
    "200,000 brackets": (post(ENTRIES, "TOKEN", b"[" * 200_000), 400),
    "a long number": (post(ONE, "TOKEN", b'{"value": ' + b"9" * 5000 + b"}"), 400),
    "NaN": (post(ONE, "TOKEN", b'{"value": NaN}'), 400),
    "a lone surrogate": (post(ONE, "TOKEN", b'{"value": "\\ud800"}'), 422),
    "a body that is not UTF-8": (post(ONE, "TOKEN", b'{"value": "\xff"}'), 400),
    "an encoded slash": (get(ENTRIES.replace("backend", "back%2Fend")), 404),
    "a NUL in a name": (get(ENTRIES.replace("backend", "back%00end")), 404),
    "a name that is not UTF-8": (get(ENTRIES.replace("backend", "%ff")), 404),
    "dots in a path": (get(ENTRIES.replace("backend", "..")), 404),
    "bytes above ASCII in a path": (get(ENTRIES.replace("backend", "b\xe4ck")), 400),
    "an absolute target": (get(f"http://localhost{ENTRIES}"), 200),
    "an authority as target": (head("CONNECT", "localhost:1", "TOKEN"), 400),
    "OPTIONS": (head("OPTIONS", ENTRIES, "TOKEN"), 405),
    "DELETE without history": (head("DELETE", ENTRIES, "TOKEN"), 405),
    "two tokens": (get(ENTRIES, "Authorization: Bearer x"), 401),
    "another scheme": (head("GET", ENTRIES, None, "Authorization: Basic eDp5"), 401),
    "no token": (head("GET", ENTRIES), 401),
    "no token, 1 MiB of body": (post(ENTRIES, None, b"x" * 2**20), 401),
    "no token, and a body that does not come": (head("POST", ONE, None, LONGER) + b"{", 401),
    "no token, and a question": (head("POST", ONE, None, LONGER, "Expect: 100-continue"), 401),
    "an upgrade": (get(ENTRIES, "Connection: Upgrade", "Upgrade: websocket"), 200),
    "HTTP/1.0": (get(ENTRIES).replace(b"HTTP/1.1", b"HTTP/1.0"), 200),
}


@pytest.mark.parametrize("name", TABLE)
def test_hostile_request(served, name):
    """Every request has its status, and the next client gets an answer."""
    content, expected = TABLE[name]
    line = Line(served.url).send(content.replace(b"TOKEN", served.token.encode()))
    status, headers, document = line.answer()
    line.close()
    assert status == expected, document
    assert (status < 400) != ("error" in document)
    assert ("allow" in headers) == (status == 405)
    assert ("www-authenticate" in headers) == (status == 401)
    assert served.home.path not in str(document)
    assert status_of(served.url, [head("GET", ENTRIES, served.reader)])[0] == 200


class Failing:
    """A store that fails in the way that the project is named."""

    is_file = False

    def answer(self, call, deadline=None):
        if call.project == "raise":
            raise ValueError("/srv/store.db")
        return Reply(int(call.project), {"error": "the store /srv/store.db failed"}, "", "1")

    admit = answer

    def why_not_ready(self):
        return "the store cannot be read"


def test_a_failure_names_no_path(capsys):
    """The client gets a sentence; the log has the reason, or where the exception was raised."""
    with serving(Failing(), Options()) as url:
        for project, method in itertools.product(("500", "503", "507", "raise"), ("GET", "POST")):
            path = ENTRIES.replace("backend", project)
            large = post(path, "icr_x", b" " * 100_000)
            line = Line(url).send(large if method == "POST" else head("GET", path, "icr_x"))
            status, _, document = line.answer()
            line.close()
            log = capsys.readouterr().err
            assert status == (500 if project == "raise" else int(project))
            assert "/srv" not in str(document)
            assert ("error=ValueError" if project == "raise" else "/srv/store.db failed") in log
            assert ("/srv" in log) == (project != "raise")


def test_a_request_that_is_not_http_is_logged(capsys):
    """With its status and nothing of it; a connection without a request is not."""
    with serving(Failing(), Options(has_metrics=True)) as url:
        Line(url).close()
        for content in (b"\x16\x03 planted\r\n\r\n", get("/", "X-Planted: " + "x" * 70_000)):
            line = Line(url).send(content)
            line.answer()
            line.close()
        log = capsys.readouterr().err
    lines = [line.split(" ", 1)[1] for line in log.splitlines()]
    assert lines == [f"client=127.0.0.1 status={status} ms=0.0" for status in (400, 431)]


@pytest.mark.slow
def test_a_client_that_does_not_read_its_answer_is_cut_off(monkeypatch):
    """After ten seconds, and one more for each 64 KiB, which are short here."""
    lost = threading.Event()

    class Watched(Protocol):
        def connection_lost(self, exc):
            super().connection_lost(exc)
            lost.set()

    monkeypatch.setattr(process, "Protocol", Watched)
    monkeypatch.setattr(protocol, "READ_SECONDS", 0.1)
    monkeypatch.setattr(protocol, "READ_RATE", 2**30)
    monkeypatch.setattr(Failing, "answer", lambda *_: Reply(200, {"entries": {"KEY": "x" * 2**25}}))
    with serving(Failing()) as url:
        line = Line(url).send(get(ENTRIES))
        assert lost.wait(20)
        with pytest.raises(AssertionError):
            line.answer()
        line.close()


# After an answered request, where the name says so.
SLOW = {
    "silence": b"",
    "a slow head": b"GET / HTTP/1.1\r\nHost: x\r\nX: ",
    "a slow body": head("POST", ONE, "TOKEN", "Content-Length: 10") + b"{",
    "slow chunks": head("POST", ONE, "TOKEN", CHUNKED) + b"5\r\n{",
    "a slow second request": b"GET / HTTP/1.1\r\n",
    "empty lines before a second request": b"\r\n",
}


@pytest.mark.slow
def test_slow_clients_end_and_do_not_delay_others(served):
    """Each gets a 408 after its 10 seconds; 300 idle connections leave a normal client fast."""
    first = get(ENTRIES).replace(b"TOKEN", served.token.encode())

    def end_of(name):
        line = Line(served.url, timeout=19)  # on a busy machine, too
        if "second" in name:
            assert line.send(first).answer()[0] == 200
        status = line.send(SLOW[name].replace(b"TOKEN", served.token.encode())).answer()[0]
        line.close()
        return status

    idle = [Line(served.url) for _ in range(300)]
    with ThreadPoolExecutor(len(SLOW)) as pool:
        ends = pool.map(end_of, SLOW)
        status, seconds = status_of(served.url, [first])
        print(f"a normal client beside 300 idle ones: {seconds * 1000:.0f} ms")
        assert dict(zip(SLOW, ends)) == dict.fromkeys(SLOW, 408)
    assert status == 200
    for line in idle:
        line.close()
