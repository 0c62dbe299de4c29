"""Each row of the error tree, provoked over a real socket through every door."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import (
    AuthenticationError,
    BillingError,
    ClovrixAPIError,
    ClovrixConfigError,
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

OPERATIONS = [
    ("get_entries", ()),
    ("get_entry", ("KEY",)),
    ("set_entry", ("KEY", "value")),
    ("set_entries", ([{"key": "KEY", "value": "value"}],)),
]
STATUSES = [
    (301, ClovrixAPIError),
    (302, ClovrixAPIError),
    (304, ClovrixAPIError),
    (307, ClovrixAPIError),
    (308, ClovrixAPIError),
    (400, ValidationError),
    (401, AuthenticationError),
    (402, BillingError),
    (403, ForbiddenError),
    (404, NotFoundError),
    (405, ClovrixAPIError),
    (408, ClovrixAPIError),
    (409, ClovrixAPIError),
    (413, ValidationError),
    (418, ClovrixAPIError),
    (422, ValidationError),
    (429, ClovrixAPIError),
    (500, ServerError),
    (501, ServerError),
    (502, ServerError),
    (503, ServerError),
    (504, ServerError),
    (599, ServerError),
]


def refused(ask: Any, faulty: Loopback, **answer: Any) -> Any:
    """The exception that this answer raises."""
    faulty.fault("answer", **answer)
    with pytest.raises(ClovrixError) as caught:
        ask(faulty.url, "get_entries", "backend", "production")
    return caught.value


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_a_status_raises_its_class(
    ask: Any, faulty: Loopback, status: int, kind: type[ClovrixAPIError]
) -> None:
    """A status raises exactly its class, with the status and the service's own sentence."""
    body = b"" if status == 304 else b'{"error": "so it is"}'
    error = refused(ask, faulty, status=status, body=body)
    assert type(error) is kind
    assert error.status_code == status
    assert error.retry_after is None
    assert str(error) == error.message == ("so it is" if body else "HTTP 304")


@pytest.mark.parametrize(("operation", "arguments"), OPERATIONS)
def test_every_operation_raises(
    ask: Any, faulty: Loopback, operation: str, arguments: tuple[Any, ...]
) -> None:
    """Each of the four operations raises what the answer stands for."""
    faulty.fault("answer", status=403, body=b'{"error": "no"}')
    with pytest.raises(ForbiddenError, match=r"^no$"):
        ask(faulty.url, operation, "backend", "production", *arguments)
    assert len(faulty.requests) == 1


@pytest.mark.parametrize("billing", ["pending_payment", "restricted", "active"])
def test_a_billing_block_says_its_state(ask: Any, faulty: Loopback, billing: str) -> None:
    """A 402 carries the billing state that the answer names."""
    body = json.dumps({"error": "pay", "billing_status": billing}).encode()
    error = refused(ask, faulty, status=402, body=body)
    assert isinstance(error, BillingError)
    assert error.billing_status == billing


@pytest.mark.parametrize(
    "said", [b'{"error": "pay"}', b'{"billing_status": 7}', b"<p>pay</p>", b""]
)
def test_a_billing_block_may_be_silent(ask: Any, faulty: Loopback, said: bytes) -> None:
    """A 402 without a usable billing state has ``None``."""
    assert refused(ask, faulty, status=402, body=said).billing_status is None


def test_only_a_402_has_a_billing_state(ask: Any, faulty: Loopback) -> None:
    """``billing_status`` in the body of another status is not taken over."""
    body = b'{"error": "no", "billing_status": "active"}'
    assert not hasattr(refused(ask, faulty, status=403, body=body), "billing_status")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": "a sentence"}', "a sentence"),
        ('{"error": "\u00fcbel \U0001f600"}'.encode(), "übel \U0001f600"),
        (b'{"error": ""}', '{"error": ""}'),
        (b'{"error": null}', '{"error": null}'),
        (b'{"error": 7}', '{"error": 7}'),
        (b'{"error": ["a"]}', '{"error": ["a"]}'),
        (b'{"error": {"message": "a"}}', '{"error": {"message": "a"}}'),
        (b'{"detail": "a"}', '{"detail": "a"}'),
        (b'["a"]', '["a"]'),
        (b'"a"', '"a"'),
        (b"<html><h1>Bad Gateway</h1></html>", "<html><h1>Bad Gateway</h1></html>"),
        (b"", "HTTP 502"),
        (b"x" * 500, "x" * 500),
        (b"x" * 501, "x" * 500),
        ("\u00fc".encode() * 501, "\u00fc" * 500),
        ("\U0001f600".encode() * 501, "\U0001f600" * 500),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_message(ask: Any, faulty: Loopback, body: bytes, message: str) -> None:
    """The message is ``error`` if a text, else 500 characters of the body, else the status."""
    assert str(refused(ask, faulty, status=502, body=body)) == message


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 7 "}, 7.0),
        ({"Retry-After": "3600"}, 3600.0),
        ({"Retry-After": "99999999999999999999"}, 999999999.0),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        (
            {
                "Date": "Tue, 24 Nov 2026 10:00:00 GMT",
                "Retry-After": "Tue, 24 Nov 2026 10:01:00 GMT",
            },
            60.0,
        ),
        (
            {
                "Date": "Tue, 24 Nov 2026 10:00:00 GMT",
                "Retry-After": "Tue, 24 Nov 2026 09:00:00 GMT",
            },
            0.0,
        ),
        ({"Date": "yesterday", "Retry-After": "Tue, 24 Nov 2026 10:01:00 GMT"}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_how_long_to_wait(
    ask: Any, faulty: Loopback, given: dict[str, str], seconds: float | None, status: int
) -> None:
    """``retry_after`` is the header in seconds, counted from the answer's own date."""
    assert refused(ask, faulty, status=status, headers=given).retry_after == seconds


def test_nobody_listens(ask: Any) -> None:
    """A refused connection is told as that by every door; the request was never sent."""
    with pytest.raises(ClovrixConnectionError, match="1: connection refused") as caught:
        ask("http://127.0.0.1:1", "set_entry", "backend", "production", "KEY", "value")
    assert caught.value.sent is False


def test_a_name_that_does_not_resolve(ask: Any) -> None:
    """A host without an address is a connection error that says so; nothing was sent."""
    with pytest.raises(ClovrixConnectionError, match="name does not resolve") as caught:
        ask("https://no-such-host.invalid", "set_entry", "backend", "production", "KEY", "value")
    assert caught.value.sent is False


@pytest.mark.parametrize("kind", ["close", "raw"])
@pytest.mark.parametrize(("operation", "arguments"), OPERATIONS)
def test_no_answer_at_all(
    ask: Any, faulty: Loopback, operation: str, arguments: tuple[Any, ...], kind: str
) -> None:
    """A connection that ends without an answer is a connection error; it may have been done."""
    faulty.fault(kind, **({"content": b""} if kind == "raw" else {}))
    with pytest.raises(ClovrixConnectionError) as caught:
        ask(faulty.url, operation, "backend", "production", *arguments)
    assert caught.value.sent is True
    assert len(faulty.requests) == 1


def test_the_tree() -> None:
    """The tree is the documented one, and one ``except ClovrixError`` catches all of it."""
    tree = {
        name: found.__bases__
        for name, found in vars(errors).items()
        if isinstance(found, type) and issubclass(found, BaseException)
    }
    assert tree == {
        "ClovrixError": (Exception,),
        "ClovrixConfigError": (ClovrixError,),
        "ClovrixConnectionError": (ClovrixError,),
        "ClovrixAPIError": (ClovrixError,),
        "AuthenticationError": (ClovrixAPIError,),
        "BillingError": (ClovrixAPIError,),
        "ForbiddenError": (ClovrixAPIError,),
        "NotFoundError": (ClovrixAPIError,),
        "ServerError": (ClovrixAPIError,),
        "ValidationError": (ClovrixAPIError,),
    }
    assert issubclass(ClovrixConfigError, ClovrixError)
