"""``clovrix-env import``: what files hold, written to Clovrix; only what differs is."""

from __future__ import annotations

import shutil
import sys

import click

from clovrix_env.api import limits
from clovrix_env.api.messages import WriteItem
from clovrix_env.cli import asking
from clovrix_env.cli.common_options import (
    Command,
    ScopeOptions,
    json_option,
    quiet_option,
    scope_options,
)
from clovrix_env.cli.importing import (
    CHANGED,
    FORMATS,
    NEW,
    SAME,
    Change,
    changes,
    equal_to_local,
    read,
)
from clovrix_env.cli.output import columns, on_terminal, write, write_json
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.resolution.guard import refusal_reason
from clovrix_env.sources import local_files
from clovrix_env.system.tables import table
from clovrix_env.system.terminal import is_dumb, one_line, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from clovrix_env.cli.entries import Entries

# Of the document that --json prints.
VERSION = 1
NO = 1
# Columns of the bar, and of what stands before and behind it: a bar that the terminal wraps is
# written again and again.
_WIDEST_BAR, _BESIDE_BAR = 36, 20


@click.command(
    "import", cls=Command, epilog="Example: clovrix-env import .env -p backend -e staging"
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    help="What the files are, where .json, .yaml or .yml does not say it.",
)
@click.option("--plain", is_flag=True, help="Make new keys plain that .clovrix does not declare.")
@click.option("--all", "shows_same", is_flag=True, help="Tell names that are the same, too.")
@click.option("--dry-run", is_flag=True, help="Tell what would be written, and write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Write without asking.")
@scope_options
@json_option
@quiet_option
def import_(
    files: tuple[str, ...],
    kind: str | None,
    plain: bool,
    shows_same: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Write what each FILE holds to Clovrix: .env files, JSON, or YAML; - is stdin.

    Tells first which names are new or changed, and never a value; then asks. Only what differs is
    written, 100 at a time, each time all or none: an import that was ended goes on where it was.
    A new key is secret unless .clovrix declares `secret = false` or --plain is given, and stays so
    for ever. `${NAME}` is expanded by what the files themselves say. Status 1 where the answer was
    no.
    """
    from clovrix_env.cli.entries import Entries

    if as_json and not (yes or dry_run):
        raise click.UsageError("--json asks nothing: give --yes or --dry-run")
    found = read(files, kind)
    with Entries(ScopeOptions.taken_from(given).request()) as entries:
        if not dry_run:
            entries.check_writable()
        held = entries.get_all()
        there = changes(found, held)
        _check_room(there, len(held), entries.name)
        where = one_line(entries.name)
        run = _Import(entries, there, files, plain)
        if not as_json and not quiet:
            run.tell(shows_same=shows_same)
        if not dry_run and run.todo:
            if not yes:
                _ask(run, where)
            run.write(quiet=quiet)
        if as_json:
            run.tell_json(written=not dry_run)
        elif not quiet and not dry_run and run.todo:
            write(f"{len(run.todo)} written to {where}")


class _Import:
    """What is to be written to one place, and the writing of it."""

    def __init__(
        self, entries: Entries, there: Sequence[Change], paths: Sequence[str], plain: bool
    ) -> None:
        self._entries = entries
        self._there = there
        self._paths = paths
        self._plain = plain
        self.todo = [change for change in there if change.state != SAME]

    def tell(self, *, shows_same: bool) -> None:
        """The difference as a table, and in numbers."""
        rows = [
            (change.name, change.state, self._told_secrecy(change), str(change.place))
            for change in self._there
            if shows_same or change.state != SAME
        ]
        if rows:
            write(table(("NAME", "STATE", "MADE", "FROM"), rows, columns()))
        new, changed, same = (
            sum(change.state == state for change in self._there) for state in (NEW, CHANGED, SAME)
        )
        place = one_line(self._entries.name)
        write(f"{place}: {new} new, {changed} changed, {same} the same")
        say("clovrix-env", self._notes())

    def tell_json(self, *, written: bool) -> None:
        settings = self._entries.settings
        names = [
            {
                "name": change.name,
                "state": change.state,
                "secret": self._is_secret(change),
                "from": str(change.place),
            }
            for change in self._there
        ]
        place = {"project": settings.project, "environment": settings.environment}
        count = len(self.todo) if written else 0
        write_json({"version": VERSION, **place, "names": names, "written": count})

    def write(self, *, quiet: bool) -> None:
        """Write what differs, at most 100 at a time; each batch is written whole or not at all."""
        shows = on_terminal(sys.stderr) and not is_dumb() and not quiet
        if not shows or len(self.todo) <= limits.BULK_ITEMS:
            for batch in self._batches():
                self._entries.set_many(batch)
            return
        width = min(_WIDEST_BAR, shutil.get_terminal_size().columns - _BESIDE_BAR)
        with click.progressbar(
            length=len(self.todo), label="writing", width=width, show_eta=False, file=sys.stderr
        ) as bar:
            for batch in self._batches():
                bar.update(self._entries.set_many(batch))

    def _batches(self) -> Iterator[list[WriteItem]]:
        for at in range(0, len(self.todo), limits.BULK_ITEMS):
            yield [
                WriteItem(change.name, change.value, self._is_secret(change))
                for change in self.todo[at : at + limits.BULK_ITEMS]
            ]

    def _is_secret(self, change: Change) -> bool | None:
        """What a new key is made as; ``None`` for one that is there, which cannot be changed."""
        if change.state != NEW:
            return None
        declared = self._entries.contract.find(change.name) is not None
        return self._entries.is_secret_at_first(change.name) if declared else not self._plain

    def _told_secrecy(self, change: Change) -> str:
        secret = self._is_secret(change)
        return "" if secret is None else "secret" if secret else "plain"

    def _notes(self) -> Iterator[str]:
        settings = self._entries.settings
        allowed = settings.allow.union(settings.declared.allow)
        for change in self.todo:
            does = refusal_reason(change.name)
            if does is not None and change.name not in allowed:
                yield (
                    f"{change.name} {does}: a start refuses it from Clovrix "
                    "unless [guard] allow in .clovrix names it"
                )
        for file, names in equal_to_local(self.todo, self._local_files(), self._paths):
            yield (
                f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} the same value as in "
                f"{file}: check that it is meant for {self._entries.name}"
            )

    def _local_files(self) -> Iterator[tuple[str, str]]:
        """The files of this place and of the one where people work, read there or not."""
        here = self._entries.settings
        usual = here.replaced(environment=here.declared.default_environment)
        found = [*local_files.default_files(usual), *local_files.default_files(here)]
        yield from dict.fromkeys(found)


def _check_room(there: Sequence[Change], held: int, name: str) -> None:
    """Refuse more than a project can hold, before some of it is written."""
    together = held + sum(change.state == NEW for change in there)
    if together > limits.PROJECT_ENTRIES:
        raise ClovrixConfigError(
            f"{name} would have {together} entries; a project takes {limits.PROJECT_ENTRIES}",
            "import fewer, or into several projects (extends)",
        )


def _ask(run: _Import, name: str) -> None:
    question = f"Write {len(run.todo)} to {name}?"
    if not asking.somebody_is_there():
        raise click.UsageError(f"{question} {asking.why_nobody()}; give --yes")
    if not asking.yes(question, default=False):
        say("clovrix-env", ["nothing was written"])
        sys.exit(NO)
