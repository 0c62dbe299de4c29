"""``clovrix-env log``: who wrote what in a project, and when."""

from __future__ import annotations

import time

import click

from clovrix_env.cli.common_options import (
    ScopeOptions,
    environment_option_with,
    json_option,
    project_option,
    quiet_option,
    root_option,
    timeout_option,
    with_options,
)
from clovrix_env.cli.events import SECONDS_BETWEEN, show
from clovrix_env.cli.groups import Command
from clovrix_env.cli.history import OWNER
from clovrix_env.cli.output import write_json
from clovrix_env.system.terminal import local_time, one_line, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from clovrix_env.api.messages import LogEvent
    from clovrix_env.cli.entries import Entries

# Version of the document that --json prints.
VERSION = 1
_HEAD = ("TIME", "BY", "ACTION", "ENVIRONMENT", "KEY", "VERSION")
_ACTIONS = {
    "set_entry": "set",
    "set_entries": "set",
    "restore_entry": "restored",
    "delete_entry": "deleted",
    "create_project": "created project",
    "create_environment": "created",
    "prune_versions": "pruned",
}
_MOST = 1000


def _options(command: Any) -> Any:
    environment = environment_option_with("Environment (default: all that the token can access).")
    return with_options(command, (project_option, environment, root_option, timeout_option))


@click.command(cls=Command, epilog="Example: clovrix-env log -p backend --follow")
@click.option(
    "-n",
    "--last",
    type=click.IntRange(1, _MOST),
    default=100,
    metavar="N",
    help="Show the last N events, at most 1,000 (default: 100).",
)
@click.option("--follow", is_flag=True, help="Then show new events until Ctrl-C.")
@_options
@json_option
@quiet_option
def log(last: int, follow: bool, as_json: bool, quiet: bool, **given: Any) -> None:
    """List who wrote what in a project, oldest first, without values.

    BY is the public id of a token, or the owner of the store. With --follow, JSON is one object on
    each line. Only an embedded store has a log.
    """
    from clovrix_env.cli.entries import Entries

    scope = ScopeOptions.taken_from(given)
    with Entries(scope.request(), any_environment=True) as entries:
        project = entries.settings.project
        events = entries.log(scope.environment)[-last:]
        if as_json and not follow:
            shown = [_document(event) for event in events]
            place = {"project": project, "environment": scope.environment}
            write_json({"version": VERSION, **place, "events": shown})
            return
        _show(events, as_json=as_json, head=True)
        if not (events or follow or quiet):
            say("clovrix-env", [f"{one_line(str(project))} has no events"])
        if follow:
            _follow(entries, scope.environment, events, as_json=as_json)


def _follow(
    entries: Entries, environment: str | None, events: Sequence[LogEvent], *, as_json: bool
) -> None:
    after = events[-1].id if events else 0
    while True:
        time.sleep(SECONDS_BETWEEN)
        new = entries.log(environment, after)
        _show(new, as_json=as_json, head=after == 0)
        after = new[-1].id if new else after


def _show(events: Sequence[LogEvent], *, as_json: bool, head: bool) -> None:
    show(events, _HEAD, _row, _document, as_json=as_json, head=head)


def _row(event: LogEvent) -> tuple[str, ...]:
    return (
        local_time(event.at),
        event.token or OWNER,
        _ACTIONS.get(event.action, event.action),
        event.environment or "",
        event.key or "",
        "" if event.version is None else str(event.version),
    )


def _document(event: LogEvent) -> dict[str, object]:
    return {
        "id": event.id,
        "at": event.at,
        "token": event.token,
        "action": event.action,
        "environment": event.environment,
        "key": event.key,
        "version": event.version,
    }
