"""The two drivers of ``retry.attempts``, which wait and send."""

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
    # A sender takes a call and its deadline, a time of time.monotonic().
    Send = Callable[[Call, float], Outcome]
    SendAsync = Callable[[Call, float], Awaitable[Outcome]]


def exchange(call: Call, send: Send, *, deadline: float, max_retries: int) -> Outcome:
    """The outcome of a call by ``deadline``, after its retries."""
    if sys.is_finalizing():  # threads and imports no longer work
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
    """The same under an event loop of asyncio or trio."""
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
    # From the kernel, because random returns the same numbers in every forked worker.
    return int.from_bytes(os.urandom(4), "big") / 2**32
