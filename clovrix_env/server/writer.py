"""The writes of a server on a file: those that arrive during a commit share the next one.

One thread commits for all requests. A thread for each write takes 1.7 times the processor time: all
of them are woken for each commit, and wait for each other.
"""

from __future__ import annotations

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Union

    from clovrix_env.api.messages import Call, Reply

    Replies = list[Union[Reply, Exception]]

MOST = 100


class Writer:
    """Answers writes in the order of their arrival. ``together`` executes several in a thread."""

    def __init__(self, together: Callable[[list[Call]], Awaitable[Replies]]) -> None:
        self._together = together
        self._waiting: list[tuple[Call, asyncio.Future[Reply]]] = []
        self._task: asyncio.Task[None] | None = None

    async def answer(self, call: Call) -> Reply:
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, future))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                replies = await self._together([call for call, _ in batch])
            except Exception as error:
                replies = [error] * len(batch)
            for (_, future), reply in zip(batch, replies):
                if future.done():
                    continue
                if isinstance(reply, Exception):
                    future.set_exception(reply)
                else:
                    future.set_result(reply)
        self._task = None
