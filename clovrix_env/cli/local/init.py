"""``clovrix-env local init``: a store, its master key, a project and its environments."""

from __future__ import annotations

import os
import shlex

import click

from clovrix_env.auth.address import STORE_SCHEME
from clovrix_env.cli.common_options import Command, quiet_option
from clovrix_env.cli.local.where import ADDRESS, check_apart, configured_store, store_path, told
from clovrix_env.cli.output import write
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import master_key, sqlite
from clovrix_env.store.answer import Store
from clovrix_env.store.projects import check_name
from clovrix_env.system.process import argument_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.store.master_key import MasterKey

DEFAULT_ENVIRONMENT = "development"


@click.command(
    cls=Command, epilog="Example: clovrix-env local init backend --env development --env production"
)
@click.argument("project", type=argument_text)
@click.option(
    "--env",
    "environments",
    multiple=True,
    type=argument_text,
    metavar="NAME",
    help=f"An environment of the project; may be given again. Default: {DEFAULT_ENVIRONMENT}.",
)
@quiet_option
def init(project: str, environments: tuple[str, ...], quiet: bool) -> None:
    """Make a store, its master key, and PROJECT in it; what is there already is kept."""
    names = tuple(dict.fromkeys(environments)) or (DEFAULT_ENVIRONMENT,)
    check_name("project", project)
    for name in names:
        check_name("environment", name)
    path = store_path(os.environ)
    try:
        key, made_key = _key_for(path)
        made_store = _make_store(path, key)
    except OSError as error:
        why = (error.strerror or "").lower()
        raise ClovrixConfigError(
            f"{error.filename or path} cannot be made: {why}",
            f"let this user write there, or name another place: {ADDRESS}={STORE_SCHEME}PATH for "
            "the store, XDG_CONFIG_HOME for its key",
        ) from None
    with Store.open(path, key) as store:
        # Told once they have proven to be key and store.
        lines = [
            told(made_key, "master key", f"in {key.source} ({key.label})"),
            told(made_store, "store", path),
            *_add(store, project, names),
            _what_next(path, key, project, names[0]),
        ]
    if not quiet:
        write("\n".join(lines))


def _key_for(path: str) -> tuple[MasterKey, bool]:
    """The key that is there, or a new one where neither key nor store is; and whether it is new."""
    key_path = master_key.path_of(os.environ)
    if key_path is not None and master_key.VARIABLE not in os.environ:
        check_apart(path)
        _check_link(key_path)
        if not os.path.lexists(key_path) and not os.path.lexists(path):
            new = master_key.generate(key_path)
            try:
                # On the disk before the store uses it: a store without its key is lost.
                master_key.save(new, key_path)
                return new, True
            except FileExistsError:
                # Somebody else made one in this moment: theirs counts.
                pass
    key = master_key.find(os.environ)
    key.verify()
    return key, False


def _check_link(path: str) -> None:
    # Not followed: whoever put it there would choose where the file is made.
    if os.path.islink(path) and not os.path.exists(path):
        raise ClovrixConfigError(
            f"{path} is a link to {os.readlink(path)}, where nothing is", "Remove the link."
        )


def _make_store(path: str, key: MasterKey) -> bool:
    _check_link(path)
    if os.path.lexists(path):
        return False
    try:
        sqlite.create(path, key)
    except FileExistsError:
        return False
    return True


def _add(store: Store, project: str, environments: tuple[str, ...]) -> Iterator[str]:
    yield told(store.create_project(project), "project", project)
    for name in environments:
        yield told(store.create_environment(project, name), "environment", name)


def _what_next(path: str, key: MasterKey, project: str, environment: str) -> str:
    to_do, export = "To use the store, and to run", ""
    if configured_store(os.environ) == path:  # every command finds it
        to_do = "To run"
    else:
        export = f"    export {ADDRESS}={shlex.quote(STORE_SCHEME + path)}\n"
    return f"""
Keep the master key, and a copy of it elsewhere than the store's: without the key in
{key.source} every value in the store is lost.

{to_do} a program with what is in it:

{export}    clovrix-exec {shlex.quote(project)} {shlex.quote(environment)} -- env"""
