"""Each row of the error tree, provoked over a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import (
    AuthenticationError,
    BillingError,
    ClovrixAPIError,
    ClovrixConnectionError,
    ClovrixError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    ValidationError,
    errors,
)

if TYPE_CHECKING:
    from loopback import Loopback

AT = ("backend", "production")
CALLS = [
    ("get_entries", *AT),
    ("get_entry", *AT, "KEY"),
    ("set_entry", *AT, "KEY", "value"),
    ("set_entries", *AT, [{"key": "KEY", "value": "value"}]),
]
STATUSES = {
    400: ValidationError,
    401: AuthenticationError,
    402: BillingError,
    403: ForbiddenError,
    404: NotFoundError,
    413: ValidationError,
    422: ValidationError,
    **dict.fromkeys((301, 308, 405, 408, 409, 429), ClovrixAPIError),
    **dict.fromkeys((500, 503, 599), ServerError),
}
every_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call[0])


@pytest.fixture
def refused(ask_by: Any, faulty: Loopback) -> Any:
    """``refused(status=…, body=…)``: the exception that this answer raises."""

    def provoke(**answer: Any) -> Any:
        faulty.heal()
        faulty.fault("answer", **answer)
        with pytest.raises(ClovrixError) as caught:
            ask_by("sync")(faulty.url, *CALLS[0])
        return caught.value

    return provoke


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_a_status_raises_its_class(refused: Any, status: int, kind: Any) -> None:
    """A status raises exactly its class, with the status and the service's own sentence."""
    error = refused(status=status, body=b'{"error": "so it is"}')
    assert type(error) is kind
    assert (error.status_code, error.retry_after) == (status, None)
    assert str(error) == error.message == "so it is"


@every_call
def test_every_call_raises(ask: Any, faulty: Loopback, call: Any) -> None:
    """Each of the four operations raises what the answer stands for, by every door."""
    faulty.fault("answer", status=403, body=b'{"error": "no"}', headers={"Retry-After": "7"})
    with pytest.raises(ForbiddenError, match=r"^no$") as caught:
        ask(faulty.url, *call)
    assert caught.value.retry_after == 7
    assert len(faulty.requests) == 1


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b'{"error": "pay", "billing_status": "restricted"}', "restricted"),
        (b'{"error": "pay"}', None),
        (b'{"billing_status": 7}', None),
        (b"<p>pay</p>", None),
    ],
)
def test_a_billing_block_says_its_state(refused: Any, body: bytes, state: str | None) -> None:
    """A 402 carries the billing state that the answer names; another status has none."""
    assert refused(status=402, body=body).billing_status == state
    assert not hasattr(refused(status=403, body=body), "billing_status")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"error": "\u00fcbel \U0001f600"}'.encode(), "übel \U0001f600"),
        (b'{"error": ""}', '{"error": ""}'),
        (b'{"error": {"message": "a"}}', '{"error": {"message": "a"}}'),
        (b'{"detail": "a"}', '{"detail": "a"}'),
        (b'["a"]', '["a"]'),
        (b"<html><h1>Bad Gateway</h1></html>", "<html><h1>Bad Gateway</h1></html>"),
        (b"", "HTTP 502"),
        (b"x" * 500, "x" * 500),
        ("\U0001f600".encode() * 501, "\U0001f600" * 500),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_message(refused: Any, body: bytes, message: str) -> None:
    """The message is ``error`` if a text, else 500 characters of the body, else the status."""
    assert str(refused(status=502, body=body)) == message


NOW, LATER, BEFORE = (f"Tue, 24 Nov 2026 {time}:00 GMT" for time in ("10:00", "10:01", "09:00"))


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": "99999999999999999999"}, 999999999.0),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({"Date": NOW, "Retry-After": LATER}, 60.0),
        ({"Date": NOW, "Retry-After": BEFORE}, 0.0),
        ({"Date": "yesterday", "Retry-After": LATER}, None),
    ],
)
def test_how_long_to_wait(refused: Any, given: dict[str, str], seconds: float | None) -> None:
    """``retry_after`` is the header in seconds, counted from the answer's own date."""
    assert refused(status=429, headers=given).retry_after == seconds
    assert refused(status=503, headers=given).retry_after == seconds


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1", "1: connection refused"),
        ("https://no-such-host.invalid", "name does not resolve"),
    ],
)
def test_nobody_to_ask(ask: Any, url: str, reason: str) -> None:
    """The reason is the same by every door; the request was never sent."""
    with pytest.raises(ClovrixConnectionError, match=reason) as caught:
        ask(url, *CALLS[2])
    assert caught.value.sent is False


@every_call
def test_no_answer_at_all(ask: Any, faulty: Loopback, call: Any) -> None:
    """A connection that ends without an answer is a connection error; it may have been done."""
    faulty.fault("close")
    with pytest.raises(ClovrixConnectionError) as caught:
        ask(faulty.url, *call)
    assert caught.value.sent is True
    assert len(faulty.requests) == 1


def test_the_tree() -> None:
    """The tree is the documented one, and one ``except ClovrixError`` catches all of it."""
    kinds = [found for found in vars(errors).values() if isinstance(found, type)]
    api = {AuthenticationError, BillingError, ForbiddenError, NotFoundError, ServerError}
    assert {kind.__name__: kind.__bases__ for kind in kinds if issubclass(kind, Exception)} == {
        "ClovrixError": (Exception,),
        "ClovrixConfigError": (ClovrixError,),
        "ClovrixConnectionError": (ClovrixError,),
        "ClovrixAPIError": (ClovrixError,),
        **{kind.__name__: (ClovrixAPIError,) for kind in (*api, ValidationError)},
    }
