"""Misspelled names of clovrix-env's own variables: ``CLOVRIX_ENVIROMENT``. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_EDITS = 2
# What Kubernetes sets for a Service called clovrix: CLOVRIX_PORT is not a misspelled CLOVRIX_ROOT.
_OF_SERVICES = ("_SERVICE_", "_PORT")


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that a name is a misspelling of; empty where there is none."""
    if any(part in name for part in _OF_SERVICES):
        return ""
    near = [one for one in known if abs(len(one) - len(name)) <= _MOST_EDITS]
    edits, best = min(((_edits(name, one), one) for one in near), default=(_MOST_EDITS + 1, ""))
    return best if edits <= _MOST_EDITS else ""


def _edits(one: str, other: str) -> int:
    """How many letters to add, to drop or to change make one text of another."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        above = row
        row = [number]
        for index, other_letter in enumerate(other):
            change = above[index] + (letter != other_letter)
            row.append(min(change, above[index + 1] + 1, row[index] + 1))
    return row[-1]
