"""When a call is asked again: the pure generator by table and by law, and once over a socket."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.conftest import edit

from clovrix_env import Client, ClovrixAPIError, ServerError
from clovrix_env.api.messages import Call, Failure, Reply, WriteItem
from clovrix_env.client import exchange
from clovrix_env.client.retry import LONGEST_OBEYED, attempts

READ = Call("get_entries", "backend", "production")
WRITE = Call("set_entry", "backend", "production", "KEY", (WriteItem("KEY", "v"),))
OK = Reply(200, {})
LOST = Failure("lost", sent=True)
UNSENT = Failure("unsent", sent=False)


def status(code, retry_after=None):
    return Reply(code, None, "", retry_after, "Tue, 24 Nov 2026 10:00:00 GMT")


def run(call, outcomes, *, max_retries=2, deadline=1000.0, chance=1.0, took=0.0):
    """Drive the generator with these outcomes: the waits it asked for, and what it returned."""
    now = 0.0
    drawn = {"clock": lambda: now, "chance": lambda: chance}
    steps = attempts(call, max_retries=max_retries, deadline=deadline, **drawn)
    waits, step = [], next(steps)
    for outcome in outcomes:
        assert step.call == call
        waits.append(step.after)
        now += step.after + took
        try:
            step = steps.send(outcome)
        except StopIteration as end:
            return waits, end.value
    raise AssertionError("the generator asks for more than there is")


@pytest.mark.parametrize(
    ("outcome", "read_again", "write_again"),
    [
        (OK, False, False),
        (UNSENT, True, True),
        (LOST, True, False),
        (Failure("no certificate", sent=False, final=True), False, False),
        (Reply(500, None, final=True), False, False),
        *((status(code, "1"), False, False) for code in (301, 400, 401, 402, 404, 409, 422, 501)),
        *((status(code), True, False) for code in (408, 500, 502, 503)),
        (status(429), True, True),
        (status(503, "1"), True, True),
        (status(503, "soon"), True, False),
        (status(504, "1"), True, False),
    ],
)
@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
def test_what_is_asked_again(call, outcome, read_again, write_again):
    """A read after what may pass; a write only where Clovrix certainly did nothing."""
    again = write_again if call.writes else read_again
    waits, result = run(call, [outcome, OK])
    assert len(waits) == (2 if again else 1)
    assert result is (OK if again else outcome)


def test_how_often_and_how_long():
    """``max_retries`` more attempts; the longest waits double from half a second up to eight."""
    outcomes = [Failure(f"number {number}", sent=False) for number in range(9)]
    waits = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]
    for most in (0, 1, 7):
        assert run(READ, outcomes, max_retries=most) == (waits[: most + 1], outcomes[most])
    assert len(run(READ, [UNSENT] * 1_001, max_retries=1_000, deadline=9e9)[0]) == 1_001


@pytest.mark.parametrize(
    ("retry_after", "waits"),
    [
        *(("0", [0.0, 0.0]), ("30", [0.0, 30.0]), ("31", [0.0])),
        ("Tue, 24 Nov 2026 10:00:20 GMT", [0.0, 20.0]),
        ("Tue, 24 Nov 2026 10:00:31 GMT", [0.0]),
        ("Tue, 24 Nov 2026 09:00:00 GMT", [0.0, 0.0]),
    ],
)
@pytest.mark.parametrize("code", [429, 503])
def test_what_the_answer_asks_for(code, retry_after, waits):
    """``Retry-After`` is obeyed to the second up to 30 s; beyond that the answer counts at once."""
    refused = status(code, retry_after)
    for call in (READ, WRITE):
        assert run(call, [refused, OK]) == (waits, refused if len(waits) == 1 else OK)


def test_a_wait_beyond_the_deadline_is_not_begun():
    """An answer that asks to wait beyond the deadline counts at once."""
    refused = status(429, "10")
    for deadline in (5.0, 10.0):
        assert run(READ, [refused], deadline=deadline) == ([0.0], refused)
    assert run(READ, [refused, OK], deadline=10.1) == ([0.0, 10.0], OK)


OUTCOMES = st.one_of(
    st.builds(Failure, st.just("why"), st.booleans(), st.booleans()),
    st.builds(
        status,
        st.one_of(st.sampled_from([408, 429, 500, 502, 503, 504]), st.integers(200, 599)),
        st.one_of(
            st.none(),
            st.integers(0, 60).map(str),
            st.sampled_from(["", "x", "-1", "Tue, 24 Nov 2026 10:00:09 GMT", "9" * 30, "\u0661"]),
        ),
    ),
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    call=st.sampled_from([READ, WRITE]),
    outcomes=st.lists(OUTCOMES, min_size=13, max_size=13),
    chances=st.lists(st.floats(0, 1), min_size=13, max_size=13),
    max_retries=st.integers(0, 12),
    budget=st.floats(0.001, 200),
    took=st.floats(0, 5),
)
def test_laws(call, outcomes, chances, max_retries, budget, took):
    """Within the deadline, no write that may have arrived twice, and waits as asked or jittered."""
    now = 0.0
    draws = iter(chances)
    drawn = {"clock": lambda: now, "chance": lambda: next(draws)}
    steps = attempts(call, max_retries=max_retries, deadline=budget, **drawn)
    step = next(steps)
    assert step.after == 0.0
    for number, outcome in enumerate(outcomes):
        now += took
        try:
            step = steps.send(outcome)
        except StopIteration as end:
            assert end.value is outcome  # noqa: PT017
            return
        assert number < max_retries
        assert now + step.after < budget
        assert 0.0 <= step.after <= LONGEST_OBEYED
        now += step.after
        if isinstance(outcome, Failure):
            assert not outcome.final
            assert not (call.writes and outcome.sent)
            asked = None
        else:
            assert outcome.status in ((429, 503) if call.writes else (408, 429, 500, 502, 503, 504))
            asked = outcome.retry_after
        if asked is not None and asked.isascii() and asked.isdigit():
            assert step.after == float(asked)
        elif asked is None:
            assert step.after <= min(8.0, 0.5 * 2**number)


def test_a_read_gets_through(ask, faulty):
    """Two failures of different kinds and then an answer: the call returns the answer."""
    faulty.fault("answer", status=503, headers={"Retry-After": "0"}, times=1)
    faulty.fault("answer", status=429, headers={"Retry-After": "0"}, times=1)
    faulty.fault("answer", body=b'{"entries": {"KEY": "v"}}')
    assert ask(faulty.url, "get_entries", "backend", "production", max_retries=2) == {"KEY": "v"}
    assert len(faulty.requests) == 3


@pytest.mark.parametrize(("wait", "asked"), [("0", 3), ("3600", 1)])
def test_two_retries_unless_told(faulty, wait, asked):
    """A client asks three times in all, and once where it would have to wait an hour."""
    faulty.fault("answer", status=429, headers={"Retry-After": wait})
    with Client("icr_x", faulty.url) as client, pytest.raises(ClovrixAPIError) as caught:
        client.get_entries("backend", "production")
    assert caught.value.retry_after == float(wait)
    assert len(faulty.requests) == asked


def test_a_store_of_this_process_is_not_asked_again(store_home, monkeypatch):
    """A damaged store is as damaged a moment later: its error is raised without a wait."""
    waits = []
    monkeypatch.setattr(exchange, "pause", waits.append)
    with Client(base_url=store_home.url) as client:
        client.set_entry("backend", "production", "KEY", "v")
        edit(store_home.path, "UPDATE version SET sealed = 'a text'")
        waits.clear()
        with pytest.raises(ServerError):
            client.get_entries("backend", "production")
    assert waits == [0.0]
