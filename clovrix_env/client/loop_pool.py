"""A pool for each event loop, because a connection belongs to the loop that made it."""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import anyio
from anyio.lowlevel import RunVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable


class Pool(Protocol):
    """An object with ``aclose()``."""

    async def aclose(self) -> None: ...


T = TypeVar("T", bound=Pool)

# Further calls wait outside the pool, because the queue of httpcore takes quadratic time.
_AT_ONCE = 100
# anyio before 4.13 identifies a variable of a loop by its name alone.
_numbers = count()


class LoopPool(Generic[T]):
    """The pool of one loop. Use it inside ``async with pool.limit``."""

    def __init__(self, pool: T) -> None:
        self.pool = pool
        self.limit: anyio.Semaphore = anyio.Semaphore(_AT_ONCE)
        self.pid: int = os.getpid()
        self._life = self._lived()

    async def begin(self) -> None:
        await self._life.__anext__()

    async def aclose(self) -> None:
        await self._life.aclose()

    async def _lived(self) -> AsyncGenerator[None, None]:
        # A loop that ends closes its generators, and this one closes the pool.
        try:
            yield
        finally:
            await self.pool.aclose()


class LoopPools(Generic[T]):
    """``await pools.own()`` is the pool of the running loop in this process, created by ``new``.

    A pool is closed by ``aclose()`` in its loop, or when its loop ends.
    """

    def __init__(self, new: Callable[[], T]) -> None:
        self._new = new
        self._of_loop: RunVar[LoopPool[T]] = RunVar(f"clovrix_env pool {next(_numbers)}")

    async def own(self) -> LoopPool[T]:
        pool = self._there()
        if pool is None:
            pool = LoopPool(self._new())
            self._of_loop.set(pool)
            await pool.begin()
        return pool

    async def aclose(self) -> None:
        pool = self._there()
        if pool is not None:
            await pool.aclose()

    def _there(self) -> LoopPool[T] | None:
        pool = self._of_loop.get(None)
        return None if pool is None or pool.pid != os.getpid() else pool
