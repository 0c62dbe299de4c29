"""A 2xx that is not what Clovrix answers: one clear error, and nothing of the body in it."""

import gzip
import traceback

import pytest

from clovrix_env import ClovrixConnectionError, Entry
from clovrix_env.client import body

SECRET = "s3cr3t-in-the-body"
GOOD = b'{"entries": {"KEY": "s3cr3t-in-the-body"}}'
AT = ("backend", "production")
GET_ALL = ("get_entries", *AT)
GET = ("get_entry", *AT, "KEY")
HISTORY = ("get_history", *AT, "KEY")
SET = ("set_entry", *AT, "KEY", "value")
V = Entry("KEY", "v", False)
SET_MANY = ("set_entries", *AT, [{"key": "KEY", "value": "value"}])


NO_OBJECT = [
    GOOD + GOOD,
    GOOD.decode().encode("utf-16"),
    b"\xef\xbb\xbf" + GOOD,
    b'{"entries": ' + b'["s3cr3t-in-the-body",' * 200_000,
    b'{"entries": {}, "s3cr3t-in-the-body": ' + b"9" * 5_000 + b"x}",
    b'{"written": ' + b"9" * 5_000 + b', "entries": 1}',
    b'["s3cr3t-in-the-body"]',
    b"null",
    b'{"entries": {"KEY": "s3cr3t-in-the-body\n"}}',
]
ANOTHER_SHAPE = [
    (GET_ALL, b'{"entries": ["s3cr3t-in-the-body"]}'),
    *((GET_ALL, b'{"entries": null}'), (GET_ALL, b'{"entries": {"KEY": 7}}'), (GET, b"{}")),
    (GET_ALL, b'{"entries": {"KEY": {"value": "s3cr3t-in-the-body"}}}'),
    (GET_ALL, b'{"entries": {"KEY": "s3cr3t-in-the-body\\ud800"}}'),
    (GET_ALL, b'{"entries": {"K\\udfff": "s3cr3t-in-the-body"}}'),
    (GET, b'{"key": "KEY", "value": "s3cr3t-in-the-body"}'),
    (GET, b'{"key": "KEY", "is_secret": true}'),
    (GET, b'{"key": 7, "value": "s3cr3t-in-the-body", "is_secret": true}'),
    (GET, b'{"key": "KEY", "value": 7, "is_secret": true}'),
    (GET, b'{"key": "KEY", "value": "s3cr3t-in-the-body", "is_secret": 1}'),
    (GET, b'{"key": "KEY", "value": "s3cr3t-in-the-body\\ud800", "is_secret": true}'),
    (GET, b'{"key": "K\\ud800", "value": "s3cr3t-in-the-body", "is_secret": true}'),
    *((SET, b'{"key": "KEY", "created": "yes"}'), (SET, b'{"created": true}')),
    *((SET_MANY, b'{"written": %s}' % count) for count in (b'"1"', b"true", b"1.0")),
    *((SET_MANY, b"{}"), (HISTORY, b"{}"), (HISTORY, b'{"versions": [""]}')),
    (HISTORY, b'{"versions": [{"number": "1", "at": 1, "change": "created"}]}'),
    (HISTORY, b'{"versions": [{"number": 1, "at": true, "change": "created"}]}'),
    (HISTORY, b'{"versions": [{"number": 1, "at": 1, "change": "created", "token": "\\ud800"}]}'),
]


@pytest.mark.parametrize(
    ("call", "content"),
    [*((GET_ALL, content) for content in NO_OBJECT), *ANOTHER_SHAPE],
    ids=lambda case: repr(case)[:60],
)
def test_another_answer(ask_by, faulty, call, content):
    """What is not a JSON object, or not the operation's, is an error that shows nothing of it."""
    faulty.fault("answer", body=content)
    with pytest.raises(ClovrixConnectionError) as caught:
        ask_by("sync")(faulty.url, *call)
    error = link = caught.value
    assert error.sent is True
    while link is not None:
        assert SECRET not in repr(vars(link)) + repr(link.args) + str(link)
        assert not hasattr(link, "doc")
        assert not hasattr(link, "object")
        link = link.__cause__ or link.__context__
    assert SECRET not in "".join(traceback.format_exception(type(error), error, None))


# httpx leaves a stream half read where we stop before its end, and trio says so.
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_more_than_an_answer_can_be(ask, faulty, monkeypatch):
    """An answer over the limit is not read to its end, whoever asks."""
    monkeypatch.setattr(body, "ANSWER_BYTES", 1_000_000)
    faulty.fault("answer", body=SECRET.encode() * 100_000)
    with pytest.raises(ClovrixConnectionError, match="answered with more than") as caught:
        ask(faulty.url, *GET_ALL)
    assert caught.value.sent is True


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip", "br", "x-own"])
def test_a_compressed_answer(ask, faulty, coding):
    """An answer in any coding is refused and not unpacked: we ask for none."""
    content = gzip.compress(b'{"entries": {}}')
    faulty.fault("answer", body=content, headers={"Content-Encoding": coding})
    with pytest.raises(ClovrixConnectionError, match="compressed body, which was not requested"):
        ask(faulty.url, *GET_ALL)
    (request,) = faulty.requests
    assert request.headers["accept-encoding"] == "identity"


def test_a_name_of_megabytes(ask_by, faulty):
    """A name that no key can be as long as is refused, and not repeated."""
    faulty.fault("answer", body=b'{"entries": {"' + b"A" * 5_000_000 + b'": "v"}}')
    with pytest.raises(ClovrixConnectionError, match="a key has 5000000 characters") as caught:
        ask_by("sync")(faulty.url, *GET_ALL)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("call", "content", "found"),
    [
        *((GET_ALL, content, {}) for content in (b"{}", b'{"entries": {}}', b'{"other": 1}')),
        (GET, b'{"key": "KEY", "value": "v", "is_secret": false, "version": 3}', V),
    ],
)
def test_less_or_more_than_asked_for(ask_by, faulty, call, content, found):
    """Without ``entries`` there are none; fields of a newer service are passed over."""
    faulty.fault("answer", body=content)
    assert ask_by("sync")(faulty.url, *call) == found
