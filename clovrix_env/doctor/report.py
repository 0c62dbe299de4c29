"""``Observation``, and the formats of all observations: text and a JSON document. Pure."""

from __future__ import annotations

from clovrix_env.model.record import Record
from clovrix_env.system.tables import titled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Version of the JSON document, which `docs/how-to/doctor.md` describes.
VERSION = 2
# The marks of an observation without a problem, of a problem, and of its remedy.
MARKS, PLAIN_MARKS = ("✓", "✗", "→"), ("ok", "!!", "->")


class Observation(Record):
    """The state of one thing, and a remedy that applies unless it is ``ok``.

    ``seconds`` is a measurement: how long a step took, or how far a clock is ahead.
    """

    name: str
    ok: bool
    message: str
    remedy: str = ""
    seconds: float | None = None

    @property
    def needed_remedy(self) -> str:
        return "" if self.ok else self.remedy


def marks_for(encoding: str) -> Sequence[str]:
    """Return marks that a stream of this encoding can show."""
    try:
        "".join(MARKS).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return PLAIN_MARKS
    return MARKS


def text(observations: Iterable[Observation], marks: Sequence[str], width: int | None) -> str:
    """Return one line for each observation, and its remedy below a problem."""
    good, bad, arrow = marks
    rows: list[tuple[str, str]] = []
    for seen in observations:
        rows.append((f"{good if seen.ok else bad} {seen.name}", seen.message))
        if seen.needed_remedy:
            rows.append(("", f"{arrow} {seen.needed_remedy}"))
    return titled(rows, width)


def document(observations: Sequence[Observation]) -> dict[str, object]:
    """Return the JSON document."""
    return {
        "version": VERSION,
        "ok": all(seen.ok for seen in observations),
        "observations": [
            {
                "name": seen.name,
                "ok": seen.ok,
                "message": seen.message,
                "remedy": seen.needed_remedy or None,
                "seconds": seen.seconds,
            }
            for seen in observations
        ],
    }
