"""The reader of HTTP answers: it agrees with h11, whatever comes and however it is cut."""

import h11
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repeated import repeated

from clovrix_env.client import http1

OK = b"HTTP/1.1 200 OK\r\n"
LAWS = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

_NAMES = st.sampled_from(["Date", "X-a", "RETRY-AFTER", "Set-Cookie", "x_y!", "Via"])
_VALUES = st.text(st.sampled_from("ab1 ;,=\"'é\t"), max_size=8).map(str.strip)
_FIELDS = st.lists(st.tuples(_NAMES, _VALUES), max_size=5)
_CHUNKS = st.lists(st.binary(min_size=1, max_size=20), max_size=4)
_MARKS = [
    *(b"\r", b"\n", b"\0", b" ", b":", b";", b"0", b"\xff", b"\r\n\r\n"),
    b"Content-Length: 3\r\n",
]


@st.composite
def _answers(draw):
    """A well-formed answer, to its end: by a length, by chunks, by the connection, or empty."""
    status = draw(st.sampled_from([200, 201, 204, 304, 404, 503, 999]))
    head = draw(st.sampled_from([b"", b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n"]))
    head += f"HTTP/1.1 {status}{draw(st.sampled_from(['', ' ', ' OK', ' No way']))}\r\n".encode()
    for name, value in draw(_FIELDS):
        head += f"{name}:{draw(st.sampled_from(['', ' ', '  ']))}{value}\r\n".encode("latin-1")
    chunks = draw(_CHUNKS)
    how = draw(st.sampled_from(["length", "chunks", "end"]))
    if status in (204, 304):
        return head + b"\r\n"
    if how == "length":
        return head + b"Content-Length: %d\r\n\r\n" % sum(map(len, chunks)) + b"".join(chunks)
    if how == "end":
        return head + b"\r\n" + b"".join(chunks)
    more, last = draw(st.sampled_from([(b"", b""), (b";a=b", b"X-T: 1\r\n")]))
    body = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), more, chunk) for chunk in chunks)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n" + last + b"\r\n"


@st.composite
def _damaged(draw):
    """A well-formed answer with some of its bytes replaced, doubled or left out."""
    answer = draw(_answers())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(answer)))
        behind = at + draw(st.integers(0, 6))
        put = draw(st.one_of(st.sampled_from(_MARKS), st.binary(max_size=3)))
        answer = answer[:at] + put + answer[behind:]
    return answer


def _cut(content, sizes):
    pieces = []
    for size in sizes:
        pieces.append(content[:size])
        content = content[size:]
    return [piece for piece in (*pieces, content) if piece]


def _receiver(content, sizes=()):
    coming = _cut(content, sizes)

    def receive(most):
        assert most > 0
        if not coming:
            return b""
        piece, coming[0] = coming[0][:most], coming[0][most:]
        if not coming[0]:
            del coming[0]
        return piece

    return receive


def _read(content, sizes):
    """What our reader makes of it; ``None`` for ``Malformed``, the one error that it has."""
    stream = http1.Stream(_receiver(content, sizes))
    try:
        head = http1.read_head(stream)
        return head.status, _without_framing(head.fields), b"".join(http1.pieces(stream, head))
    except http1.Malformed:
        return None


def _without_framing(fields):
    """The fields without those of the framing, which h11 rewrites: the body shows their effect."""
    framing = ("content-length", "transfer-encoding")
    return {name: value for name, value in fields.items() if name not in framing}


def _read_by_h11(content):
    """The same by h11."""
    peer = h11.Connection(h11.CLIENT, max_incomplete_event_size=http1.HEAD_BYTES)
    peer.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    peer.send(h11.EndOfMessage())
    peer.receive_data(content)
    peer.receive_data(b"")
    status, fields, body = 0, {}, b""
    try:
        while True:
            event = peer.next_event()
            if isinstance(event, h11.EndOfMessage):
                return status, _without_framing(fields), body
            if isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.Response):
                status = event.status_code
                for name, value in event.headers:
                    name, value = name.decode(), value.decode("latin-1")
                    fields[name] = f"{fields[name]}, {value}" if name in fields else value
            elif not isinstance(event, h11.InformationalResponse):
                return None
    except h11.RemoteProtocolError:
        return None


@pytest.mark.parametrize("examples", repeated(60, deep=20_000))
def test_a_well_formed_answer(examples):
    """A well-formed answer is read as h11 reads it, in whatever pieces it comes."""

    @settings(LAWS, max_examples=examples)
    @given(_answers(), st.lists(st.integers(1, 30), max_size=8))
    def check(answer, sizes):
        found = _read(answer, sizes)
        assert found is not None
        assert found == _read_by_h11(answer)

    check()


@pytest.mark.parametrize("examples", repeated(60, deep=20_000))
def test_a_damaged_answer(examples):
    """A damaged answer is malformed, or it is read as h11 reads it; nothing else is raised."""

    @settings(LAWS, max_examples=examples)
    @given(st.one_of(_damaged(), _damaged(), st.binary(max_size=60)), st.lists(st.integers(1, 9)))
    def check(answer, sizes):
        found, known = _read(answer, sizes), _read_by_h11(answer)
        assert found is None or known is None or found == known

    check()


_CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    "content",
    [
        OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        OK + b"Content-Length: 1, 2\r\n\r\nab",
        OK + b"Content-Length: +1\r\n\r\na",
        OK + "Content-Length: ²\r\n\r\na".encode("latin-1"),
        OK + b"Content-Length: " + b"9" * 17 + b"\r\n\r\n",
        OK + b"Content-Length: 2\r\n\r\na",
        _CHUNKED + b"Content-Length: 1\r\n\r\n1\r\na\r\n0\r\n\r\n",
        _CHUNKED.replace(b"1.1", b"1.0") + b"\r\n1\r\na\r\n0\r\n\r\n",
        _CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        _CHUNKED + b"\r\n1\r\nab\r\n0\r\n\r\n",
        _CHUNKED + b"\r\n0x1\r\na\r\n0\r\n\r\n",
        _CHUNKED + b"\r\n1\na\n0\n\n",
        _CHUNKED + b"\r\n1\r\na\r\n0\r\n",
        _CHUNKED + b"\r\n1;" + b"x" * 5000 + b"\r\na\r\n0\r\n\r\n",
        OK + b"X: a\rb\r\nContent-Length: 0\r\n\r\n",
        OK + b"X : a\r\nContent-Length: 0\r\n\r\n",
        OK + b"X\r\nContent-Length: 0\r\n\r\n",
        OK + b" X: a\r\nContent-Length: 0\r\n\r\n",
        OK + b"X: a\r\n" * 101 + b"\r\n",
        OK + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
        OK + (b"X: " + b"a" * 40_000 + b"\r\n") * 2 + b"\r\n",
        b"HTTP/1.1 101 Switching\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 12 + OK + b"Content-Length: 0\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"\r\n" + OK + b"\r\n",
        b"x" * 70_000,
        b"",
    ],
    ids=lambda content: ascii(content[:70]),
)
def test_what_no_answer_may_be(content):
    """What two readers could read in two ways, or is too long, is malformed."""
    assert _read(content, []) is None


@pytest.mark.parametrize(
    ("content", "persists"),
    [
        (OK + b"Content-Length: 1\r\n\r\na", True),
        (OK + b"Content-Length: 1, 1\r\n\r\na", True),
        (_CHUNKED + b"\r\n1\r\na\r\n0\r\n\r\n", True),
        (OK + b"Content-Length:\r\n 1\r\n\r\na", True),
        (OK + b"\r\na", False),
        (OK + b"Content-Length: 1\r\nConnection: Keep-Alive, CLOSE\r\n\r\na", False),
        (OK.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n\r\na", False),
    ],
)
def test_a_connection_is_used_again(content, persists):
    """A connection persists in HTTP/1.1, unless the answer says otherwise or ends only with it."""
    stream = http1.Stream(_receiver(content))
    head = http1.read_head(stream)
    assert b"".join(http1.pieces(stream, head)) == b"a"
    assert head.persists is persists
    assert stream.is_drained


def test_a_field_cannot_end_its_line():
    """A request with a line break in a field is not sent."""
    for fields in ({"A": "b\r\nC: d"}, {"A\n": "b"}, {"A": "\0"}):
        with pytest.raises(ValueError, match="a forbidden character"):
            http1.request("GET", "/", "host", fields, None)
