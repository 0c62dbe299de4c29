"""``Staleness``: how old the values of a load are, where Clovrix could not be asked for newer."""

from __future__ import annotations

from clovrix_env.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Staleness(Record):
    """Last known values were taken that are older than ``max_age``.

    ``seconds`` is the age of the oldest of them, ``why`` says why in words, and ``ages`` has the
    age of each project's that is stale, by ``project/environment``, in seconds.
    """

    seconds: float
    why: str
    ages: Mapping[str, float]
