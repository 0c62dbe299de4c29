"""A cap on the invalid tokens that a client may send, which all workers share.

As in ``metrics``, each worker writes only its own row of counts: nothing is locked between
processes, and a worker that replaces another one continues in its row. Clients and tokens are known
by their hash, which Python salts once for all workers.
"""

from __future__ import annotations

import math
import mmap
import threading
import time

from clovrix_env.api import wire
from clovrix_env.server.peers import network_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Optional, TypeVar

    from clovrix_env.api.messages import Call, Reply
    from clovrix_env.server.exchange import Answers

    R = TypeVar("R", bound=Optional[Reply])

MOST = 20
SECONDS = 60
# Of two clients, or two tokens, with the same place the earlier one is forgotten: a client with
# many addresses can neither fill the memory nor lock out others.
_PLACES = 8192
_BYTES = 8
# The client, the time of its first invalid token in milliseconds, and their number.
_CELLS = 3
_ROW = _PLACES * _CELLS


class Attempts:
    """Counts the invalid tokens of each client address; any thread may use it.

    A client with too many gets a 429 until a minute after the first of them. A token that was
    valid before is still looked up: a wrong token does not lock out others behind one address.
    """

    def __init__(
        self,
        workers: int = 1,
        worker: int = 0,
        memory: mmap.mmap | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory = memory or mmap.mmap(-1, (workers * _ROW + _PLACES) * _BYTES)
        self._cells = memoryview(self._memory).cast("Q")
        self._workers = workers
        self._start = worker * _ROW
        self._now = now
        self._lock = threading.Lock()

    def of_worker(self, worker: int) -> Attempts:
        return Attempts(self._workers, worker, self._memory, self._now)

    def seconds_left(self, client: str, token: str) -> int:
        """The seconds that a client has to wait; 0 if its token may be looked up."""
        counts = self._counts(_hash(client))
        if sum(failed for _, failed in counts) < MOST or self._is_known(_hash(token)):
            return 0
        return max(1, math.ceil(min(since for since, _ in counts) / 1000 + SECONDS - self._now()))

    def note(self, client: str, token: str, *, valid: bool) -> None:
        """Count a token after it was looked up."""
        known, number = _hash(token), _hash(client)
        if valid:
            self._cells[self._place_of(known)] = known
            return
        if self._is_known(known):
            self._cells[self._place_of(known)] = 0
        at = self._start + number % _PLACES * _CELLS
        with self._lock:
            cells = self._cells
            if cells[at] != number or self._is_over(cells[at + 1]):
                cells[at + 2], cells[at + 1], cells[at] = 0, int(self._now() * 1000), number
            cells[at + 2] += 1

    def _counts(self, client: int) -> list[tuple[int, int]]:
        """When each worker first saw an invalid token of a client in this minute, and how many."""
        rows = [
            self._cells[at : at + _CELLS].tolist()
            for at in range(client % _PLACES * _CELLS, self._workers * _ROW, _ROW)
        ]
        return [
            (since, failed)
            for found, since, failed in rows
            if found == client and not self._is_over(since)
        ]

    def _is_over(self, since: int) -> bool:
        return self._now() >= since / 1000 + SECONDS

    def _is_known(self, token: int) -> bool:
        return self._cells[self._place_of(token)] == token

    def _place_of(self, token: int) -> int:
        return self._workers * _ROW + token % _PLACES


def _hash(text: str) -> int:
    return hash(text) % 2**64 or 1  # 0 is an empty place


class Capped:
    """A store for the requests of one client: too many invalid tokens get a 429."""

    def __init__(self, store: Answers, attempts: Attempts, client: str) -> None:
        self._store = store
        self._attempts = attempts
        self._client = network_of(client)

    def admit(self, call: Call) -> Reply | None:
        return self.refusal(call) or self.noted(call, self._store.admit(call))

    def answer(self, call: Call, deadline: float | None = None) -> Reply:
        return self.refusal(call) or self.noted(call, self._store.answer(call, deadline))

    def refusal(self, call: Call) -> Reply | None:
        """The refusal of a token before it is looked up."""
        left = self._attempts.seconds_left(self._client, call.token or "")
        if not left:
            return None
        why = "too many invalid tokens came from this address"
        return wire.refusal(429, why).replaced(retry_after=str(left))

    def noted(self, call: Call, reply: R) -> R:
        """The reply, after its token was counted."""
        if reply is None or reply.status < 500:
            valid = reply is None or reply.status != 401
            self._attempts.note(self._client, call.token or "", valid=valid)
        return reply
