"""``clovrix-env history``, ``rollback`` and ``delete``: the versions of one entry."""

from __future__ import annotations

import click

from clovrix_env.cli import asking
from clovrix_env.cli.common_options import (
    ScopeOptions,
    checked_key,
    json_option,
    offers,
    quiet_option,
    scope_options,
    yes_option,
)
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import columns, write, write_headed, write_json
from clovrix_env.system.tables import table
from clovrix_env.system.terminal import local_time, one_line, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clovrix_env.api.messages import EntryVersion

# Version of the documents that --json prints.
VERSION = 1
OWNER = "owner"


@click.command(cls=Command, epilog="Example: clovrix-env history DATABASE_URL -e production")
@click.argument("key", callback=checked_key, shell_complete=offers("former names"))
@scope_options
@json_option
@quiet_option
def history(key: str, as_json: bool, quiet: bool, **given: Any) -> None:
    """List the versions of KEY, oldest first, without values.

    BY is the public id of the token that wrote the version, or the owner of the store. At most the
    last 1,000 versions are listed. Only an embedded store has a history.
    """
    from clovrix_env.cli.entries import Entries

    with Entries(ScopeOptions.taken_from(given).request()) as entries:
        versions, more = entries.history(key)
    if as_json:
        shown = [_document(version) for version in versions]
        about = {"key": key, "versions": shown, "more": more}
        write_json({"version": VERSION, **entries.document, **about})
        return
    rows = [(str(v.number), local_time(v.at), v.token or OWNER, _change(v)) for v in versions]
    write_headed(table(("VERSION", "TIME", "BY", "CHANGE"), rows, columns()))
    if more and not quiet:
        say("clovrix-env", [f"versions before {versions[0].number} are not listed"])


@click.command(cls=Command, epilog="Example: clovrix-env rollback DATABASE_URL --to 3")
@click.argument("key", callback=checked_key, shell_complete=offers("former names"))
@click.option(
    "--to",
    "number",
    type=click.IntRange(1),
    required=True,
    metavar="N",
    help="Version to restore, as in clovrix-env history.",
)
@yes_option
@scope_options
@json_option
@quiet_option
def rollback(key: str, number: int, yes: bool, as_json: bool, quiet: bool, **given: Any) -> None:
    """Write the value that KEY had in version N as a new version.

    No version is lost, and a deleted key gets its value back. Nothing is written if KEY already has
    that value, so a rollback can be repeated. The status is 1 if the answer is no.
    """
    from clovrix_env.cli.entries import Entries

    with Entries(ScopeOptions.taken_from(given).request()) as entries:
        entries.check_writable()
        where = one_line(entries.name)
        asking.confirm(f"Restore version {number} of {key} in {where}?", skip=yes, as_json=as_json)
        now, changed = entries.restore(key, number)
    if as_json:
        write_json({"version": VERSION, "key": key, "number": now, "changed": changed})
    elif not quiet:
        done = f"restored in {where}: version {now}" if changed else f"unchanged in {where}: it"
        write(f"{key} {done} has the value of version {number}")


@click.command(cls=Command, epilog="Example: clovrix-env delete OLD_API_KEY -e production")
@click.argument("key", callback=checked_key, shell_complete=offers("names"))
@yes_option
@scope_options
@json_option
@quiet_option
def delete(key: str, yes: bool, as_json: bool, quiet: bool, **given: Any) -> None:
    """Remove the value of KEY from an environment.

    This is a new version without a value: the key, its history and its kind remain, rollback
    restores the value, and the key still counts for the limit of 500. The status is 1 if the
    answer is no.
    """
    from clovrix_env.cli.entries import Entries

    with Entries(ScopeOptions.taken_from(given).request()) as entries:
        entries.check_writable()
        where = one_line(entries.name)
        asking.confirm(f"Delete the value of {key} in {where}?", skip=yes, as_json=as_json)
        number = entries.delete(key)
    if as_json:
        write_json({"version": VERSION, "key": key, "number": number})
    elif not quiet:
        write(f"{key} deleted in {where} (version {number})")


def _change(version: EntryVersion) -> str:
    restored = version.restored
    return version.change if restored is None else f"{version.change} version {restored}"


def _document(version: EntryVersion) -> dict[str, object]:
    return {
        "number": version.number,
        "at": version.at,
        "token": version.token,
        "change": version.change,
        "restored": version.restored,
    }
