"""Decides when to retry. Pure: clock and chance are arguments, and the driver waits.

Reads are retried after a failure and after 408, 429, 500, 502, 503 and 504. Writes are retried
only if they certainly had no effect: not sent, 429, or 503 with ``Retry-After``. A second POST
would create a second version. The wait is random between 0 and 0.5 s · 2ⁿ, at most 8 s, because a
whole fleet starts at once after a deploy. ``Retry-After`` is obeyed up to 30 s and the deadline.
"""

from __future__ import annotations

from clovrix_env.api.messages import Call, Failure, Reply
from clovrix_env.api.operations import seconds_to_wait
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Union

    Outcome = Union[Reply, Failure]

MAX_RETRIES = 2
LONGEST_OBEYED = 30.0
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 8.0
_WORTH_READING_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


class Step(Record):
    """Send ``call`` after waiting ``after`` seconds."""

    call: Call
    after: float


def attempts(
    call: Call,
    *,
    max_retries: int,
    deadline: float,
    clock: Callable[[], float],
    chance: Callable[[], float],
) -> Generator[Step, Outcome, Outcome]:
    """Yields each step, receives its outcome, and returns the final outcome.

    ``deadline`` is a time of ``clock``, in seconds. ``chance`` returns a number from 0 to 1.
    """
    after = 0.0
    attempt = 0
    while True:
        outcome = yield Step(call, after)
        wait = _wait(call, outcome, attempt, chance)
        if wait is None or attempt == max_retries or clock() + wait >= deadline:
            return outcome
        after = wait
        attempt += 1


def _wait(call: Call, outcome: Outcome, attempt: int, chance: Callable[[], float]) -> float | None:
    """Seconds until the next attempt; ``None`` for no further attempt."""
    if outcome.final:
        return None
    # 2**attempt exceeds a float from the 1,024th attempt on; 2**30 is already beyond the cap.
    jitter = chance() * min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempt, 30))
    if isinstance(outcome, Failure):
        return None if call.writes and outcome.sent else jitter
    asked = seconds_to_wait(outcome)
    if call.writes:
        worth = outcome.status == 429 or (outcome.status == 503 and asked is not None)
    else:
        worth = outcome.status in _WORTH_READING_AGAIN
    if not worth or (asked is not None and asked > LONGEST_OBEYED):
        return None
    return jitter if asked is None else asked
