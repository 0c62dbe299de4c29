"""``clovrix-env local billing`` and ``backup``: commands for the whole store."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

import click

from clovrix_env.cli.common_options import json_option, quiet_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.local.verify import FOUND, REMEDY
from clovrix_env.cli.local.where import check_apart, opened_store, store_path
from clovrix_env.cli.output import write, write_json
from clovrix_env.cli.progress import watched
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store.access import BILLING
from clovrix_env.store.backup import parts_beside
from clovrix_env.system.files import reason
from clovrix_env.system.private_file import finished
from clovrix_env.system.signals import clean_up_on_term
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

# Version of the document that --json prints.
VERSION = 1


@click.command(cls=Command, epilog="Example: clovrix-env local billing restricted")
@click.argument("status", required=False, type=click.Choice(BILLING))
@json_option
def billing(status: str | None, as_json: bool) -> None:
    """Show or set the billing status, to test programs with it.

    With any status other than active, the store answers every request with 402.
    """
    with opened_store() as store:
        if status is not None:
            store.billing = status
        elif not as_json:
            write(store.billing)
        if as_json:
            write_json({"version": VERSION, "billing": store.billing})


@click.command(
    cls=Command, epilog="Example: clovrix-env local backup /mnt/backup/store-2026-11-25.db"
)
@click.argument("file", metavar="FILE")
@quiet_option
def backup(file: str, quiet: bool) -> None:
    """Write a consistent copy of the store to the new file FILE.

    Programs can read and write meanwhile. The values in the copy are sealed: it is useless without
    the master key, which it does not contain. Every seal of the copy is opened: the status is 1 if
    something in it is damaged.
    """
    path = os.path.abspath(file)
    store_path(os.environ, "use pg_dump to back up a database, with the same care for its key")
    check_apart(path)
    clean_up_on_term()
    try:
        with opened_store() as store, _watched(path, quiet=quiet):
            store.backup(path)
            label = store.key_label
        with opened_store(path) as copy:
            damaged = copy.verify()
    except FileExistsError:
        raise ClovrixConfigError(f"{file} exists already", "name a new file") from None
    except OSError as error:
        remedy = "" if os.path.isdir(os.path.dirname(path)) else "name a folder that exists"
        if error.errno == errno.ENOSPC:
            remedy = f"free space on {_mount_of(path)}, or name a file on another disk"
        raise ClovrixConfigError(f"{file} cannot be written: {reason(error)}", remedy) from None
    if not quiet:
        say("clovrix-env", [f"wrote {path}; it opens with the master key {label}"])
    if damaged:
        say("clovrix-env", [*damaged, f"the copy is as damaged as the store: {REMEDY}"])
        sys.exit(FOUND)


def _watched(path: str, *, quiet: bool) -> AbstractContextManager[None]:
    """Show how much of the two copies exists: of the one beside the store, then of the backup."""
    store = store_path(os.environ)
    total = os.path.getsize(store)
    folder, name = os.path.split(path)

    def written() -> int:
        with suppress(OSError):
            parts = [other for other in os.listdir(folder) if finished(other) == name]
            size = _size(folder, parts)
            return size + total if size else _size(os.path.dirname(store), parts_beside(store))
        return 0

    return watched("copying", 2 * total, written, quiet=quiet)


def _size(folder: str, names: Iterable[str]) -> int:
    return sum(os.path.getsize(os.path.join(folder, name)) for name in names)


def _mount_of(path: str) -> str:
    """The mount point of a path."""
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path
