"""``clovrix-env local copy``: copy the store to a new file or database."""

from __future__ import annotations

import os
import sys

import click

from clovrix_env.cli.common_options import json_option, quiet_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.local.verify import FOUND, REMEDY
from clovrix_env.cli.local.where import argument_location, check_apart, found_key, key_is_named
from clovrix_env.cli.output import write_json
from clovrix_env.cli.progress import progress
from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.store.copy import copy as copy_rows
from clovrix_env.store.location import InFile
from clovrix_env.system.files import reason
from clovrix_env.system.process import argument_text
from clovrix_env.system.signals import clean_up_on_term
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.store.copy import Copied
    from clovrix_env.store.location import Location
    from clovrix_env.store.master_key import MasterKey

# Version of the document that --json prints.
VERSION = 1
_SHOWN = {
    "project": "project",
    "environment": "environment",
    "version": "version",
    "token": "token",
    "audit": "row of the audit",
}


@click.command(
    cls=Command, epilog="Example: clovrix-env local copy file:store.db postgresql://db/clovrix"
)
@click.argument("source", metavar="FROM", type=argument_text)
@click.argument("target", metavar="TO", type=argument_text)
@json_option
@quiet_option
def copy(source: str, target: str, as_json: bool, quiet: bool) -> None:
    """Copy the store FROM to the new store TO, with its history, tokens and audit.

    Each is file:PATH, postgresql://HOST/DATABASE, or env:NAME for the address in a variable. TO
    must not have a store. If the copy is interrupted, run the command again: it resumes. No program
    can open TO before all of its rows have been compared with those of FROM.

    Programs can use FROM meanwhile, but writes to FROM after the copy began are not copied. The
    status is 1 if FROM, and so TO, is damaged.
    """
    here = argument_location(source, "FROM", os.environ)
    there = argument_location(target, "TO", os.environ)
    here.check_there()
    _check_apart(here, there)
    key, why_not = _key(here)
    clean_up_on_term()
    done = _copied(here, there, quiet=quiet)
    problems, opens = None, ""
    if key is not None:
        with there.opened(key) as store:
            problems, label = store.verify(), store.key_label
        opens = "" if problems else f", and every seal opens with the master key {label}"
    if as_json:
        found = {"rows": done.rows, "written": done.written, "changed_since": done.has_changed}
        places = {"from": here.name, "to": there.name}
        write_json({"version": VERSION, **places, **found, "problems": problems})
    elif not quiet:
        say("clovrix-env", _summary(here, there, done, opens))
    say("clovrix-env", _notes(here, done, why_not))
    if problems:
        lines = [] if as_json else problems
        say("clovrix-env", [*lines, f"the copy is as damaged as the store: {REMEDY}"])
        sys.exit(FOUND)


def _check_apart(here: Location, there: Location) -> None:
    if isinstance(there, InFile):
        check_apart(there.path)
    both_files = isinstance(here, InFile) and isinstance(there, InFile)
    if here == there or (both_files and there.exists() and os.path.samefile(here.name, there.name)):
        raise ClovrixConfigError("FROM and TO are the same store", "name a new store as TO")


def _key(location: Location) -> tuple[MasterKey | None, str]:
    """The master key of a store, or why it is not at hand."""
    try:
        key = found_key(location)
        location.opened(key).close()
    except ClovrixConfigError as error:
        if key_is_named():
            raise
        return None, "; ".join(error.problems)
    return key, ""


def _copied(here: Location, there: Location, *, quiet: bool) -> Copied:
    try:
        with progress("copying", 1000, quiet=quiet) as show:
            return copy_rows(here, there, lambda done, total: show(1000 * done // (total or 1)))
    except OSError as error:
        raise ClovrixConfigError(
            f"{there.name} cannot be written: {reason(error)}", "let this user write to its folder"
        ) from None
    except ServerError:
        say("clovrix-env", ["the copy is not complete: run the command again to resume it"])
        raise


def _summary(here: Location, there: Location, done: Copied, opens: str) -> Iterator[str]:
    counts = [_count(done.rows[table], name) for table, name in _SHOWN.items()]
    if done.written or not done.was_begun:
        begun = ", after an interruption" if done.was_begun else ""
        yield f"copied {here.name} to {there.name}{begun}: {', '.join(counts)}"
    else:
        yield f"{there.name} is a complete copy of {here.name}: {', '.join(counts)}"
    yield f"all rows are equal{opens}"


def _notes(here: Location, done: Copied, why_not: str) -> Iterator[str]:
    if done.has_changed:
        yield f"{here.name} was written to since the copy began, and the copy lacks these writes"
        yield "stop the programs that write to FROM, then copy again to another new store"
    if why_not:
        yield f"no seal was opened: {why_not}"
        yield "run clovrix-env local verify with --store and the address of the copy"


def _count(number: int, name: str) -> str:
    noun, _, rest = name.partition(" ")
    return f"{number:,} {noun}{'' if number == 1 else 's'}{rest and f' {rest}'}"
