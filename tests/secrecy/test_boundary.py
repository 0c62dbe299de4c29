"""What an error on purpose takes along when it leaves by a public function: itself, no more."""

import traceback

import pytest
from secrecy.search import OURS

from clovrix_env import (
    AuthenticationError,
    Client,
    ClovrixConfigError,
    ClovrixError,
    load_env,
    resolve_env,
)

TOKEN = "icr_loopback_0123456789abcdefghijklmnop"


def functions_of_ours(error):
    frames = traceback.extract_tb(error.__traceback__)
    return [frame.name for frame in frames if frame.filename.startswith(OURS)]


@pytest.fixture
def broken_env(tmp_path, monkeypatch):
    (tmp_path / ".env").write_bytes(b"KEY=\xff\n")
    monkeypatch.chdir(tmp_path)


def test_it_ends_at_the_function_that_was_called(faulty, broken_env):
    """The traceback leads from the caller to the function that was called, and not below it."""
    faulty.fault("answer", status=401)
    with Client(TOKEN, faulty.url) as client, pytest.raises(AuthenticationError) as refused:
        client.get_entries("backend", "staging")
    assert functions_of_ours(refused.value) == ["get_entries", "__exit__"]
    for function in (load_env, resolve_env):
        with pytest.raises(ClovrixConfigError) as wrong:
            function()
        assert functions_of_ours(wrong.value) == [function.__name__, "__exit__"]
        # What failed below is no cause and no context: its text and its fields can hold a value.
        assert (wrong.value.__cause__, wrong.value.__context__) == (None, None)


def test_what_the_caller_was_handling_stays_its_context(broken_env):
    """In an ``except`` block the caller's error is told before ours, as Python always tells it."""

    def program():
        try:
            raise KeyError("the caller's")
        except KeyError:
            load_env()

    with pytest.raises(ClovrixConfigError) as caught:
        program()
    assert isinstance(caught.value.__context__, KeyError)
    assert not caught.value.__suppress_context__
    shown = "".join(traceback.format_exception(None, caught.value, caught.value.__traceback__))
    assert "During handling of the above exception" in shown


def test_another_error_keeps_its_frames(faulty):
    """What is not ours passes as it is: a caller's mistake can be followed to where it shows."""

    def items():
        yield {"key": "KEY", "value": "value"}
        raise LookupError("the caller's")

    with Client(TOKEN, faulty.url) as client, pytest.raises(LookupError) as caught:
        client.set_entries("backend", "staging", items())
    assert not isinstance(caught.value, ClovrixError)
    assert "set_entries" in functions_of_ours(caught.value)
    assert traceback.extract_tb(caught.value.__traceback__)[-1].name == "items"


def test_a_batch_is_read_once(faulty):
    """A generator is as good as a list, and an empty one asks nobody."""
    faulty.fault("answer", body=b'{"written": 2}')
    with Client(TOKEN, faulty.url) as client:
        batch = ({"key": key, "value": "value"} for key in ("ONE", "TWO"))
        assert client.set_entries("backend", "staging", batch) == 2
        assert client.scope("backend", "staging").set_many(iter(())) == 0
    assert [item["key"] for item in faulty.requests[0].json["entries"]] == ["ONE", "TWO"]
