"""Sends the request of a load to Clovrix, and measures each of its steps."""

from __future__ import annotations

import time

from clovrix_env.api import USER_AGENT, operations
from clovrix_env.api.messages import Failure
from clovrix_env.client.failures import ANSWER, CONNECTION, NAME, TLS, Progress
from clovrix_env.client.send_stdlib import StdlibSender
from clovrix_env.client.sender import proxied_by, sender_of
from clovrix_env.doctor.report import Observation
from clovrix_env.errors import ClovrixConfigError, ClovrixError, ServerError
from clovrix_env.store import master_key
from clovrix_env.store.answer import Store
from clovrix_env.system.error_lines import OF_COMMANDS, lines_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from clovrix_env.auth.endpoint import Endpoint
    from clovrix_env.client.exchange import Outcome, Send

# A greater skew makes certificates invalid, and cached values too old.
_RESTORE = "restore it from a backup with clovrix-env local restore"
MOST_SKEW = 60.0


def observed(
    origin: Endpoint,
    environ: Mapping[str, str],
    projects: Sequence[str],
    environment: str,
    deadline: float,
) -> Iterator[Observation]:
    """Yield the steps of each project's request until ``deadline``, and the skew of the clocks.

    ``environ`` is the process environment as it was before any file was read.
    """
    date = ""
    name = "master key" if origin.is_store else TLS
    try:
        if origin.is_store:
            key = master_key.find(environ, origin.store_path)
            yield Observation(name, True, f"{key.label}, from {key.source}")
            name = "store"
            with Store.open(origin.store_path, key, deadline=deadline) as store:
                damage = store.quick_check()
            message = f"{origin.store_path} {damage or 'can be opened'}"
            yield Observation(name, not damage, message, _RESTORE if damage else "")
        for project in projects:
            request = _TimedRequest(origin, environ, deadline)
            outcome = request.send(operations.checked_place(project, environment, origin.bearer))
            if project == projects[0]:
                yield from request.steps(outcome)
            if isinstance(outcome, Failure) and request.failed_before_answer:
                return
            yield _answer(f"{project}/{environment}", outcome, request.seconds_of_answer)
            date = getattr(outcome, "date", None) or date
    except ClovrixConfigError as error:
        yield Observation(name, False, "; ".join(error.problems), error.remedy)
    except ServerError as error:  # of the store's file, such as a damaged page
        yield Observation(name, False, error.message, _RESTORE)
    if date:
        yield from _clock(date)


class _TimedRequest:
    """One request, and when each of its steps began."""

    def __init__(self, origin: Endpoint, environ: Mapping[str, str], deadline: float) -> None:
        self._origin = origin
        self._environ = environ
        self._deadline = deadline
        self._proxied_by = proxied_by(origin, environ)
        self._begun: list[tuple[str, float]] = []
        self._ended = 0.0

    def send(self, place: operations.Scope) -> Outcome:
        """Send the request.

        Raises ``ClovrixConfigError`` for a store or trusted certificates that are not valid.
        """
        send = self._sender()
        self._begun.append(("", time.monotonic()))
        try:
            outcome = send(operations.get_entries(place), self._deadline)
        finally:
            close = getattr(send, "close", None)
            if close is not None:
                close()
        self._ended = time.monotonic()
        return outcome

    @property
    def seconds_of_answer(self) -> float:
        """The time since the last step began, or since the request if there are no steps."""
        return self._ended - self._begun[-1][1]

    @property
    def failed_before_answer(self) -> bool:
        """Whether a step before the answer failed."""
        return bool(self._way) and self._begun[-1][0] != ANSWER

    def steps(self, outcome: Outcome) -> Iterator[Observation]:
        if self._proxied_by:
            yield Observation(
                "proxy", True, f"{self._proxied_by} is set: all steps are measured as one"
            )
        took = {
            step: after - begun for (step, begun), (_, after) in zip(self._begun, self._begun[1:])
        }
        # The last step may have begun before: a handshake is repeated with all certificates.
        took.pop(self._begun[-1][0], None)
        for step in self._way:
            if step not in took:
                if isinstance(outcome, Failure):
                    yield _failed(step, outcome)
                return
            yield Observation(step, True, _milliseconds(took[step]), seconds=took[step])

    @property
    def _way(self) -> Sequence[str]:
        if self._origin.is_store or self._proxied_by:
            return ()
        return (NAME, CONNECTION, TLS)[: 3 if self._origin.address.startswith("https:") else 2]

    def _sender(self) -> Send:
        if not self._way:
            return sender_of(self._origin, self._environ)
        sender = StdlibSender(self._origin.address, USER_AGENT, self._environ, self._timed)
        sender.check()
        return sender

    def _timed(self, whom: str) -> Progress:
        return _Timed(self._begun, whom)


class _Timed(Progress):
    """Adds each step to a list when it begins."""

    __slots__ = ("_begun",)

    def __init__(self, begun: list[tuple[str, float]], whom: str) -> None:
        super().__init__(whom)
        self._begun = begun

    def begins(self, step: str, whom: str) -> None:
        super().begins(step, whom)
        self._begun.append((step, time.monotonic()))


def _answer(place: str, outcome: Outcome, seconds: float) -> Observation:
    error: ClovrixError | None = operations.error_of(outcome, f"{place}: ")
    count = 0
    if error is None:
        try:
            count = len(operations.entries(outcome))
        except ClovrixError as unfit:
            error = unfit
    if error is not None:
        message, *remedy = lines_of(error, OF_COMMANDS)
        return Observation(ANSWER, False, message, "; ".join(remedy), seconds)
    entries = f"{count} {'entry' if count == 1 else 'entries'}"
    return Observation(ANSWER, True, f"{place}: {entries}, {_milliseconds(seconds)}", "", seconds)


def _failed(step: str, outcome: Failure) -> Observation:
    error = operations.error_of(outcome)
    assert error is not None
    message, *remedy = lines_of(error, OF_COMMANDS)
    return Observation(step, False, message, "; ".join(remedy))


def _clock(date: str) -> Iterator[Observation]:
    """Yield how far this clock is ahead of the server's, whose ``Date`` has whole seconds."""
    from email.utils import parsedate_to_datetime

    try:
        ahead = time.time() - parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return
    which = "ahead of" if ahead > 0 else "behind"
    yield Observation(
        "clock",
        abs(ahead) <= MOST_SKEW,
        f"{abs(ahead):.0f} s {which} the answer's Date",
        "set this machine's clock, for example with NTP",
        ahead,
    )


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
