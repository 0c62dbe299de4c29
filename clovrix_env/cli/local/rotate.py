"""``clovrix-env local rotate``: replace the master key, or the data key of a project."""

from __future__ import annotations

import os
import sys

import click

from clovrix_env.cli.common_options import json_option, offers, quiet_option
from clovrix_env.cli.groups import Family
from clovrix_env.cli.local.verify import FOUND, REMEDY
from clovrix_env.cli.local.where import found_key, opened_store, store_location
from clovrix_env.cli.output import write, write_json
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import key_sources, master_key, rotate_data, rotate_master
from clovrix_env.system import private_file
from clovrix_env.system.files import reason
from clovrix_env.system.process import argument_text
from clovrix_env.system.terminal import one_line, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.store.answer import Store
    from clovrix_env.store.master_key import MasterKey

# Version of the documents that --json prints.
VERSION = 1
_NEW_KEY = "--new-key"


@click.group(cls=Family, epilog="Example: clovrix-env local rotate master")
def rotate() -> None:
    """Replace the master key, or the data key of a project, while programs use the store."""


@rotate.command("master", epilog="Example: clovrix-env local rotate master")
@click.option(
    _NEW_KEY,
    "new_source",
    metavar="SOURCE",
    help="Source of the new key, as for --master-key; a missing file is created"
    " (default: beside the old key).",
)
@click.option("--finish", is_flag=True, help="Make the old key invalid, after a rotation.")
@json_option
@quiet_option
def rotate_master_key(new_source: str | None, finish: bool, as_json: bool, quiet: bool) -> None:
    """Seal the store with a new master key. The values are not changed.

    A key in a file is replaced by the new one, which is on the disk before the store needs it; the
    old key stays beside it for old backups. If a rotation was interrupted, run the command again.

    Both keys open the store until --finish: give the new key to all programs that use another copy
    of the old one, then finish.
    """
    location = store_location(os.environ)
    location.check_there()
    path = location.name
    key = found_key(location)
    with location.opened(key) as store:
        database, keys = store.parts
        pending, present = rotate_master.pending(database), rotate_master.label(database)
        if finish:
            _finish(store, key, pending, present)
            done = [f"only the master key {present} opens {path} now"]
        elif pending is not None and key.label == present:
            done = [f"{path} was sealed with the master key {present} before", _until(pending)]
        else:
            try:
                new = _new_key(key, new_source, present if pending is not None else None)
                if pending is None:
                    rotate_master.begin(database, keys, key, new)
                installed = _install(key, new, new_source)
            except OSError as error:
                raise ClovrixConfigError(
                    f"{error.filename or key.source} cannot be written: {reason(error)}",
                    f"let this user write to its folder, or name a place with {_NEW_KEY}",
                ) from None
            where = f"{path} is sealed with the master key {new.label} in "
            done = [where + installed, _until(key.label)]
        if as_json:
            labels = {"key": rotate_master.label(database), "old": rotate_master.pending(database)}
            write_json({"version": VERSION, **labels})
    if not (quiet or as_json):
        say("clovrix-env", done)


def _until(old: str) -> str:
    return f"the key {old} opens it, too, until you run clovrix-env local rotate master --finish"


def _finish(store: Store, key: MasterKey, pending: str | None, present: str) -> None:
    if pending is None:
        raise ClovrixConfigError(
            "no rotation of the master key is to be finished",
            "run clovrix-env local rotate master to begin one",
        )
    if key.label != present:
        raise ClovrixConfigError(
            f"{key.source} still has the old master key {key.label}",
            f"put the key {present} there first: run clovrix-env local rotate master again",
        )
    rotate_master.finish(*store.parts)


def _new_key(key: MasterKey, new_source: str | None, label: str | None) -> MasterKey:
    """The new key, durable. ``label`` is that of a rotation that was interrupted."""
    if new_source is not None and not new_source.startswith(master_key.FILE_SOURCE):
        new = key_sources.find(new_source, _NEW_KEY, os.environ)
    else:
        path = _new_path(key, new_source)
        if new_source is None:
            _remove_installed(key, path)
        if not os.path.lexists(path):
            if label is not None:
                raise ClovrixConfigError(
                    f"the store needs the master key {label}, and {path} does not exist",
                    f"restore the key whose line ends in :{label}",
                )
            master_key.save(master_key.generate(path), path)
        new = master_key.of_file(path)
    new.verify()
    if label not in (None, new.label) or new.label == key.label:
        needed = "another key than the present one" if label is None else f"the key {label}"
        raise ClovrixConfigError(
            f"{new.source} has the master key {new.label}", f"name a place that has {needed}"
        )
    return new


def _new_path(key: MasterKey, new_source: str | None) -> str:
    if new_source is not None:
        return key_sources.path_of(new_source, _NEW_KEY, os.environ)
    if not os.path.isabs(key.source):
        raise ClovrixConfigError(
            f"the master key comes from {key.source}, which this command cannot change",
            f"name the place of the new key: {_NEW_KEY} file:PATH",
        )
    if os.path.islink(key.source):
        raise ClovrixConfigError(
            f"the master key {key.source} is a link, which this command does not replace",
            f"name the place of the new key: {_NEW_KEY} file:PATH",
        )
    return f"{key.source}.next"


def _remove_installed(key: MasterKey, path: str) -> None:
    """Remove the copy of a new key that is in its place already, after an interruption."""
    if os.path.lexists(path) and master_key.of_file(path).label == key.label:
        private_file.remove(path)


def _install(key: MasterKey, new: MasterKey, new_source: str | None) -> str:
    """Put a new key that is beside the old one in its place; returns the places of both."""
    if new_source is not None:
        return new.source
    kept = f"{key.source}.{key.label}"
    if not os.path.lexists(kept):
        private_file.create(kept, f"{key.line()}\n".encode())
    private_file.replace(key.source, f"{new.line()}\n".encode())
    private_file.remove(new.source)
    return f"{key.source}; the old key is in {kept}"


@rotate.command("data", epilog="Example: clovrix-env local rotate data backend")
@click.argument("project", type=argument_text, shell_complete=offers("projects"))
@json_option
@quiet_option
def rotate_data_key(project: str, as_json: bool, quiet: bool) -> None:
    """Seal all versions of PROJECT with a new data key, and remove the old one.

    Programs read and write meanwhile. If it was interrupted, run it again: it resumes. The status
    is 1 if a version does not open; then the old key stays.
    """
    with opened_store() as store:
        done = rotate_data.rotate(*store.parts, project)
    if as_json:
        found = {"versions": done.versions, "problems": list(done.problems)}
        write_json({"version": VERSION, "project": project, **found})
        sys.exit(FOUND if done.problems else 0)
    if done.problems:
        write("\n".join(map(one_line, done.problems)))
        say("clovrix-env", [f"the old data key stays: {REMEDY}"])
        sys.exit(FOUND)
    if not quiet:
        plural = "" if done.versions == 1 else "s"
        say("clovrix-env", [f"sealed {done.versions} version{plural} with a new data key"])
