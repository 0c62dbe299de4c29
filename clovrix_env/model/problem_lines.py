"""The order and the groups in which problems are reported. Only a failure imports this module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Protocol, TypeVar, Union

    from clovrix_env.model.layer import Location

    # One remedy for several names. Problems with equal callables share one sentence.
    SharedRemedy = Callable[[Sequence[str]], str]

    class Problem(Protocol):
        """The attributes of ``errors.Problem`` that this module uses."""

        remedy: str
        shared: Union[SharedRemedy, None]
        place: Union[Location, None]
        name: str

    P = TypeVar("P", bound=Problem)


def remedies_of(problems: Iterable[Problem], most_shown: int) -> list[str]:
    """The remedy of each problem. A shared remedy contains all names that are shown."""
    found = [*problems]
    names: dict[SharedRemedy, dict[str, None]] = {}
    for problem in found[:most_shown]:
        if problem.shared is not None:
            names.setdefault(problem.shared, {})[problem.name] = None
    remedies: list[str] = []
    for problem in found:
        together = names.get(problem.shared) if problem.shared is not None else None
        if problem.shared is None or together is None:
            remedies.append(problem.remedy)
        else:
            remedies.append(problem.shared([*together]))
    return remedies


def in_order(problems: Sequence[P], sources: Sequence[str], first: int) -> list[P]:
    """Sort by the order of ``sources``, then by line. Problems of other places come last.

    The ``first`` problems stay in front.
    """
    ranks = {source: rank for rank, source in enumerate(sources)}

    def order(problem: P) -> tuple[int, int]:
        place = problem.place
        if place is None or place.source not in ranks:
            return len(ranks), 0
        return ranks[place.source], place.line

    return [*problems[:first], *sorted(problems[first:], key=order)]
