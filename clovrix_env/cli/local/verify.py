"""``clovrix-env local verify``: open every seal of the store."""

from __future__ import annotations

import sys

import click

from clovrix_env.cli.common_options import json_option, quiet_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.local.where import opened_store
from clovrix_env.cli.output import write, write_json
from clovrix_env.system.terminal import one_line, say

# Version of the document that --json prints.
VERSION = 1
FOUND = 1
REMEDY = "set a damaged value again, roll it back, or restore the store from a backup"


@click.command(cls=Command, epilog="Example: clovrix-env local verify")
@json_option
@quiet_option
def verify(as_json: bool, quiet: bool) -> None:
    """Open every seal of the store, and list what does not open.

    This includes earlier versions and the rights of tokens; no value is shown. The status is 1 if
    something is damaged.
    """
    with opened_store() as store:
        found = store.verify()
    if as_json:
        write_json({"version": VERSION, "problems": found})
    elif found:
        write("\n".join(map(one_line, found)))
    elif not quiet:
        say("clovrix-env", ["every seal opens"])
    if found:
        if not as_json:
            say("clovrix-env", [REMEDY])
        sys.exit(FOUND)
