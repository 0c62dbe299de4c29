"""``clovrix-env local prune``: remove old versions and tokens, and make the file smaller."""

from __future__ import annotations

import os
import time

import click

from clovrix_env.cli import asking
from clovrix_env.cli.common_options import checked_age, json_option, quiet_option, yes_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.local.tokens import shown
from clovrix_env.cli.local.where import opener, store_location
from clovrix_env.cli.output import columns, write, write_headed, write_json
from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.store.location import InFile
from clovrix_env.store.prune import Rule
from clovrix_env.system.tables import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.store.answer import Store
    from clovrix_env.store.location import Location
    from clovrix_env.store.prune import Pruning

# Version of the document that --json prints.
VERSION = 1
_KEEP = 10


@click.command(cls=Command, epilog="Example: clovrix-env local prune --keep 5 --older-than 90d")
@click.option(
    "--keep",
    type=click.IntRange(1),
    metavar="N",
    help=f"Newest versions of each key to keep (default: {_KEEP}; 1 with --older-than).",
)
@click.option(
    "--older-than",
    "age",
    metavar="AGE",
    callback=checked_age,
    help="Keep versions that were in use since then, such as 90d or 12h (default: no age).",
)
@click.option("--dry-run", is_flag=True, help="List what would be removed without removing it.")
@yes_option
@json_option
@quiet_option
def prune(
    keep: int | None, age: int | None, dry_run: bool, yes: bool, as_json: bool, quiet: bool
) -> None:
    """Remove old versions from the store, and make its file smaller.

    Lists what is to be removed, and asks. The current version of a key always stays, and the
    versions that stay are unchanged. With --older-than also removes tokens that were revoked or
    expired before then, unless a version that stays was written by them: a removed token is still
    refused. Retired data keys that seal nothing are removed too. The log is not changed.

    Everything is removed in one step. The status is 1 if the answer is no.
    """
    if not (yes or dry_run):
        asking.check_json(as_json, "--yes or --dry-run")
    before = None if age is None else int(time.time()) - age
    rule = Rule(keep or (_KEEP if before is None else 1), before)
    location = store_location(os.environ)
    with opener(location)() as store:
        pruned = store.prunable(rule)
        if pruned and not as_json and not quiet:
            _show(pruned, store)
        freed = None
        if not dry_run:
            if pruned:
                asking.confirm(f"Remove {_counted(pruned)}?", skip=yes)
                pruned = store.prune(rule)
            freed = compacted(store, location)
    if as_json:
        write_json(_document(pruned, freed))
    elif not quiet:
        write(_result(pruned, freed))


def compacted(store: Store, location: Location) -> int:
    """Make the file smaller; returns by how many bytes. A database does so by itself."""
    if not isinstance(location, InFile):
        return 0
    path = location.path
    size = os.path.getsize(path)
    try:
        store.compact()
    except ServerError as error:
        raise ClovrixConfigError(
            f"old versions were removed, but the file keeps its size: {error.message}",
            "run clovrix-env local prune again",
        ) from None
    return size - os.path.getsize(path)


def _show(pruned: Pruning, store: Store) -> None:
    rows = [
        (f"{project}/{environment}", str(keys), str(versions))
        for project, environment, keys, versions in _by_environment(pruned)
    ]
    if rows:
        write_headed(table(("ENVIRONMENT", "KEYS", "VERSIONS"), rows, columns()))
    now, tokens = time.time(), {token.id: token for token in store.tokens()}
    for token in filter(None, map(tokens.get, pruned.tokens)):
        write(f"token {token.id}  {shown(token.state(now))}  {token.name or ''}".rstrip())


def _by_environment(pruned: Pruning) -> Iterator[tuple[str, str, int, int]]:
    """Project, environment, and how many versions of how many keys are removed there."""
    keys: dict[tuple[str, str], list[str]] = {}
    for project, environment, key, *_ in pruned.versions:
        keys.setdefault((project, environment), []).append(key)
    for place, found in keys.items():
        yield (*place, len(set(found)), len(found))


def _counted(pruned: Pruning) -> str:
    counts = (
        (len(pruned.versions), "version"),
        (len(pruned.tokens), "token"),
        (len(pruned.data_keys), "data key"),
    )
    return ", ".join(f"{count} {kind}{'s' * (count > 1)}" for count, kind in counts if count)


def _result(pruned: Pruning, freed: int | None) -> str:
    if freed is None:
        return f"would remove {_counted(pruned) or 'nothing'}"
    done = f"removed {_counted(pruned)}" if pruned else "nothing to remove"
    return f"{done}; the file is {freed / 1024:.1f} KiB smaller" if freed > 0 else done


def _document(pruned: Pruning, freed: int | None) -> dict[str, object]:
    return {
        "version": VERSION,
        "removed": freed is not None,
        "versions": [
            {"project": project, "environment": environment, "keys": keys, "versions": versions}
            for project, environment, keys, versions in _by_environment(pruned)
        ],
        "tokens": list(pruned.tokens),
        "data_keys": len(pruned.data_keys),
        "bytes_freed": freed,
    }
