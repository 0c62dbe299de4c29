"""``clovrix-env local audit``: show the audit of the store, and verify its chains."""

from __future__ import annotations

import os
import sys
import time

import click

from clovrix_env.cli import asking
from clovrix_env.cli.common_options import (
    checked_age,
    json_option,
    offers,
    quiet_option,
    yes_option,
)
from clovrix_env.cli.events import SECONDS_BETWEEN, show
from clovrix_env.cli.groups import Family
from clovrix_env.cli.history import OWNER
from clovrix_env.cli.local.prune import compacted
from clovrix_env.cli.local.verify import FOUND
from clovrix_env.cli.local.where import opened_store, opener, store_location
from clovrix_env.cli.output import write, write_json
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import audit_log, audit_prune
from clovrix_env.system.process import argument_text
from clovrix_env.system.terminal import local_time, one_line, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clovrix_env.store.audit_log import AuditEvent
    from clovrix_env.store.database import Database

# Version of the documents that --json prints.
VERSION = 1
_HEAD = ("TIME", "BY", "ACTION", "PLACE", "KEY", "VERSION", "STATUS")
_MOST = 100_000
_REMEDY = "find out who could write to the store, and compare its audit with that of a backup"


class _Audit(Family):
    """A family that lists the audit unless another command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = (*self.commands, *ctx.help_option_names)
        if not ctx.resilient_parsing and (not args or args[0] not in known):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Audit, epilog="Example: clovrix-env local audit backend --follow")
def audit() -> None:
    """Show or verify the audit: who did what in the store, and when.

    Without a command, `list`.
    """


@audit.command("list", epilog="Example: clovrix-env local audit backend --follow")
@click.argument("project", required=False, type=argument_text, shell_complete=offers("projects"))
@click.option(
    "-n",
    "--last",
    type=click.IntRange(1, _MOST),
    default=100,
    metavar="N",
    help="Show the last N events (default: 100).",
)
@click.option("--follow", is_flag=True, help="Then show new events until Ctrl-C.")
@json_option
@quiet_option
def list_events(project: str | None, last: int, follow: bool, as_json: bool, quiet: bool) -> None:
    """List every write and every act on a token, oldest first, without values.

    PROJECT limits the list to one project. BY is a token, or the owner of the store. Reads are
    listed if `clovrix-env serve --audit-reads` answered them. With --follow, JSON is one object on
    each line.
    """
    with opened_store() as store:
        if project is not None and project not in store.projects():
            raise ClovrixConfigError(
                f"the store has no project '{one_line(project)}'",
                "run clovrix-env local project list for the names",
            )
        database, _ = store.parts
        events, seen = audit_log.newest(database, project, last)
        if as_json and not follow:
            write_json({"version": VERSION, "events": [_document(event) for event in events]})
            return
        _show(events, as_json=as_json, head=True)
        if not (events or follow or quiet):
            say("clovrix-env", ["the audit has no events"])
        if follow:
            _follow(database, project, seen, as_json=as_json, head=not events)


def _follow(
    database: Database, project: str | None, seen: dict[int, int], *, as_json: bool, head: bool
) -> None:
    while True:
        time.sleep(SECONDS_BETWEEN)
        events, seen = audit_log.since(database, project, seen)
        _show(events, as_json=as_json, head=head)
        head = head and not events


def _show(events: Sequence[AuditEvent], *, as_json: bool, head: bool) -> None:
    show(events, _HEAD, _row, _document, as_json=as_json, head=head)


def _row(event: AuditEvent) -> tuple[str, ...]:
    by = event.token or OWNER
    return (
        local_time(event.at),
        f"{event.token_name} ({by})" if event.token_name else by,
        event.action,
        "/".join(filter(None, (event.project, event.environment))),
        event.key or "",
        "" if event.version is None else str(event.version),
        str(event.status),
    )


def _document(event: AuditEvent) -> dict[str, object]:
    """An event as the documents have it."""
    return {
        "id": event.id,
        "at": event.at,
        "token": event.token,
        "token_name": event.token_name,
        "action": event.action,
        "project": event.project,
        "environment": event.environment,
        "key": event.key,
        "version": event.version,
        "status": event.status,
    }


@audit.command(epilog="Example: clovrix-env local audit verify")
@json_option
@quiet_option
def verify(as_json: bool, quiet: bool) -> None:
    """Verify the chains of the audit, one for each project and one for the store.

    Lists the first row of each chain that was changed, removed, inserted or moved. The status is 1
    if there is one. Rows that `local audit prune` removed are counted for each project.
    """
    with opened_store() as store:
        found = list(audit_log.problems(*store.parts))
        pruned = audit_prune.pruned(store.parts[0])
    if as_json:
        write_json({"version": VERSION, "problems": found, "pruned": pruned})
    elif found:
        write("\n".join(map(one_line, found)))
        say("clovrix-env", [_REMEDY])
    elif not quiet:
        for project, count in pruned.items():
            write(f"the audit of {one_line(project)}: the first {count} rows were pruned")
        say("clovrix-env", [f"the audit is {'unchanged' if pruned else 'complete and unchanged'}"])
    if found:
        sys.exit(FOUND)


@audit.command(epilog="Example: clovrix-env local audit prune --older-than 90d")
@click.option(
    "--older-than",
    "age",
    required=True,
    metavar="AGE",
    callback=checked_age,
    help="Remove rows that are older, such as 90d or 12h.",
)
@yes_option
@json_option
@quiet_option
def prune(age: int, yes: bool, as_json: bool, quiet: bool) -> None:
    """Remove the oldest rows from the audit of each project, and make the file smaller.

    What stays can still be verified, and shows how many rows were removed. `clovrix-env log` does
    not list them any more. Acts on projects, tokens and keys stay, and so do all values. The status
    is 1 if the answer is no.
    """
    if not yes:
        asking.check_json(as_json, "--yes")
    before = int(time.time()) - age
    location = store_location(os.environ)
    with opener(location)() as store:
        database, keys = store.parts
        found = audit_prune.prunable(database, before)
        if found:
            asking.confirm(f"Remove {_counted(found)} from the audit?", skip=yes)
            found = audit_prune.prune(database, keys, before)
        freed = compacted(store, location)
    if as_json:
        write_json({"version": VERSION, "pruned": found, "bytes_freed": freed})
    elif not quiet:
        write(f"removed {_counted(found)}" if found else "nothing to remove")


def _counted(found: Mapping[str, int]) -> str:
    rows, projects = sum(found.values()), len(found)
    return f"{rows} row{'s' * (rows > 1)} of {projects} project{'s' * (projects > 1)}"
