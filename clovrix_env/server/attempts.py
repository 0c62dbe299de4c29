"""A cap on the invalid tokens that a client may send."""

from __future__ import annotations

import math
import os
import threading
import time
from hashlib import blake2b

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
# The oldest are forgotten: a client with many addresses cannot fill the memory.
_CLIENTS, _TOKENS = 10_000, 10_000


class Attempts:
    """Counts the invalid tokens of each client address; any thread may use it.

    A client with too many gets a 429 until a minute after the first of them. A token that was
    valid before is still looked up: a wrong token does not lock out others behind one address.
    """

    def __init__(self, most: int = MOST, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._now = now
        self._failed: dict[str, tuple[float, int]] = {}
        self._valid: dict[bytes, None] = {}
        self._salt = os.urandom(16)
        self._lock = threading.Lock()

    def seconds_left(self, client: str, token: str) -> int:
        """The seconds that a client has to wait; 0 if its token may be looked up."""
        with self._lock:
            since, failed = self._failed.get(client, (0.0, 0))
            if failed < self._most or self._digest(token) in self._valid:
                return 0
            return max(0, math.ceil(since + SECONDS - self._now()))

    def note(self, client: str, token: str, *, valid: bool) -> None:
        """Count a token after it was looked up."""
        digest = self._digest(token)
        with self._lock:
            if valid:
                self._valid.pop(digest, None)
                self._valid[digest] = None
                _shorten(self._valid, _TOKENS)
                return
            self._valid.pop(digest, None)
            since, failed = self._failed.get(client, (0.0, 0))
            if self._now() >= since + SECONDS:
                since, failed = self._now(), 0
                self._failed.pop(client, None)
            self._failed[client] = since, failed + 1
            _shorten(self._failed, _CLIENTS)

    def _digest(self, token: str) -> bytes:
        return blake2b(token.encode(), key=self._salt, digest_size=16).digest()


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


def _shorten(found: dict[str, tuple[float, int]] | dict[bytes, None], most: int) -> None:
    if len(found) > most:
        del found[next(iter(found))]  # type: ignore[arg-type]
