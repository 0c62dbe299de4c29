"""Clovrix is asked, once for all that start at once, and what happens where it cannot answer.

Last known values up to ``stale_if_error`` old are taken then, and nothing is asked twice. What
Clovrix itself refuses (401, 403, 404) is an answer: nothing is taken, now and until a fetch
succeeds.
"""

from __future__ import annotations

import time

from clovrix_env.api import operations
from clovrix_env.cache import asker, refusal
from clovrix_env.cache.folder import Unusable
from clovrix_env.cache.freshness import Found
from clovrix_env.client.retry import MAX_RETRIES
from clovrix_env.errors import BillingError, ClovrixAPIError, ClovrixConnectionError, ServerError
from clovrix_env.model.staleness import shown_age

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Union

    from clovrix_env.api.messages import Failure, Reply
    from clovrix_env.cache.freshness import Load, Source
    from clovrix_env.cache.refusal import Refusal, RefusalFile

    Answered = Union[ClovrixAPIError, ClovrixConnectionError]

# Clovrix's own refusals, and what it answers while it cannot.
_DENIES = (401, 403, 404)
_PASSES = (402, 408, 429)


def ask(load: Load, sources: Sequence[Source]) -> list[Found]:
    """What is found for each source, asked side by side. Raises the first one's error."""
    by_project = {source.project: source for source in sources}
    refusals = _refusals(load)
    with asker.Asker(load.origin) as asks:
        return asker.side_by_side(
            list(by_project), lambda project: _Question(by_project[project], refusals, asks).put()
        )


def _refusals(load: Load) -> RefusalFile | None:
    if load.folder is None or not load.protects:
        return None
    after_failures = load.keeps is not None and not refusal.on_terminal()
    return refusal.RefusalFile(load.folder, load.origin, after_failures=after_failures)


class _Question:
    """One project's entries, asked for."""

    def __init__(self, source: Source, refusals: RefusalFile | None, asks: asker.Asker) -> None:
        self._source = source
        self._wanted = source.load.wanted
        self._refusals = refusals
        self._asks = asks

    def put(self) -> Found:
        """What Clovrix answers, or another start was answered meanwhile, or else is known."""
        bound = self._bound()
        if bound is not None:
            return bound
        source, deadline = self._source, self._wanted.deadline
        if source.file is None or source.load.folder is None:
            return self._asked()
        from clovrix_env.cache.single_flight import Turn

        with Turn(source.load.folder, f"{source.file.name}.lock") as turn:
            while not turn.taken():
                landed = source.landed()
                if landed is not None:
                    return landed
                if time.monotonic() >= deadline:
                    why = "another start asks, and there was no answer in time"
                    late = ClovrixConnectionError(f"{source.place}: {why}")
                    return self._fallen_back(why, late)
                turn.pause(deadline)
            return source.landed() or self._bound() or self._asked()

    def _bound(self) -> Found | None:
        """What a remembered refusal leaves; raises where that is nothing."""
        if self._refusals is None or not self._wanted.backoff:
            return None
        found = self._refusals.binding()
        if found is None:
            return None
        said = f"HTTP {found.status}" if found.status else "no answer just now"
        why = f"{said}; not asked again before {found.clock()}"
        return self._fallen_back(why, self._refused(found, why))

    def _refused(self, found: Refusal, why: str) -> Answered:
        sentence = f"{self._source.place}: {why}{self._wanted.asks_now}"
        if not found.status:
            return ClovrixConnectionError(sentence)
        kind = ServerError if found.status >= 500 else ClovrixAPIError
        return kind(sentence, found.status, found.seconds_left)

    def _asked(self) -> Found:
        source = self._source
        began = time.time_ns()
        outcome = self._asks.outcome(
            source.project,
            self._wanted.environment,
            self._wanted.deadline,
            0 if source.is_usable else MAX_RETRIES,
        )
        error = operations.error_of(outcome)
        if self._refusals is not None and (error is None or _is_answer(outcome)):
            self._refusals.forget()
        if error is None:
            try:
                entries = operations.entries(outcome)
            except ClovrixConnectionError as unfit:
                error = unfit
            else:
                self._keep(began, entries)
                return Found(source.project, entries)
        assert isinstance(error, (ClovrixAPIError, ClovrixConnectionError))
        asker.say_more(error, before=f"{source.place}: ")
        if _is_answer(outcome):
            if isinstance(error, ClovrixAPIError) and error.status_code in _DENIES:
                self._deny()
            raise error.with_traceback(None)
        if self._refusals is not None:
            self._refusals.remember(outcome)
        return self._fallen_back(_reason(outcome), error)

    def _keep(self, began: int, entries: dict[str, str]) -> None:
        if self._source.file is not None:
            try:
                self._source.file.write(began, entries)
            except Unusable as error:
                self._source.say(error)

    def _deny(self) -> None:
        file = self._source.file
        # Whatever lies there: what is a miss today, for a clock was wrong, may be none tomorrow.
        if file is not None and file.version() is not None:
            try:
                file.deny(time.time_ns())
            except Unusable as error:
                self._source.say(error)

    def _fallen_back(self, why: str, error: Answered) -> Found:
        """Last known values where they may be used, else the error, which tells of them."""
        source = self._source
        if source.is_usable and source.known is not None and source.load.keeps is not None:
            age = source.age
            if isinstance(error, BillingError):
                left = shown_age(source.load.keeps.stale_if_error - age)
                why += f": settle the organization's billing within {left}; then nothing starts"
            return Found(
                source.project, source.known.entries, age, f"for Clovrix cannot answer ({why})"
            )
        why_not = source.why_not_taken()
        if why_not:
            asker.say_more(error, behind=f"; {why_not}")
        raise error.with_traceback(None)


def _is_answer(outcome: Reply | Failure) -> bool:
    """Whether Clovrix itself has refused: its own JSON, and nothing that passes."""
    status, data = getattr(outcome, "status", 0), getattr(outcome, "data", None)
    if not status or status < 400 or status in _PASSES or status >= 500 or data is None:
        return False
    said = data.get("error")
    return isinstance(said, str) and bool(said)


def _reason(outcome: Reply | Failure) -> str:
    """Why Clovrix cannot answer; no word of what was answered, for that may be anybody's."""
    status = getattr(outcome, "status", 0)
    if not status:
        return getattr(outcome, "reason", "")
    passes = status in _PASSES or status >= 500
    return f"HTTP {status}" if passes else f"HTTP {status}, which is no answer of Clovrix"
