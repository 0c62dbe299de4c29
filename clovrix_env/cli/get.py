"""``clovrix-env get``: print one value verbatim."""

from __future__ import annotations

import sys

import click

from clovrix_env.cli.common_options import (
    ScopeOptions,
    checked_key,
    json_option,
    offers,
    scope_options,
)
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import on_terminal, write, write_json
from clovrix_env.system.terminal import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Version of the document that --json prints.
VERSION = 1


@click.command(cls=Command, epilog="Example: clovrix-env get DATABASE_URL -e production")
@click.argument("key", callback=checked_key, shell_complete=offers("names"))
@click.option("-n", "--no-newline", is_flag=True, help="Print no newline after the value.")
@scope_options
@json_option
def get(key: str, no_newline: bool, as_json: bool, **given: Any) -> None:
    """Print the value of KEY as stored on Clovrix.

    A terminal shows control characters as escapes; a pipe or a file gets the value verbatim.
    Files, extended projects and the process environment are not read: clovrix-env explain shows
    the values that a program gets.
    """
    from clovrix_env.cli.entries import Entries

    with Entries(ScopeOptions.taken_from(given).request()) as entries:
        entry = entries.get(key)
    if as_json:
        about = {"key": entry.key, "value": entry.value, "is_secret": entry.is_secret}
        write_json({"version": VERSION, **about})
        return
    value = entry.value
    if on_terminal(sys.stdout):
        value = "\n".join(map(printable, value.split("\n")))
    write(value, end="" if no_newline else "\n")
