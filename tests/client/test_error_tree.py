"""Each row of the error tree, provoked over a real socket."""

import pytest

from clovrix_env import ClovrixAPIError, ClovrixError, ServerError, ValidationError, errors

# The statuses that ``tests/faults`` does not have.
STATUSES = {413: ValidationError, 308: ClovrixAPIError, 405: ClovrixAPIError, 599: ServerError}


@pytest.fixture
def refused(ask_by, faulty):
    """``refused(status=…, body=…)``: the exception that this answer raises."""

    def provoke(**answer):
        faulty.heal()
        faulty.fault("answer", **answer)
        with pytest.raises(ClovrixError) as caught:
            ask_by("sync")(faulty.url, "get_entries", "backend", "production")
        return caught.value

    return provoke


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_a_status_raises_its_class(refused, status, kind):
    """A status raises exactly its class, with the status and the service's own sentence."""
    error = refused(status=status, body=b'{"error": "so it is"}')
    assert type(error) is kind
    assert (error.status_code, error.retry_after) == (status, None)
    assert str(error) == error.message == "so it is"


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b'{"error": "pay", "billing_status": "restricted"}', "restricted"),
        (b'{"error": "pay"}', None),
        (b'{"billing_status": 7}', None),
        (b"<p>pay</p>", None),
    ],
)
def test_a_billing_block_says_its_state(refused, body, state):
    """A 402 carries the billing state that the answer names; another status has none."""
    assert refused(status=402, body=body).billing_status == state
    assert not hasattr(refused(status=403, body=body), "billing_status")


WHOLE = [
    *('{"error": ""}', '{"error": {"message": "a"}}', '{"detail": "a"}', '["a"]'),
    *("<html><h1>Bad Gateway</h1></html>", "x" * 500),
]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"error": "\u00fcbel \U0001f600"}'.encode(), "übel \U0001f600"),
        *((text.encode(), text) for text in WHOLE),
        (b"", "HTTP 502"),
        ("\U0001f600".encode() * 501, "\U0001f600" * 500),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_message(refused, body, message):
    """The message is ``error`` if a text, else 500 characters of the body, else the status."""
    assert str(refused(status=502, body=body)) == message


NOW, LATER, BEFORE = (f"Tue, 24 Nov 2026 {time}:00 GMT" for time in ("10:00", "10:01", "09:00"))


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": "99999999999999999999"}, 999999999.0),
        *(({"Retry-After": text}, None) for text in ("-1", "1.5", "soon", "")),
        ({"Date": NOW, "Retry-After": LATER}, 60.0),
        ({"Date": NOW, "Retry-After": BEFORE}, 0.0),
        ({"Date": "yesterday", "Retry-After": LATER}, None),
    ],
)
def test_how_long_to_wait(refused, given, seconds):
    """``retry_after`` is the header in seconds, counted from the answer's own date."""
    for status in (429, 503, 403):
        assert refused(status=status, headers=given).retry_after == seconds


def test_the_tree():
    """The tree is the documented one, and one ``except ClovrixError`` catches all of it."""
    kinds = [found for found in vars(errors).values() if isinstance(found, type)]
    of_an_answer = "Authentication Billing Forbidden NotFound Server Validation"
    assert {kind.__name__: kind.__bases__ for kind in kinds if issubclass(kind, Exception)} == {
        "ClovrixError": (Exception,),
        **{f"Clovrix{name}Error": (ClovrixError,) for name in ("Config", "Connection", "API")},
        **{f"{name}Error": (ClovrixAPIError,) for name in of_an_answer.split()},
    }
