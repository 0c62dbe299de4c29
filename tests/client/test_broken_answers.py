"""A 2xx that is not what Clovrix answers: one clear error, and nothing of the body in it."""

from __future__ import annotations

import gzip
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import ClovrixConnectionError
from clovrix_env.client import body

if TYPE_CHECKING:
    from loopback import Loopback

SECRET = "s3cr3t-in-the-body"
GOOD = b'{"entries": {"KEY": "s3cr3t-in-the-body"}}'
HEAD = b"HTTP/1.1 200 OK\r\n"


def half_read(test: Any) -> Any:
    """httpx leaves a stream half read where we stop before its end, and trio says so."""
    test = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")(test)
    return pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")(test)


GET_ALL = ("get_entries", ())
GET = ("get_entry", ("KEY",))
SET = ("set_entry", ("KEY", "value"))
SET_MANY = ("set_entries", ([{"key": "KEY", "value": "value"}],))

NO_JSON = {
    "html": b"<html>s3cr3t-in-the-body</html>",
    "empty": b"",
    "half": GOOD[:-5],
    "two": GOOD + GOOD,
    "not UTF-8": b'{"entries": {"KEY": "s3cr3t-in-the-body\xff"}}',
    "UTF-16": GOOD.decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + GOOD,
    "deep": b"[" * 200_000,
    "deep and secret": b'{"entries": ' + b'["s3cr3t-in-the-body",' * 200_000,
    "a long number": b'{"entries": {}, "s3cr3t-in-the-body": ' + b"9" * 5_000 + b"x}",
    "a list": b'["s3cr3t-in-the-body"]',
    "a text": b'"s3cr3t-in-the-body"',
    "null": b"null",
    "a control character": b'{"entries": {"KEY": "s3cr3t-in-the-body\n"}}',
}


def broken(ask: Any, url: str, operation: str, arguments: tuple[Any, ...]) -> None:
    """The call raises a connection error that shows nothing of what was answered."""
    with pytest.raises(ClovrixConnectionError) as caught:
        ask(url, operation, "backend", "production", *arguments)
    error = caught.value
    assert error.sent is True
    link: BaseException | None = error
    while link is not None:
        assert SECRET not in repr(vars(link)) + repr(link.args) + str(link)
        assert not hasattr(link, "doc")
        assert not hasattr(link, "object")
        link = link.__cause__ or link.__context__
    shown = traceback.TracebackException.from_exception(error, capture_locals=False)
    assert SECRET not in "".join(shown.format())


@pytest.mark.parametrize("operation", [GET_ALL, GET, SET, SET_MANY], ids=lambda case: case[0])
@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON.keys())
def test_no_json_object(ask: Any, faulty: Loopback, operation: Any, body: bytes) -> None:
    """A 2xx whose body is not a JSON object is a connection error."""
    faulty.fault("answer", body=body)
    broken(ask, faulty.url, *operation)


def test_a_number_of_5000_digits(ask: Any, faulty: Loopback) -> None:
    """A number that Python may refuse to read makes no other error than a broken answer."""
    faulty.fault("answer", body=b'{"written": ' + b"9" * 5_000 + b', "entries": 1}')
    broken(ask, faulty.url, *GET_ALL)


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_any_2xx(ask: Any, faulty: Loopback, status: int) -> None:
    """Another 2xx without a body is broken as well."""
    faulty.fault("answer", status=status)
    broken(ask, faulty.url, *GET)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        (GET_ALL, b'{"entries": ["s3cr3t-in-the-body"]}'),
        (GET_ALL, b'{"entries": null}'),
        (GET_ALL, b'{"entries": "s3cr3t-in-the-body"}'),
        (GET_ALL, b'{"entries": {"KEY": 7}}'),
        (GET_ALL, b'{"entries": {"KEY": null}}'),
        (GET_ALL, b'{"entries": {"KEY": {"value": "s3cr3t-in-the-body"}}}'),
        (GET_ALL, b'{"entries": {"KEY": "s3cr3t-in-the-body\\ud800"}}'),
        (GET_ALL, b'{"entries": {"K\\udfff": "s3cr3t-in-the-body"}}'),
        (GET, b"{}"),
        (GET, b'{"key": "KEY", "value": "s3cr3t-in-the-body"}'),
        (GET, b'{"key": "KEY", "is_secret": true}'),
        (GET, b'{"key": 7, "value": "s3cr3t-in-the-body", "is_secret": true}'),
        (GET, b'{"key": "KEY", "value": 7, "is_secret": true}'),
        (GET, b'{"key": "KEY", "value": "s3cr3t-in-the-body", "is_secret": 1}'),
        (GET, b'{"key": "KEY", "value": "s3cr3t-in-the-body", "is_secret": null}'),
        (GET, b'{"key": "KEY", "value": "s3cr3t-in-the-body\\ud800", "is_secret": true}'),
        (GET, b'{"key": "K\\ud800", "value": "s3cr3t-in-the-body", "is_secret": true}'),
        (SET, b"{}"),
        (SET, b'{"key": "KEY", "created": "yes"}'),
        (SET, b'{"key": null, "created": true}'),
        (SET, b'{"created": true}'),
        (SET_MANY, b"{}"),
        (SET_MANY, b'{"written": "1"}'),
        (SET_MANY, b'{"written": true}'),
        (SET_MANY, b'{"written": 1.0}'),
        (SET_MANY, b'{"written": null}'),
    ],
)
def test_another_shape(ask: Any, faulty: Loopback, operation: Any, body: bytes) -> None:
    """A JSON object of another shape than the operation's answer is a connection error."""
    faulty.fault("answer", body=body)
    broken(ask, faulty.url, *operation)


CUT = {
    "shorter than its length": HEAD + b"Content-Length: 1000\r\n\r\n" + GOOD,
    "a chunk cut": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + GOOD,
    "no last chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2a\r\n" + GOOD + b"\r\n",
    "a chunk of no length": HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n" + GOOD,
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n" + GOOD,
    "half a header": HEAD + b"Content-Le",
    "a header without end": HEAD + b"X: " + b"s3cr3t-in-the-body" * 10_000,
    "gzip that is none": HEAD + b"Content-Encoding: gzip\r\n\r\n<" + GOOD,
    "gzip cut": HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(GOOD)[:-20],
}


@half_read
@pytest.mark.parametrize("operation", [GET_ALL, SET], ids=lambda case: case[0])
@pytest.mark.parametrize("content", CUT.values(), ids=CUT.keys())
def test_broken_off(ask: Any, faulty: Loopback, operation: Any, content: bytes) -> None:
    """An answer that breaks off, or is no HTTP, is a connection error; it may have been done."""
    faulty.fault("raw", content=content)
    broken(ask, faulty.url, *operation)


@half_read
def test_more_than_an_answer_can_be(
    ask: Any, faulty: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer over the limit is not read to its end, whoever asks."""
    monkeypatch.setattr(body, "ANSWER_BYTES", 1_000_000)
    faulty.fault("answer", body=SECRET.encode() * 100_000)
    with pytest.raises(ClovrixConnectionError, match="answered with more than") as caught:
        ask(faulty.url, "get_entries", "backend", "production")
    assert caught.value.sent is True


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip", "deflate", "br", "zstd", "x-own"])
def test_a_compressed_answer(ask: Any, faulty: Loopback, coding: str) -> None:
    """An answer in any coding is refused and not unpacked: we ask for none."""
    faulty.fault(
        "answer", body=gzip.compress(b'{"entries": {}}'), headers={"Content-Encoding": coding}
    )
    with pytest.raises(ClovrixConnectionError, match="compressed body, which was not requested"):
        ask(faulty.url, "get_entries", "backend", "production")
    (request,) = faulty.requests
    assert request.headers["accept-encoding"] == "identity"


def test_a_name_of_megabytes(ask: Any, faulty: Loopback) -> None:
    """A name that no key can be as long as is refused, and not repeated."""
    faulty.fault("answer", body=b'{"entries": {"' + b"A" * 5_000_000 + b'": "v"}}')
    with pytest.raises(ClovrixConnectionError, match="a key has 5000000 characters") as caught:
        ask(faulty.url, "get_entries", "backend", "production")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("body", [b"{}", b'{"entries": {}}', b'{"other": 1}'])
def test_no_entries(ask: Any, faulty: Loopback, body: bytes) -> None:
    """A JSON object without ``entries`` reads as no entries."""
    faulty.fault("answer", body=body)
    assert ask(faulty.url, "get_entries", "backend", "production") == {}


def test_more_than_asked_for(ask: Any, faulty: Loopback) -> None:
    """Fields that we do not know are passed over: a newer service may send more."""
    body = b'{"key": "KEY", "value": "v", "is_secret": false, "version": 3}'
    faulty.fault("answer", body=body)
    assert ask(faulty.url, "get_entry", "backend", "production", "KEY").value == "v"


@pytest.mark.parametrize(
    "value", ["", "\0", "\n", "\u00fc", "\U0001f600", "\u2028", '"\\', "x" * 32768]
)
def test_any_text_arrives(ask: Any, faulty: Loopback, value: str) -> None:
    """Whatever text a value is, escaped or not, it arrives as it is."""
    import json

    for escaped in (True, False):
        body = json.dumps({"entries": {"KEY": value}}, ensure_ascii=escaped).encode()
        faulty.fault("answer", body=body, times=1)
        assert ask(faulty.url, "get_entries", "backend", "production") == {"KEY": value}
