"""Cached values in two tests: no request while they are fresh, and a start without Clovrix."""

from cache.starts import HOURS, SECRET, outcome


def test_within_max_age_there_is_no_request(starts):
    """The values as they were, silently; beyond it Clovrix is asked, and its answer is kept."""
    starts.fill()
    starts.put(A="newer")
    assert outcome(starts()) == (0, SECRET, [])
    assert starts.requests == 1
    starts.age(31)
    assert [outcome(starts())[1] for _ in range(2)] == ["newer", "newer"]
    assert starts.requests == 2


def test_clovrix_that_cannot_answer_stops_no_start(starts):
    """Values of three hours ago are used, with one line; a refusal of Clovrix's own is obeyed."""
    starts.fill()
    starts.age(3 * HOURS)
    starts.server.fault("close", times=1)
    status, printed, (line,) = outcome(starts("--timeout", "5"))
    assert (status, printed) == (0, SECRET)
    assert line.startswith(
        "backend/staging: using cached values from 3 h ago because Clovrix cannot answer ("
    )
    refusal = b'{"error": "no"}'
    starts.server.fault("answer", status=403, body=refusal)
    assert outcome(starts("--no-backoff"))[:2] == (125, "")
