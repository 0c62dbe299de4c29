"""Explains an environment: the source of each name, the sources it hides, and the names left out.

It describes a finished resolution and decides nothing. It contains values, and shows them only on
request.
"""

from __future__ import annotations

from clovrix_env.model.ages import shown_age
from clovrix_env.model.record import Record
from clovrix_env.resolution import notes
from clovrix_env.system.tables import html_table, table, wrapped
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from clovrix_env.contract.variable import Variable
    from clovrix_env.model.layer import Location
    from clovrix_env.resolution.load_report import Declarations, Dropped, LoadReport
    from clovrix_env.resolution.precedence import ValueOrigin

    Document = dict[str, Any]

# The version of the document that `docs/reference/explain.md` describes.
VERSION = 1
WIDTH = 80
_TITLE = 9


class Explained(Record, hidden=("value",)):
    """One name: its value, the origin of that, and notes.

    ``age`` is that of a cached value in seconds; ``None`` for any other value.
    """

    name: str
    value: str
    origin: ValueOrigin
    secret: bool
    type: str | None
    description: str
    age: float | None
    notes: tuple[str, ...]


class Explanation(Record):
    """The origin of every name. ``str()`` returns it as a table of 80 columns."""

    report: LoadReport
    names: tuple[Explained, ...]

    def __str__(self) -> str:
        return self.text()

    def only(self, name: str) -> Explanation:
        """Return the explanation of one name. Raises ``KeyError`` if the name is unknown."""
        names = tuple(explained for explained in self.names if explained.name == name)
        how = self.report
        dropped = tuple(left for left in how.dropped if left.name == name)
        unset = tuple(declared for declared in how.unset if declared == name)
        if not (names or dropped or unset):
            raise KeyError(name)
        return Explanation(how.replaced(dropped=dropped, unset=unset, notes=()), names)

    def without(self, dropped: Iterable[Dropped]) -> Explanation:
        """Return the explanation with more names that an entry point leaves out."""
        how = self.report
        return self.replaced(report=how.replaced(dropped=(*how.dropped, *dropped)))

    def document(self, *, reveal: bool = False) -> Document:
        """Return the explanation as JSON types; ``value`` is ``None`` without ``reveal``."""
        how = self.report
        return {
            "version": VERSION,
            "root": {"path": how.root, "why": how.why},
            "project": how.project,
            "environment": how.environment,
            "address": how.address,
            "variables": [_variable(explained, reveal) for explained in self.names],
            "unset": list(how.unset),
            "dropped": [
                {"name": left.name, "place": left.place, "why": left.why} for left in how.dropped
            ],
            "notes": list(how.notes),
        }

    def text(self, *, width: int | None = WIDTH, reveal: bool = False) -> str:
        """Return a table of at most ``width`` columns, readable from 40; ``None`` wraps nothing."""
        parts = [_hanging(self._head(), width)]
        parts += [table(*content, width) for content in self._tables(reveal)]
        parts += [_hanging(self._unset(), width), _hanging(self._notes(), width)]
        return "\n\n".join(filter(None, parts))

    def html(self) -> str:
        """Return the table as HTML, which notebooks show. It never contains a value."""
        lines = [*self._head(), *self._unset(), *self._notes()]
        tables = [html_table(*content) for content in self._tables(reveal=False)]
        return "\n".join([*tables, html_table(("ABOUT", ""), lines)])

    def _repr_html_(self) -> str:
        return self.html()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.text())

    def _head(self) -> Iterator[tuple[str, str]]:
        how = self.report
        if how.root:
            yield "root", f"{how.root} ({how.why})"
        place = "/".join(filter(None, (how.project, how.environment)))
        if place:
            yield "environment" if how.environment else "project", place
        if how.address:
            yield "address", how.address

    def _tables(self, reveal: bool) -> Iterator[tuple[Sequence[str], Sequence[Sequence[str]]]]:
        """The head and the rows of each table that has rows."""
        if self.names:
            rows = [_row(explained, reveal) for explained in self.names]
            yield ("NAME", "VALUE", "FROM", "HIDES"), rows
        if self.report.dropped:
            left_out = [(left.name, left.place, left.why) for left in self.report.dropped]
            yield ("LEFT OUT", "FROM", "WHY"), left_out

    def _unset(self) -> Iterator[tuple[str, str]]:
        if self.report.unset:
            yield "not set", ", ".join(self.report.unset)

    def _notes(self) -> Iterator[tuple[str, str]]:
        for note in self.report.notes:
            yield "note", note
        for explained in self.names:
            for note in explained.notes:
                yield "note", f"{explained.name} {note}"


def explanation_of(
    values: Mapping[str, str],
    origins: Mapping[str, ValueOrigin],
    declarations: Declarations,
    report: LoadReport,
) -> Explanation:
    """Explain resolved values, in alphabetical order of names."""
    return Explanation(
        report,
        tuple(
            _explained(name, values[name], origins[name], declarations.find(name), report)
            for name in sorted(values)
        ),
    )


def _explained(
    name: str,
    value: str,
    origin: ValueOrigin,
    declared: Variable | None,
    report: LoadReport,
) -> Explained:
    return Explained(
        name,
        value,
        origin,
        secret=declared is None or declared.secret,
        type=None if declared is None else declared.type,
        description="" if declared is None else declared.description,
        age=report.ages.get(origin.source),
        notes=tuple(notes.about(name, value, origin, report.services)),
    )


def _variable(explained: Explained, reveal: bool) -> Document:
    origin = explained.origin
    return {
        "name": explained.name,
        "value": explained.value if reveal else None,
        "from": _place(origin.place),
        "age": explained.age,
        "hides": [_place(place) for place in origin.hid],
        "type": explained.type,
        "secret": explained.secret,
        "description": explained.description,
        "notes": list(explained.notes),
    }


def _place(place: Location) -> Document:
    return {"kind": place.kind, "source": place.source, "line": place.line or None}


def _row(explained: Explained, reveal: bool) -> tuple[str, str, str, str]:
    origin = explained.origin
    value = (explained.value or '""') if reveal else ""
    age = "" if explained.age is None else f", {shown_age(explained.age)} ago"
    return explained.name, value, f"{origin.place}{age}", ", ".join(map(str, origin.hid))


def _hanging(lines: Iterable[tuple[str, str]], width: int | None) -> str:
    """Return each line as ``title  text``, with further lines aligned below the text."""
    lines = [*lines]
    title_width = max([_TITLE, *(len(title) + 2 for title, _ in lines)])
    most = None if width is None else width - title_width
    shown: list[str] = []
    for title, text in lines:
        first, *rest = wrapped(one_line(text), most) or [""]
        shown += [
            f"{title:<{title_width}}{first}",
            *(f"{'':<{title_width}}{line}" for line in rest),
        ]
    return "\n".join(shown)
