"""The names of several environments side by side, for ``list``: which values are the same."""

from __future__ import annotations

from clovrix_env.cli.output import bold, columns, kind, write, write_json
from clovrix_env.model.record import Record
from clovrix_env.system.tables import table
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from clovrix_env.cli.entries import Entries

# Version of the document that --json prints.
VERSION = 1
SET, EMPTY, NOT_SET = "set", "empty", "not set"


class Cell(Record):
    """A name in one environment, without its value.

    ``compared_to`` is the first environment that sets the name, ``same`` whether the value is the
    same there; both are ``None`` in that environment, and without a value.
    """

    environment: str
    state: str
    required: bool
    compared_to: str | None = None
    same: bool | None = None

    @property
    def shown(self) -> str:
        if self.same is not None:
            return f"same as {self.compared_to}" if self.same else "differs"
        return f"{self.state}, required" if self.required and self.state != SET else self.state


class Row(Record):
    """A name on Clovrix or in the contract. ``secret`` is ``None`` if it was not fetched."""

    name: str
    secret: bool | None
    declared_secret: bool | None
    cells: tuple[Cell, ...]


def show(places: Sequence[Entries], *, long: bool, as_json: bool, quiet: bool) -> None:
    """Print a row for each name and a column for each environment."""
    held = [place.get_all() for place in places]
    rows = tuple(_rows(places, held, long=long))
    environments = [str(place.settings.environment) for place in places]
    if as_json:
        about = {"project": places[0].settings.project, "environments": environments}
        write_json({"version": VERSION, **about, "names": [_document(row) for row in rows]})
    elif rows:
        head = ("NAME", *environments, "KIND")
        cells = [(r.name, *(cell.shown for cell in r.cells), kind(r.secret)) for r in rows]
        first, _, others = table(head, cells, columns(), environments).partition("\n")
        write(f"{first if first == head[0] else bold(first)}\n{others}")
    elif not quiet:
        say("clovrix-env", ["these environments have no entries, and .clovrix declares none"])


def _rows(
    places: Sequence[Entries], held: Sequence[Mapping[str, str]], *, long: bool
) -> Iterator[Row]:
    contract = places[0].contract
    kinds: dict[str, bool] = {}
    for place, values in zip(places, held):
        # A key has one kind in its whole project: one request for each.
        kinds.update(place.kinds(values.keys() - kinds.keys()) if long else {})
    for name in sorted({*contract.variables, *(name for values in held for name in values)}):
        declared = contract.find(name)
        secret = None if declared is None else declared.secret
        yield Row(name, kinds.get(name), secret, tuple(_cells(name, places, held)))


def _cells(
    name: str, places: Sequence[Entries], held: Sequence[Mapping[str, str]]
) -> Iterator[Cell]:
    first: tuple[str, str] | None = None
    for place, values in zip(places, held):
        environment = str(place.settings.environment)
        declared = place.contract.find(name)
        required = declared is not None and declared.is_required(environment)
        value = values.get(name)
        if not value:
            yield Cell(environment, NOT_SET if value is None else EMPTY, required)
        elif first is None:
            first = environment, value
            yield Cell(environment, SET, required)
        else:
            yield Cell(environment, SET, required, first[0], value == first[1])


def _document(row: Row) -> dict[str, object]:
    return {
        "name": row.name,
        "secret": row.secret,
        "declared_secret": row.declared_secret,
        "environments": [
            {
                "environment": cell.environment,
                "state": cell.state,
                "required": cell.required,
                "compared_to": cell.compared_to,
                "same": cell.same,
            }
            for cell in row.cells
        ],
    }
