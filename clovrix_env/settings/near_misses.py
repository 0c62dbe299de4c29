"""Misspelled names of clovrix-env's own variables: ``CLOVRIX_ENVIROMENT``. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_EDITS = 2
# Kubernetes sets CLOVRIX_PORT for a Service called clovrix; it is not a misspelled CLOVRIX_ROOT.
_OF_SERVICES = ("_SERVICE_", "_PORT")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that a name probably misspells; empty if there is none."""
    if any(part in name for part in _OF_SERVICES):
        return ""
    near = [one for one in known if abs(len(one) - len(name)) <= _MOST_EDITS]
    edits, best = min(((_edits(name, one), one) for one in near), default=(_MOST_EDITS + 1, ""))
    return best if edits <= _MOST_EDITS else ""


def _edits(one: str, other: str) -> int:
    """Return how many letters must be added, dropped or changed to turn one text into another."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        above = row
        row = [number]
        for index, other_letter in enumerate(other):
            change = above[index] + (letter != other_letter)
            row.append(min(change, above[index + 1] + 1, row[index] + 1))
    return row[-1]
