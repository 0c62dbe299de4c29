"""The remembered refusal: how long Clovrix must not be sent a request, stored for later processes.

The launcher ends in exec, so the next one knows nothing of it: a service that is restarted at once
would send the request that a 429 has just refused again and again. The file contains a time and a
status, no secret. Its name is a digest of address and token, so a refusal of one service does not
bind another, and a changed token or address is not bound. Unexpected content is ignored.
"""

from __future__ import annotations

import json
import os
import time

from clovrix_env.api.messages import Reply
from clovrix_env.api.operations import seconds_to_wait
from clovrix_env.auth.clean_environ import digest
from clovrix_env.cache.folder import Unusable
from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Union

    from clovrix_env.api.messages import Failure
    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.folder import CacheFolder

    Outcome = Union[Reply, Failure]

_SECOND = 1_000_000_000
LONGEST_OBEYED = 15 * 60 * _SECOND
AFTER_FAILURE = 2 * _SECOND
_ASKS_TO_WAIT = (429, 503)
_MOST_BYTES = 1024


class Refusal(Record):
    """No request is sent before ``until``; both times are in ns since the epoch.

    ``status`` is that of the answer which refused; 0 for a failure without such an answer.
    """

    at: int
    until: int
    status: int

    @property
    def seconds_left(self) -> float:
        return max(0, self.until - time.time_ns()) / _SECOND

    @property
    def cause(self) -> str:
        return f"HTTP {self.status}" if self.status else "no answer just now"

    def clock(self) -> str:
        """Return ``until`` as local time, rounded up to a whole second."""
        return time.strftime("%H:%M:%S", time.localtime(-(-self.until // _SECOND)))


class RefusalFile:
    """The file of one endpoint's refusal. If the folder cannot be used, no refusal is stored."""

    def __init__(self, folder: CacheFolder, origin: Endpoint, *, after_failures: bool) -> None:
        self._folder = folder
        self._name = f"{_digest(origin)}.refused"
        self._after_failures = after_failures

    def binding(self) -> Refusal | None:
        """Return the refusal that is in force now."""
        found = self._read()
        if found is None or not found.at <= time.time_ns() < found.until:
            return None
        if not found.status and not self._after_failures:
            return None
        return found

    def remember(self, outcome: Outcome) -> None:
        """Store the refusal of an outcome, unless a longer one is stored."""
        asked = seconds_to_wait(outcome) if isinstance(outcome, Reply) else None
        now = time.time_ns()
        if isinstance(outcome, Reply) and outcome.status in _ASKS_TO_WAIT and asked is not None:
            refusal = Refusal(now, now + min(int(asked * _SECOND), LONGEST_OBEYED), outcome.status)
        elif self._after_failures:
            refusal = Refusal(now, now + AFTER_FAILURE, 0)
        else:
            return
        before = self._read()
        if before is not None and before.at <= now and before.until >= refusal.until:
            return
        document = {"at": refusal.at, "until": refusal.until, "status": refusal.status}
        try:
            self._folder.replace(self._name, json.dumps(document).encode())
        except Unusable:
            return

    def forget(self) -> None:
        """Remove the refusal, because Clovrix has answered."""
        self._folder.remove(self._name)

    def _read(self) -> Refusal | None:
        try:
            content = self._folder.read(self._name, _MOST_BYTES)
            found = None if content is None else _object_in(content)
        except (Unusable, ValueError, RecursionError):
            return None
        if found is None:
            return None
        at, until, status = found.get("at"), found.get("until"), found.get("status")
        if type(at) is not int or type(until) is not int or type(status) is not int:
            return None
        longest = LONGEST_OBEYED if status in _ASKS_TO_WAIT else AFTER_FAILURE
        if status not in (0, *_ASKS_TO_WAIT) or not 0 <= until - at <= longest:
            return None
        return Refusal(at, until, status)


def _digest(origin: Endpoint) -> str:
    address = origin.address.encode()
    content = len(address).to_bytes(4, "big") + address + (origin.bearer or "").encode()
    return digest(content, 16, b"clovrix-refusal")


def on_terminal() -> bool:
    """Whether stderr is a terminal: a command that is repeated by hand sends a request."""
    try:
        return os.isatty(2)
    except OSError:
        return False


def _object_in(content: bytes) -> dict[str, Any] | None:
    from clovrix_env.model.type_checks import as_object

    return as_object(json.loads(content))
