"""The two drivers of ``retry.attempts``: they wait and send, and decide nothing."""

from __future__ import annotations

import os
import sys
import time

from clovrix_env.api.messages import Failure
from clovrix_env.client.retry import attempts
from clovrix_env.system.deadline import pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Union

    from clovrix_env.api.messages import Call, Reply

    Outcome = Union[Reply, Failure]
    # A sender: a call, and the time of time.monotonic() at which it must have ended.
    Send = Callable[[Call, float], Outcome]
    SendAsync = Callable[[Call, float], Awaitable[Outcome]]


def exchange(call: Call, send: Send, *, deadline: float, max_retries: int) -> Outcome:
    """The outcome of a call, asked as often as it is worth, by ``deadline``."""
    if sys.is_finalizing():  # no thread starts any more, and nothing can be imported
        return Failure("the interpreter is shutting down: nothing was sent", False, final=True)
    steps = attempts(
        call, max_retries=max_retries, deadline=deadline, clock=time.monotonic, chance=_chance
    )
    step = next(steps)
    while True:
        pause(step.after)
        outcome = send(step.call, deadline)
        try:
            step = steps.send(outcome)
        except StopIteration as end:
            result: Outcome = end.value
            return result


async def exchange_async(
    call: Call, send: SendAsync, *, deadline: float, max_retries: int
) -> Outcome:
    """The same under an event loop: asyncio's or trio's."""
    import anyio

    steps = attempts(
        call, max_retries=max_retries, deadline=deadline, clock=time.monotonic, chance=_chance
    )
    step = next(steps)
    while True:
        await anyio.sleep(step.after)
        outcome = await send(step.call, deadline)
        try:
            step = steps.send(outcome)
        except StopIteration as end:
            result: Outcome = end.value
            return result


def _chance() -> float:
    # The kernel's, not random's: a fork would draw the same numbers in every worker.
    return int.from_bytes(os.urandom(4), "big") / 2**32
