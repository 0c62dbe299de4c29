"""``clovrix-env import``: write the values of files to Clovrix, only those that differ."""

from __future__ import annotations

import click

from clovrix_env.api.messages import WriteItem
from clovrix_env.cli import asking
from clovrix_env.cli.batches import check_room, write_batches
from clovrix_env.cli.common_options import (
    ScopeOptions,
    json_option,
    offers,
    quiet_option,
    scope_options,
    yes_option,
)
from clovrix_env.cli.groups import Command
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
from clovrix_env.cli.output import columns, kind, write, write_headed, write_json, write_sentence
from clovrix_env.sources import local_files
from clovrix_env.system.tables import table
from clovrix_env.system.terminal import one_line, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from clovrix_env.cli.entries import Entries

# Version of the document that --json prints.
VERSION = 1


@click.command(
    "import", cls=Command, epilog="Example: clovrix-env import .env -p backend -e staging"
)
@click.argument("files", metavar="FILE…", nargs=-1, required=True, shell_complete=offers("file"))
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    help="Format of the files (default: json or yaml by their extension, otherwise dotenv).",
)
@click.option(
    "--plain",
    is_flag=True,
    help="Create new keys that .clovrix does not declare as plain (default: secret).",
)
@click.option("--all", "shows_same", is_flag=True, help="Also list names with the same value.")
@click.option("--dry-run", is_flag=True, help="List the changes without writing them.")
@yes_option
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
    """Write the values of each FILE to Clovrix: .env files, JSON or YAML; - is stdin.

    Lists the names that are new or changed, without values, and asks before writing. Only values
    that differ are written, in batches of 100, each of them whole or not at all: run an interrupted
    import again to complete it. A new key is secret unless .clovrix declares `secret = false` or
    --plain is given, and this cannot be changed later. `${NAME}` is expanded from the files alone.
    The status is 1 if the answer is no.
    """
    from clovrix_env.cli.entries import Entries

    if not (yes or dry_run):
        asking.check_json(as_json, "--yes or --dry-run")
    found = read(files, kind)
    with Entries(ScopeOptions.taken_from(given).request()) as entries:
        if not dry_run:
            entries.check_writable()
        held = entries.get_readable()
        there = changes(found, held)
        check_room(entries, len(held), sum(change.state == NEW for change in there))
        where = one_line(entries.name)
        run = _Import(entries, there, files, plain)
        if not as_json and not quiet:
            run.show(shows_same=shows_same)
        if not dry_run and run.todo:
            asking.confirm(f"Write {len(run.todo)} to {where}?", skip=yes)
            run.write(quiet=quiet)
        if as_json:
            run.show_json(written=not dry_run)
        elif not quiet and not dry_run and run.todo:
            write(f"{len(run.todo)} written to {where}")


class _Import:
    """The changes to write to an environment, and their writing."""

    def __init__(
        self, entries: Entries, there: Sequence[Change], paths: Sequence[str], plain: bool
    ) -> None:
        self._entries = entries
        self._there = there
        self._paths = paths
        self._plain = plain
        self.todo = [change for change in there if change.state != SAME]

    def show(self, *, shows_same: bool) -> None:
        """Print the changes as a table, and their numbers."""
        rows = [
            (change.name, change.state, self._kind(change), str(change.place))
            for change in self._there
            if shows_same or change.state != SAME
        ]
        if rows:
            write_headed(table(("NAME", "STATE", "KIND", "FROM"), rows, columns()))
        new, changed, same = (
            sum(change.state == state for change in self._there) for state in (NEW, CHANGED, SAME)
        )
        place = one_line(self._entries.name)
        write_sentence(f"{place}: {new} new, {changed} changed, {same} unchanged")
        say("clovrix-env", self._notes())

    def show_json(self, *, written: bool) -> None:
        names = [
            {
                "name": change.name,
                "state": change.state,
                "secret": self._is_secret(change),
                "from": str(change.place),
            }
            for change in self._there
        ]
        count = len(self.todo) if written else 0
        about = {"names": names, "written": count}
        write_json({"version": VERSION, **self._entries.document, **about})

    def write(self, *, quiet: bool) -> None:
        """Write the changes in batches of at most 100, each of them whole or not at all."""
        items = [WriteItem(each.name, each.value, self._is_secret(each)) for each in self.todo]
        write_batches(self._entries, items, quiet=quiet)

    def _is_secret(self, change: Change) -> bool | None:
        """Whether a new key is secret; ``None`` for an existing key, which stays as it is."""
        if change.state != NEW:
            return None
        declared = self._entries.contract.find(change.name) is not None
        return self._entries.is_secret_at_first(change.name) if declared else not self._plain

    def _kind(self, change: Change) -> str:
        return kind(self._is_secret(change))

    def _notes(self) -> Iterator[str]:
        for change in self.todo:
            yield from self._entries.warnings(change.name, change.value)
        for file, names in equal_to_local(self.todo, self._local_files(), self._paths):
            yield (
                f"{', '.join(names)} {'has' if len(names) == 1 else 'have'} the same value as in "
                f"{file}: check that it is meant for {self._entries.name}"
            )

    def _local_files(self) -> Iterator[tuple[str, str]]:
        """The default files of this environment and of the default environment."""
        here = self._entries.settings
        usual = here.replaced(environment=here.declared.default_environment)
        found = [*local_files.default_files(usual), *local_files.default_files(here)]
        yield from dict.fromkeys(found)
