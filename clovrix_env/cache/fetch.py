"""Fetches entries from Clovrix, once for all processes that start at once.

If Clovrix cannot answer, cached values up to ``stale_if_error`` old are used, without a retry. A
refusal by Clovrix itself (401, 403, 404) is an answer: the cached values are not used then, nor
later, until a fetch succeeds.
"""

from __future__ import annotations

import time
from _thread import allocate_lock  # loading threading costs a launch 2 % (system.deadline)

from clovrix_env.api import operations
from clovrix_env.api.messages import Reply
from clovrix_env.auth.token import IGNORED
from clovrix_env.cache import refusal
from clovrix_env.cache.folder import Unusable
from clovrix_env.cache.freshness import FetchResult
from clovrix_env.client.exchange import exchange
from clovrix_env.client.retry import MAX_RETRIES
from clovrix_env.client.sender import sender_of
from clovrix_env.errors import BillingError, ClovrixAPIError, ClovrixConnectionError, ServerError
from clovrix_env.system.deadline import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar, Union

    from clovrix_env.api.messages import Failure
    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.cache.freshness import CachedProject, FetchContext, FetchPolicy
    from clovrix_env.cache.refusal import Refusal, RefusalFile
    from clovrix_env.client.client import Client
    from clovrix_env.client.exchange import Outcome, Send

    T = TypeVar("T")

    Answered = Union[ClovrixAPIError, ClovrixConnectionError]

# Statuses that make the cached values unusable, and those below 500 that count as a failure.
_DENIES = (401, 403, 404)
_UNCHANGED = 304
_PASSES = (402, 408, 429)


def ask(context: FetchContext, sources: Sequence[CachedProject]) -> list[FetchResult]:
    """Fetch the entries of all sources in parallel. Raises the error of the first that failed."""
    by_project = {source.project: source for source in sources}
    refusals = _refusals(context)
    with _Requests(context.origin, context.policy) as requests:
        results = side_by_side(
            list(by_project),
            lambda project: _ProjectFetch(by_project[project], refusals, requests).result(),
        )
        if requests.has_ignored_token and context.origin.token is not None:
            context.log.append(f"the token from {context.origin.token.source} {IGNORED}")
        return results


def _refusals(context: FetchContext) -> RefusalFile | None:
    if context.folder is None or not context.protects:
        return None
    after_failures = context.keeps is not None and not refusal.on_terminal()
    return refusal.RefusalFile(context.folder, context.origin, after_failures=after_failures)


class _ProjectFetch:
    """The fetch of one project's entries."""

    def __init__(
        self, source: CachedProject, refusals: RefusalFile | None, requests: _Requests
    ) -> None:
        self._source = source
        self._policy = source.context.policy
        self._refusals = refusals
        self._requests = requests

    def result(self) -> FetchResult:
        """Return what Clovrix answers now or has just answered another process, or cached values.

        Raises ``ClovrixAPIError`` or ``ClovrixConnectionError`` if there are none.
        """
        bound = self._bound()
        if bound is not None:
            return bound
        source, deadline = self._source, self._policy.deadline
        if source.file is None or source.context.folder is None:
            return self._fetched()
        with source.context.folder.lock(f"{source.file.name}.lock") as lock:
            while not lock.try_acquire():
                fetched_meanwhile = source.fetched_meanwhile()
                if fetched_meanwhile is not None:
                    return fetched_meanwhile
                if time.monotonic() >= deadline:
                    why = "another process is fetching these values and did not finish in time"
                    late = ClovrixConnectionError(f"{source.place}: {why}")
                    return self._fallen_back(why, late)
                lock.pause(deadline)
            return source.fetched_meanwhile() or self._bound() or self._fetched()

    def _bound(self) -> FetchResult | None:
        """Return cached values while a remembered refusal holds, or ``None`` without a refusal.

        Raises the remembered error if no cached value can be used.
        """
        if self._refusals is None or not self._policy.backoff:
            return None
        found = self._refusals.binding()
        if found is None:
            return None
        why = f"{found.cause}; no new request before {found.clock()}"
        return self._fallen_back(why, self._refused(found, why))

    def _refused(self, found: Refusal, why: str) -> Answered:
        sentence = f"{self._source.place}: {why}{self._policy.asks_now}"
        if not found.status:
            return ClovrixConnectionError(sentence)
        kind = ServerError if found.status >= 500 else ClovrixAPIError
        return kind(sentence, found.status, found.seconds_left)

    def _fetched(self) -> FetchResult:
        source = self._source
        began = time.time_ns()
        known = source.known
        tag = known.tag if known is not None and not known.denied else ""
        outcome = self._requests.outcome(
            source.project, tag, self._policy.deadline, 0 if source.is_usable else MAX_RETRIES
        )
        if tag and known is not None and getattr(outcome, "status", 0) == _UNCHANGED:
            outcome = Reply(200, {"entries": known.entries}, tag=tag)
        error = operations.error_of(outcome)
        if self._refusals is not None and (error is None or _is_answer(outcome)):
            self._refusals.forget()
        if error is None:
            try:
                entries = operations.entries(outcome)
            except ClovrixConnectionError as invalid:
                error = invalid
            else:
                self._store(began, entries, getattr(outcome, "tag", None) or "")
                return FetchResult(source.project, entries)
        assert isinstance(error, (ClovrixAPIError, ClovrixConnectionError))
        say_more(error, before=f"{source.place}: ", behind=source.context.origin.failed(error))
        if _is_answer(outcome):
            if isinstance(error, ClovrixAPIError) and error.status_code in _DENIES:
                self._deny()
            raise error.with_traceback(None)
        if self._refusals is not None:
            self._refusals.remember(outcome)
        return self._fallen_back(_reason(outcome), error)

    def _store(self, began: int, entries: dict[str, str], tag: str) -> None:
        if self._source.file is not None:
            try:
                self._source.file.write(began, entries, tag)
            except Unusable as error:
                self._source.say(error)

    def _deny(self) -> None:
        file = self._source.file
        # Also a file that cannot be used now: a clock that is wrong today may be set tomorrow.
        if file is not None and file.version() is not None:
            try:
                file.deny(time.time_ns())
            except Unusable as error:
                self._source.say(error)

    def _fallen_back(self, why: str, error: Answered) -> FetchResult:
        """Return the cached values if they are usable.

        Otherwise raises the error, with the reason why they are not.
        """
        source = self._source
        if source.is_usable and source.known is not None and source.context.keeps is not None:
            age = source.age
            if isinstance(error, BillingError):
                from clovrix_env.model.ages import shown_age

                left = shown_age(source.context.keeps.stale_if_error - age)
                why += f": settle the organization's billing within {left}; then no program starts"
            return FetchResult(
                source.project, source.known.entries, age, f"Clovrix cannot answer ({why})"
            )
        why_not = source.why_not_taken()
        if why_not:
            say_more(error, behind=f"; {why_not}")
        raise error.with_traceback(None)


def _is_answer(outcome: Reply | Failure) -> bool:
    """Whether Clovrix itself has refused: a JSON error with a status that is not temporary."""
    status, data = getattr(outcome, "status", 0), getattr(outcome, "data", None)
    if not status or status < 400 or status in _PASSES or status >= 500 or data is None:
        return False
    message = data.get("error")
    return isinstance(message, str) and bool(message)


def _reason(outcome: Reply | Failure) -> str:
    """Why Clovrix cannot answer. The text of an answer is left out: any server may have sent it."""
    status = getattr(outcome, "status", 0)
    if not status:
        return getattr(outcome, "reason", "")
    passes = status in _PASSES or status >= 500
    return f"HTTP {status}" if passes else f"HTTP {status}, which does not come from Clovrix"


class _Requests:
    """Sends requests to one address. The first one creates the sender and loads its libraries."""

    def __init__(self, origin: Endpoint, policy: FetchPolicy) -> None:
        self._origin = origin
        self._policy = policy
        self._send: Send | None = None
        self._making = allocate_lock()

    def __enter__(self) -> _Requests:
        return self

    def __exit__(self, *raised: object) -> None:
        close = getattr(self._send, "close", None)
        if close is not None:
            close()

    @property
    def has_ignored_token(self) -> bool:
        """Whether an embedded store has answered and ignored the token."""
        return getattr(self._send, "has_ignored_token", False)

    def outcome(self, project: str, tag: str, deadline: float, max_retries: int) -> Outcome:
        """Request the entries of one project, unless they still have ``tag``."""
        with self._making:
            if self._send is None:
                self._send = sender_of(self._origin, self._policy.environ)
        place = operations.checked_place(project, self._policy.environment, self._origin.bearer)
        call = operations.get_entries(place)
        if tag:
            call = call.replaced(known_tag=tag)
        return exchange(call, self._send, deadline=deadline, max_retries=max_retries)


def entries_by(client: Client, project: str, environment: str, deadline: float) -> dict[str, str]:
    """Return the entries of one project, fetched with the caller's client."""
    try:
        found = within(deadline, lambda: client.get_entries(project, environment), lambda: None)
    except (ClovrixAPIError, ClovrixConnectionError) as error:
        say_more(error, before=f"{project}/{environment}: ")
        raise
    if found is None:
        why = f"{project}/{environment}: Clovrix did not answer in time"
        raise ClovrixConnectionError(why, True)
    return found


def say_more(
    error: ClovrixAPIError | ClovrixConnectionError, *, before: str = "", behind: str = ""
) -> None:
    """Extend the message of an error before and behind, also for pickling."""
    error.message = f"{before}{error.message}{behind}"
    error.args = (error.message, *error.args[1:])


def side_by_side(projects: Sequence[str], ask: Callable[[str], T]) -> list[T]:
    """Call ``ask`` for all projects in parallel, and return the results in order.

    Raises the error of the first project that failed.
    """
    outcomes: dict[str, Union[tuple[T], Exception]] = {}

    def run(project: str) -> None:
        try:
            outcomes[project] = (ask(project),)
        except Exception as error:  # raised below, in the order of the projects
            outcomes[project] = error

    if len(projects) == 1:
        run(projects[0])
    else:
        import threading

        threads = [threading.Thread(target=run, args=(project,)) for project in projects]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    results: list[T] = []
    for project in projects:
        outcome = outcomes[project]
        if isinstance(outcome, Exception):
            raise outcome
        results.append(outcome[0])
    return results
