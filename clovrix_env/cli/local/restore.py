"""``clovrix-env local restore``: replace the store by a backup."""

from __future__ import annotations

import os
import sys
import time

import click

from clovrix_env.cli import asking
from clovrix_env.cli.common_options import quiet_option, yes_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.local.verify import FOUND
from clovrix_env.cli.local.where import check_apart, found_key, opened_store, store_path
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store.location import InFile
from clovrix_env.store.restore import restore as replace
from clovrix_env.system.files import reason
from clovrix_env.system.permissions import denial
from clovrix_env.system.terminal import one_line, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clovrix_env.store.tokens import HeldToken


@click.command(
    cls=Command, epilog="Example: clovrix-env local restore /mnt/backup/store-2026-11-25.db"
)
@click.argument("file", metavar="FILE")
@yes_option
@quiet_option
def restore(file: str, yes: bool, quiet: bool) -> None:
    """Replace the store by the backup FILE, and keep the old store beside it.

    The master key must open FILE, and every seal in it is opened first: if one does not open,
    nothing is replaced and the status is 1. Programs that have the store open use the new one from
    their next request. Tokens are those of the backup: the output names each one that was revoked
    or created since. The status is also 1 if the answer is no.
    """
    backup, path = os.path.abspath(file), store_path(os.environ, "use pg_restore for a database")
    check_apart(path)
    if not os.path.exists(backup):
        closed, remedy = denial(backup)
        why = f"cannot be reached: {closed}" if closed else "does not exist"
        raise ClovrixConfigError(f"{file} {why}", remedy or "name a file of local backup")
    if os.path.exists(path) and os.path.samefile(backup, path):
        raise ClovrixConfigError(f"{file} is the store itself", "name a file of local backup")
    key = found_key(InFile(backup))
    asking.confirm(f"Replace the store {one_line(path)} by {one_line(file)}?", skip=yes)
    try:
        done = replace(backup, path, key)
    except OSError as error:
        raise ClovrixConfigError(
            f"{error.filename or path} cannot be written: {reason(error)}",
            "let this user write to the folder of the store",
        ) from None
    if done.problems:
        problems = [f"{file}: {problem}" for problem in done.problems]
        say("clovrix-env", [*problems, "nothing was replaced: restore another backup"])
        sys.exit(FOUND)
    with opened_store(path) as store:
        notes = list(_changed_tokens(done.tokens, store.tokens()))
    if not quiet:
        old = "" if done.kept is None else f"; the old store is {done.kept}"
        say("clovrix-env", [f"restored {path} from {file}{old}"])
    say("clovrix-env", notes)


def _changed_tokens(before: Sequence[HeldToken], now: Sequence[HeldToken]) -> Iterator[str]:
    """A line for each token whose state differs from that in the old store."""
    moment, holding = time.time(), {token.id: token for token in now}
    for token in before:
        restored_token = holding.get(token.id)
        if restored_token is None:
            yield f"token {token.id} was created after the backup, and is no longer valid"
        elif token.state(moment) != "holds" and restored_token.state(moment) == "holds":
            yield (
                f"token {token.id} was revoked after the backup, and is valid again: "
                f"clovrix-env local token revoke {token.id}"
            )
