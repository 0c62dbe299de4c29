"""``clovrix-env local migrate``: convert the store to the current format."""

from __future__ import annotations

import os

import click

from clovrix_env.cli.common_options import json_option, quiet_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.local.where import opener, store_location, wait_for
from clovrix_env.cli.output import write_json
from clovrix_env.system.terminal import say

# Version of the document that --json prints.
VERSION = 1


@click.command(cls=Command, epilog="Example: clovrix-env local migrate")
@json_option
@quiet_option
def migrate(as_json: bool, quiet: bool) -> None:
    """Convert the store to the format of this version of clovrix-env.

    A store in a file is also converted by the first write. A store in PostgreSQL is converted only
    by this command: run it before the servers of a new version, or at the same time. It waits up to
    60 seconds for the database. If they connect through a pooler, use --store with the address of
    the database itself.
    """
    location = store_location(os.environ)
    wait_for(location)
    with opener(location)() as store:
        before = store.format
        store.migrate()
        now = store.format
    if as_json:
        write_json({"version": VERSION, "from": before, "format": now})
    elif not quiet:
        done = f"has format {now}" if now == before else f"was converted to format {now}"
        say("clovrix-env", [f"the store {done}"])
