"""Neither a token nor a value is shown: in no ``repr``, no exception, no log line."""

import copy
import pickle

import pytest

from clovrix_env import AsyncClient, Client, Entry, WriteItem, WriteResult, errors
from clovrix_env.api.messages import Call, Failure, Reply
from clovrix_env.api.operations import Scope
from clovrix_env.api.wire import request_of
from clovrix_env.auth.endpoint import Endpoint
from clovrix_env.auth.token import Token
from clovrix_env.client.retry import Step

TOKEN = "icr_planted_0123456789abcdefghijklmnopqrstuvwxyz"
VALUE = "planted-value-0123456789"
ITEM = WriteItem("KEY", VALUE, True)
CALL = Call("set_entry", "backend", "production", "KEY", (ITEM,), TOKEN)
ORIGIN = Endpoint("https://clovrix.example", "base_url=", Token(TOKEN, "token="))

RECORDS = [
    ITEM,
    Entry("KEY", VALUE, True),
    WriteResult("KEY", True),
    CALL,
    Scope("backend", "production", TOKEN),
    request_of(CALL, "app/1"),
    Reply(200, {"entries": {"KEY": VALUE}}),
    Reply(500, None, VALUE, "1", "today"),
    Failure("why", True, True),
    Step(CALL, 1.0),
    ORIGIN.token,
    ORIGIN,
]
ERRORS = [
    errors.ClovrixError("a", 1),
    errors.ClovrixConfigError(["two", "problems"], "a remedy"),
    errors.ClovrixConnectionError("a", True),
    errors.ClovrixAPIError("a", 429, 1.5),
    errors.AuthenticationError("a", 401),
    errors.BillingError("a", 402, 3.0, "restricted"),
    errors.ForbiddenError("a", 403),
    errors.NotFoundError("a", 404),
    errors.ServerError("a", 503, 2.0),
    errors.ValidationError("\ud800 \u00fc", 400),
]


def shows_nothing(text):
    assert TOKEN not in text
    assert VALUE not in text


def twins(original):
    """It, out of a pickle and a copy."""
    pickles = [pickle.loads(pickle.dumps(original, level)) for level in range(2, 6)]
    return [*pickles, copy.copy(original), copy.deepcopy(original)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record(record):
    """It shows no token and no value, comes back from a pickle as it was, and cannot be changed."""
    shows_nothing(repr(record) + repr([record]) + f"{record} {record!s} %r" % (record,))
    for twin in twins(record):
        assert type(twin) is type(record)
        assert twin == record
    name = type(record).__match_args__[0]
    with pytest.raises(AttributeError):
        setattr(record, name, "other")
    with pytest.raises(AttributeError):
        delattr(record, name)


def test_records_are_equal_by_content():
    """Two entries are equal where key, value and secrecy are; an item is no entry."""
    assert hash(Entry("K", "v", True)) == hash(Entry("K", "v", True))
    for other in (Entry("K", "v", False), WriteItem("K", "v", True), ("K", "v", True)):
        assert Entry("K", "v", True) != other


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_no_client_shows_it(kind):
    """A client's ``repr``, and a scope's, show the address only."""
    client = kind(TOKEN, "https://clovrix.example")
    assert repr(client) == f"{kind.__name__}('https://clovrix.example')"
    scope = client.scope("backend", "production")
    assert repr(scope) == f"{client!r}.scope('backend', 'production')"
    shows_nothing(repr(client._sender))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_pickle_and_copy(error):
    """Each exception comes back from a pickle and a copy whole, of plain texts and numbers."""
    for twin in twins(error):
        assert type(twin) is type(error)
        assert (str(twin), twin.args, vars(twin)) == (str(error), error.args, vars(error))
    for value in vars(error).values():
        parts = value if isinstance(value, tuple) else (value,)
        assert all(type(part) in (str, int, float, bool, type(None)) for part in parts)
