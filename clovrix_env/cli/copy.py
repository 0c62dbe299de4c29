"""``clovrix-env copy``: write the values of one environment to another, only those that differ."""

from __future__ import annotations

import sys

import click

from clovrix_env.api.messages import WriteItem
from clovrix_env.cli import asking
from clovrix_env.cli.batches import check_room, write_batches
from clovrix_env.cli.common_options import (
    ScopeOptions,
    json_option,
    offers,
    project_option,
    quiet_option,
    root_option,
    timeout_option,
    with_options,
    yes_option,
)
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import columns, kind, write, write_headed, write_json, write_sentence
from clovrix_env.model.record import Record
from clovrix_env.settings.globs import globs_of
from clovrix_env.system.process import argument_text
from clovrix_env.system.tables import table
from clovrix_env.system.terminal import one_line, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from clovrix_env.cli.entries import Entries

# Version of the document that --json prints.
VERSION = 1
OTHER_KIND = 1
MISSING, DIFFERS, SAME = "missing", "differs", "same"


class Pair(Record, hidden=("value",)):
    """A name of the source and its state in the target.

    ``secret`` is its kind in the project of the source. It is ``None`` within one project, where a
    key has one kind. ``target_secret`` is its kind in the other project, if that is known.
    """

    name: str
    value: str
    state: str
    writes: bool
    secret: bool | None = None
    target_secret: bool | None = None

    @property
    def is_of_other_kind(self) -> bool:
        return self.target_secret is not None and self.target_secret != self.secret


def _options(command: Any) -> Any:
    return with_options(command, (project_option, root_option, timeout_option))


@click.command(cls=Command, epilog="Example: clovrix-env copy staging production --only 'DB_*'")
@click.argument("source", type=argument_text, metavar="FROM", shell_complete=offers("environments"))
@click.argument("target", type=argument_text, metavar="TO", shell_complete=offers("environments"))
@click.option(
    "--to-project",
    type=argument_text,
    metavar="PROJECT",
    shell_complete=offers("projects"),
    help="Project of TO (default: the project of FROM).",
)
@click.option(
    "--only", multiple=True, metavar="GLOB", help="Copy only names that match. Repeatable."
)
@click.option(
    "--exclude", multiple=True, metavar="GLOB", help="Leave out names that match. Repeatable."
)
@click.option(
    "--missing-only", is_flag=True, help="Copy only names that TO does not set; replace no value."
)
@click.option("--all", "shows_same", is_flag=True, help="Also list names with the same value.")
@click.option("--dry-run", is_flag=True, help="List the differences without writing them.")
@yes_option
@_options
@json_option
@quiet_option
def copy(
    source: str,
    target: str,
    to_project: str | None,
    shows_same: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Copy the values of environment FROM to environment TO, as they are stored on Clovrix.

    Lists the names that TO does not set or that differ, without values, and asks before writing.
    Only values that differ are written, in batches of 100, each of them whole or not at all: run an
    interrupted copy again to complete it. Names that only TO sets stay as they are. Files, extended
    projects and [select] are not used. In another project a new key gets the kind that it has in
    the project of FROM.

    The status is 1 if the answer is no, or if a key is of the other kind in the other project.
    """
    from clovrix_env.cli.entries import Entries

    if not (yes or dry_run):
        asking.check_json(as_json, "--yes or --dry-run")
    selection = {name: given.pop(name) for name in ("only", "exclude", "missing_only")}
    scope = ScopeOptions.taken_from({**given, "environment": source})
    with Entries(scope.request()) as entries:
        other = entries.elsewhere(
            entries.settings.project if to_project is None else to_project, target
        )
        if other.name == entries.name:
            raise click.UsageError("FROM and TO are the same environment")
        if not dry_run:
            other.check_writable()
        run = _Copy(entries, other, **selection)
        if not as_json and not quiet:
            run.show(shows_same=shows_same)
        if not dry_run and run.todo:
            where = one_line(other.name)
            asking.confirm(f"Write {len(run.todo)} to {where}?", skip=yes)
            run.write(quiet=quiet)
            if not as_json and not quiet:
                write(f"{len(run.todo)} written to {where}")
        if as_json:
            run.show_json(written=not dry_run)
    sys.exit(OTHER_KIND if run.tell_other_kinds() else 0)


class _Copy:
    """The difference of two environments, and its writing."""

    def __init__(
        self,
        source: Entries,
        target: Entries,
        only: tuple[str, ...],
        exclude: tuple[str, ...],
        missing_only: bool,
    ) -> None:
        self._source = source
        self._target = target
        self._goes_to_other_project = source.settings.project != target.settings.project
        values = {
            name: value
            for name, value in sorted(source.get_all().items())
            if (not only or globs_of(only).first(name))
            and not (exclude and globs_of(exclude).first(name))
        }
        held = target.get_readable()
        self._pairs = tuple(self._compared(values, held, missing_only))
        self.todo = [pair for pair in self._pairs if pair.writes]
        if self._goes_to_other_project:
            check_room(target, len(held), len(values.keys() - held.keys()))

    def _compared(
        self, values: Mapping[str, str], held: Mapping[str, str | None], missing_only: bool
    ) -> Iterator[Pair]:
        kinds, target_kinds = {}, {}
        if self._goes_to_other_project:
            kinds = self._source.kinds(values)
            readable = [name for name in values if held.get(name) is not None]
            target_kinds = self._target.kinds(readable)
        for name, value in values.items():
            state = MISSING if name not in held else SAME if held[name] == value else DIFFERS
            writes = state == MISSING or (state == DIFFERS and not missing_only)
            yield Pair(name, value, state, writes, kinds.get(name), target_kinds.get(name))

    def show(self, *, shows_same: bool) -> None:
        """Print the difference as a table, and its numbers."""
        rows = [
            (pair.name, _state(pair), self._kinds(pair))
            for pair in self._pairs
            if shows_same or pair.state != SAME
        ]
        if rows:
            write_headed(table(("NAME", "STATE", "KIND"), rows, columns()))
        missing, differs, same = (
            sum(pair.state == state for pair in self._pairs) for state in (MISSING, DIFFERS, SAME)
        )
        place = one_line(self._target.name)
        write_sentence(f"{place}: {missing} new, {differs} different, {same} the same")

    def _kinds(self, pair: Pair) -> str:
        if pair.is_of_other_kind:
            project = one_line(str(self._target.settings.project))
            return f"{kind(pair.secret)}, but {kind(pair.target_secret)} in {project}"
        return kind(pair.secret)

    def show_json(self, *, written: bool) -> None:
        names = [
            {
                "name": pair.name,
                "state": pair.state,
                "secret": pair.secret,
                "target_secret": pair.target_secret,
                "selected": pair.writes,
            }
            for pair in self._pairs
        ]
        places = {"from": self._source.document, "to": self._target.document}
        count = len(self.todo) if written else 0
        write_json({"version": VERSION, **places, "names": names, "written": count})

    def write(self, *, quiet: bool) -> None:
        """Write the difference. Afterwards the kinds of new keys are known, too."""
        items = [
            WriteItem(pair.name, pair.value, pair.secret if pair.state == MISSING else None)
            for pair in self.todo
        ]
        write_batches(self._target, items, quiet=quiet)
        if self._goes_to_other_project:
            # A key may exist in another environment of the project: it can be fetched only now.
            kinds = self._target.kinds([pair.name for pair in self.todo if pair.state == MISSING])
            self._pairs = tuple(
                pair.replaced(target_secret=kinds.get(pair.name, pair.target_secret))
                for pair in self._pairs
            )

    def tell_other_kinds(self) -> bool:
        """Report the keys that have the other kind in the other project; whether there are any."""
        others = [pair for pair in self._pairs if pair.is_of_other_kind]
        for secret in (True, False):
            names = [pair.name for pair in others if pair.secret is secret]
            if names:
                was, now = kind(secret), kind(not secret)
                say(
                    "clovrix-env",
                    [
                        f"{', '.join(names)}: {was} in {self._source.settings.project}, but "
                        f"{now} in {self._target.settings.project}, which cannot be changed"
                    ],
                )
        return bool(others)


def _state(pair: Pair) -> str:
    if pair.state == MISSING:
        return "new"
    return f"{pair.state}, not copied" if pair.state == DIFFERS and not pair.writes else pair.state
