"""One thing that was looked at, and all of them as people and programs read them. Pure."""

from __future__ import annotations

from clovrix_env.model.record import Record
from clovrix_env.system.tables import titled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Of the document, whose form `docs/how-to/doctor.md` describes.
VERSION = 2
# Before what is well, before what is not, and before what helps.
MARKS, PLAIN_MARKS = ("✓", "✗", "→"), ("ok", "!!", "->")


class Observation(Record):
    """What was looked at, whether it is as it should be, and what helps where it is not.

    ``seconds`` is what was measured: how long it took, or how far a clock is ahead.
    """

    about: str
    well: bool
    told: str
    remedy: str = ""
    seconds: float | None = None

    @property
    def needed_remedy(self) -> str:
        return "" if self.well else self.remedy


def marks_for(encoding: str) -> Sequence[str]:
    """The marks that a stream of this encoding can show."""
    try:
        "".join(MARKS).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return PLAIN_MARKS
    return MARKS


def text(observations: Iterable[Observation], marks: Sequence[str], width: int | None) -> str:
    """A line each, and one with the remedy below what is not well."""
    well, ill, helps = marks
    rows: list[tuple[str, str]] = []
    for seen in observations:
        rows.append((f"{well if seen.well else ill} {seen.about}", seen.told))
        if seen.needed_remedy:
            rows.append(("", f"{helps} {seen.needed_remedy}"))
    return titled(rows, width)


def document(observations: Sequence[Observation]) -> dict[str, object]:
    """The same for programs."""
    return {
        "version": VERSION,
        "ok": all(seen.well for seen in observations),
        "observations": [
            {
                "name": seen.about,
                "ok": seen.well,
                "message": seen.told,
                "remedy": seen.needed_remedy or None,
                "seconds": seen.seconds,
            }
            for seen in observations
        ],
    }
