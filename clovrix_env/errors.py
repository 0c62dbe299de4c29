"""Every exception that clovrix-env raises.

    ClovrixError
    ├── ClovrixConfigError        a setting on this machine is missing or invalid; nothing was sent
    ├── ClovrixConnectionError    no usable answer arrived: network, TLS, deadline
    └── ClovrixAPIError           Clovrix answered with a status other than 2xx
        ├── AuthenticationError   401
        ├── BillingError          402
        ├── ForbiddenError        403
        ├── NotFoundError         404
        ├── ValidationError       400, 413, 422
        └── ServerError           5xx

All of them can be pickled and copied. They contain strings and numbers only. None contains a
token or a value.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from clovrix_env.model.layer import Location
    from clovrix_env.model.problem_lines import SharedRemedy


MOST_SHOWN = 100
_MOST_REMEDIES = 20


class ClovrixError(Exception):
    """The base class: ``except ClovrixError`` catches every error that this package raises."""

    # Warnings from before the load failed, such as an ignored file.
    notes: tuple[str, ...] = ()


class ClovrixConfigError(ClovrixError):
    """A token, a file or a variable on this machine is missing or invalid. Nothing was sent.

    ``problems`` has one message for each problem, with its place. ``remedies`` has the remedy of
    each problem, or an empty string. ``remedy`` is all of them as one string.
    """

    def __init__(
        self, problems: str | Iterable[str], remedy: str = "", remedies: Iterable[str] = ()
    ) -> None:
        self.problems: tuple[str, ...] = (
            (problems,) if isinstance(problems, str) else tuple(problems)
        )
        self.remedies: tuple[str, ...] = tuple(remedies) or (remedy,) * len(self.problems)
        self.remedy = remedy
        super().__init__(self.problems, remedy, self.remedies)

    @property
    def lines(self) -> list[str]:
        """The lines to print: at most 100 problems, each group followed by its shared remedy."""
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
    """One problem: its message, its remedy, and the place and name that it belongs to.

    ``rule`` is the id that ``clovrix-env check`` reports. A problem without a ``place`` belongs to
    the call or the command line, not to a file or a value.
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
        self.remedy: str = remedy if isinstance(remedy, str) else remedy([name])
        self.shared: SharedRemedy | None = None if isinstance(remedy, str) else remedy
        self.rule = rule
        self.place = place
        self.name = name


class Problems:
    """A collection of problems, so that all of them are reported at once.

    As a context manager it collects the problems of a ``ClovrixConfigError`` and suppresses it.
    """

    def __init__(self) -> None:
        self._found: dict[str, Problem] = {}
        self._about: tuple[str, Location | None, str] = ("", None, "")

    def __bool__(self) -> bool:
        return bool(self._found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found.values())

    def about(self, rule: str, place: Location, name: str = "") -> Problems:
        """The same collection, whose new problems belong to this rule, place and name."""
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
        """One error with all problems, or ``None`` if there are none."""
        if not self._found:
            return None
        from clovrix_env.model import problem_lines

        remedies = problem_lines.remedies_of(self._found.values(), MOST_SHOWN)
        distinct = [*filter(None, dict.fromkeys(remedies))]
        if len(distinct) > _MOST_REMEDIES:
            distinct[_MOST_REMEDIES:] = ["and so on"]
        return ClovrixConfigError(self._found, "; ".join(distinct), remedies)

    def sort(self, sources: Sequence[str], first: int = 0) -> None:
        """Sort the problems of files in the order of ``sources``, after the ``first`` problems."""
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
    """Wraps the body of a public function and removes internal frames from a ``ClovrixError``.

    Internal frames and the causes of an error contain tokens and values, which error reporters
    send. The message alone is complete. The exception that the caller was handling remains the
    context.
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
                del error  # it refers to this frame, which would be a cycle


class ClovrixConnectionError(ClovrixError):
    """No usable answer: the network failed, the deadline passed, or the answer was invalid.

    ``sent`` is true if the request may have arrived. A write that raises with ``sent=True`` may
    have been carried out; with ``sent=False`` it was not.
    """

    def __init__(self, message: str, sent: bool = False) -> None:
        super().__init__(message, sent)
        self.message = message
        self.sent = sent

    def __str__(self) -> str:
        return self.message


class ClovrixAPIError(ClovrixError):
    """Clovrix answered with something other than 2xx.

    ``status_code`` is the HTTP status. ``retry_after`` is the requested wait in seconds, or
    ``None``. A status without its own class (409, 429, a redirect) raises this one.
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
    if the answer does not contain it.
    """

    def __init__(
        self,
        message: str,
        status_code: int,
        retry_after: float | None = None,
        billing_status: str | None = None,
    ) -> None:
        super().__init__(message, status_code, retry_after)
        self.args: tuple[Any, ...] = (message, status_code, retry_after, billing_status)
        self.billing_status = billing_status


class ForbiddenError(ClovrixAPIError):
    """403: the token's role does not allow this."""


class NotFoundError(ClovrixAPIError):
    """404: the project, environment or key does not exist, or the token's scope excludes it."""


class ValidationError(ClovrixAPIError):
    """400, 413 or 422: the request is invalid and nothing was written.

    It is also raised before a request is sent, with the status that Clovrix would return.
    """


class ServerError(ClovrixAPIError):
    """5xx: Clovrix failed."""
