"""Every exception that clovrix-env raises.

    ClovrixError
    ├── ClovrixConfigError        the caller's side is not in order; nothing was sent
    ├── ClovrixConnectionError    no usable answer came: network, TLS, deadline
    └── ClovrixAPIError           Clovrix answered, and not with 2xx
        ├── AuthenticationError   401
        ├── BillingError          402
        ├── ForbiddenError        403
        ├── NotFoundError         404
        ├── ValidationError       400, 413, 422
        └── ServerError           5xx

All of them pickle and copy, hold plain strings and numbers only, and never a token or a value.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from clovrix_env.model.layer import Location
    from clovrix_env.model.problem_lines import SharedRemedy


MOST_SHOWN = 100
_MOST_REMEDIES = 20


class ClovrixError(Exception):
    """The root: ``except ClovrixError`` catches all that this package raises on purpose."""

    # What was worth a line before a load failed, such as a file that does not count.
    notes: tuple[str, ...] = ()


class ClovrixConfigError(ClovrixError):
    """Something on this side is missing or wrong: a token, a file, a variable. Nothing was sent.

    ``problems`` holds one sentence for each thing that is wrong, with its place; ``remedy`` the
    sentence that says what to do, or an empty string. Where problems have remedies of their own,
    ``remedies`` has one for each problem, and ``remedy`` is all of them.
    """

    def __init__(
        self, problems: str | Iterable[str], remedy: str = "", remedies: Iterable[str] = ()
    ) -> None:
        self.problems: tuple[str, ...] = (
            (problems,) if isinstance(problems, str) else tuple(problems)
        )
        self.remedies = tuple(remedies) or (remedy,) * len(self.problems)
        self.remedy = remedy
        super().__init__(self.problems, remedy, self.remedies)

    @property
    def lines(self) -> list[str]:
        """What is printed: at most 100 problems, each group above the remedy that it shares."""
        groups: dict[str, list[str]] = {}
        for problem, remedy in zip(self.problems[:MOST_SHOWN], self.remedies):
            groups.setdefault(remedy, []).append(problem)
        more = len(self.problems) - MOST_SHOWN
        if more > 0:
            groups[next(reversed(groups))].append(f"and {more:,} more problems")
        return [line for remedy, group in groups.items() for line in (*group, remedy) if line]

    def __str__(self) -> str:
        return "\n".join(self.lines)


class Problem:
    """One thing that is wrong: the sentence, what helps, and what it is about as far as known.

    ``rule`` is the id under which ``clovrix-env check`` tells it; without a ``place`` it is about
    no file and no value, but about how we were called.
    """

    def __init__(
        self,
        sentence: str,
        remedy: str | SharedRemedy,
        rule: str,
        place: Location | None,
        name: str,
    ) -> None:
        self.sentence = sentence
        self.remedy = remedy if isinstance(remedy, str) else remedy([name])
        self.shared = None if isinstance(remedy, str) else remedy
        self.rule = rule
        self.place = place
        self.name = name


class Problems:
    """What is wrong, collected so that all of it is told at once.

    Used as a context manager it takes in the ``ClovrixConfigError`` of its block and goes on.
    """

    def __init__(self) -> None:
        self._found: dict[str, Problem] = {}
        self._about: tuple[str, Location | None, str] = ("", None, "")

    def __bool__(self) -> bool:
        return bool(self._found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found.values())

    def about(self, rule: str, place: Location, name: str = "") -> Problems:
        """The same collection, where what is added says what it is about."""
        same = Problems()
        same._found = self._found
        same._about = (rule, place, name)
        return same

    def add(self, sentence: str, remedy: str | SharedRemedy = "") -> None:
        self._found.setdefault(sentence, Problem(sentence, remedy, *self._about))

    def take(self, others: Problems) -> None:
        """Add all of another collection."""
        for problem in others:
            self._found.setdefault(problem.sentence, problem)

    def error(self) -> ClovrixConfigError | None:
        """One error with all of it, or ``None`` where there is nothing."""
        if not self._found:
            return None
        from clovrix_env.model import problem_lines

        remedies = problem_lines.remedies_of(self._found.values(), MOST_SHOWN)
        distinct = [*filter(None, dict.fromkeys(remedies))]
        if len(distinct) > _MOST_REMEDIES:
            distinct[_MOST_REMEDIES:] = ["and so on"]
        return ClovrixConfigError(self._found, "; ".join(distinct), remedies)

    def sort(self, sources: Sequence[str], first: int = 0) -> None:
        """Put what is about files in the order of ``sources``; the ``first`` ones stay in front."""
        from clovrix_env.model import problem_lines

        found = problem_lines.in_order([*self._found.values()], sources, first)
        self._found.clear()  # `about` shares it
        self._found.update((problem.sentence, problem) for problem in found)

    def raise_if_any(self) -> None:
        error = self.error()
        if error is not None:
            raise error

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> bool:
        if not isinstance(error, (ClovrixConfigError, ValidationError)):
            return False
        problems = getattr(error, "problems", (str(error),))
        for sentence, remedy in zip(problems, getattr(error, "remedies", ("",))):
            self.add(sentence, remedy)
        return True


class HideFrames:
    """Around what a public function does: what is raised on purpose leaves it without our frames.

    The frames below, and the errors that led to it, hold tokens and values, and error reporters
    send both; the sentence says all that there is to say. What the caller was handling when it
    called stays the context.
    """

    def __enter__(self) -> None:
        self._handled = sys.exc_info()[1]

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        del traceback
        if isinstance(error, ClovrixError):
            error.__cause__ = None
            error.__context__ = self._handled
            error.__suppress_context__ = False
            try:
                raise error.with_traceback(None)
            finally:
                del error  # it holds this frame: no cycle


class ClovrixConnectionError(ClovrixError):
    """No usable answer: the network failed, the deadline passed, or what came was not Clovrix's.

    ``sent`` says whether the request may have arrived: a write that raises with ``sent=True`` may
    have been carried out, one with ``sent=False`` certainly was not.
    """

    def __init__(self, message: str, sent: bool = False) -> None:
        super().__init__(message, sent)
        self.message = message
        self.sent = sent

    def __str__(self) -> str:
        return self.message


class ClovrixAPIError(ClovrixError):
    """Clovrix answered with something other than 2xx.

    ``status_code`` is the HTTP status, ``retry_after`` the seconds that the answer asked to wait,
    or ``None``. A status without a class of its own (409, 429, a redirect) raises this one.
    """

    def __init__(self, message: str, status_code: int, retry_after: float | None = None) -> None:
        super().__init__(message, status_code, retry_after)
        self.message = message
        self.status_code = status_code
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.message


class AuthenticationError(ClovrixAPIError):
    """401: the token is missing, invalid or expired."""


class BillingError(ClovrixAPIError):
    """402: the organization's billing is pending or restricted.

    ``billing_status`` is ``"pending_payment"``, ``"restricted"`` or ``"active"``, or ``None``
    where the answer did not say.
    """

    def __init__(
        self,
        message: str,
        status_code: int,
        retry_after: float | None = None,
        billing_status: str | None = None,
    ) -> None:
        super().__init__(message, status_code, retry_after)
        self.args = (message, status_code, retry_after, billing_status)
        self.billing_status = billing_status


class ForbiddenError(ClovrixAPIError):
    """403: the token's role does not allow this."""


class NotFoundError(ClovrixAPIError):
    """404: the project, environment or key does not exist, or lies outside the token's scope."""


class ValidationError(ClovrixAPIError):
    """400, 413 or 422: the request is invalid and nothing was written.

    Also raised before anything is sent, with the status that Clovrix would have answered.
    """


class ServerError(ClovrixAPIError):
    """5xx: Clovrix failed."""
