"""``clovrix-env local init``: create a store, its master key, a project and environments."""

from __future__ import annotations

import os
import shlex

import click

from clovrix_env.auth.address import STORE_SCHEME
from clovrix_env.cli import asking
from clovrix_env.cli.common_options import quiet_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.local.where import (
    ADDRESS,
    check_apart,
    configured_store,
    found_key,
    key_file,
    result,
    store_is_named,
    store_location,
)
from clovrix_env.cli.output import write
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.settings.user_config import user_config
from clovrix_env.settings.user_config_edit import set_api_url
from clovrix_env.store import master_key
from clovrix_env.store.location import InFile
from clovrix_env.store.projects import check_name
from clovrix_env.system.files import reason
from clovrix_env.system.permissions import denial
from clovrix_env.system.process import argument_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.store.answer import Store
    from clovrix_env.store.location import Location
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
    help=f"Environment to create (default: {DEFAULT_ENVIRONMENT}). Repeatable.",
)
@click.option(
    "--existing",
    is_flag=True,
    help="Fail if there is no store. Its volume may not be mounted.",
)
@quiet_option
def init(project: str, environments: tuple[str, ...], existing: bool, quiet: bool) -> None:
    """Create a store, its master key, and PROJECT in it. Existing ones are unchanged.

    A program that runs it at each start uses --existing, so that a volume that is not mounted is
    not replaced by an empty store.

    On a terminal it offers to use the store in every terminal, as `clovrix-env use` does.
    """
    names = tuple(dict.fromkeys(environments)) or (DEFAULT_ENVIRONMENT,)
    check_name("project", project)
    for name in names:
        check_name("environment", name)
    location = store_location(os.environ)
    if existing:
        _check_exists(location)
    try:
        key, made_key = _key_for(location)
        if isinstance(location, InFile):
            _check_link(location.path)
        made_store = location.create(key)
    except OSError as error:
        raise _not_created(error.filename or location.name, error) from None
    with location.opened(key) as store:
        # Printed only after the key has opened the store.
        lines = [
            result(made_key, "master key", f"in {key.source} ({key.label})"),
            result(made_store, "store", location.name),
            *_add(store, project, names),
            _what_next(location, key, project, names[0]),
        ]
    if not quiet:
        write("\n".join(lines))
        if isinstance(location, InFile):
            _offer_address(location.path)


def _check_exists(location: Location) -> None:
    path = location.name
    closed = denial(path)[0] if isinstance(location, InFile) else ""
    if not location.exists() and not closed:
        raise ClovrixConfigError(
            f"no store at {path}, and --existing creates none",
            "mount the volume of the store, or leave out --existing to create a store",
        )
    location.check_there()


def _not_created(path: str, error: OSError) -> ClovrixConfigError:
    closed, remedy = ("", "")
    if isinstance(error, PermissionError):
        closed, remedy = denial(path, writes=True)
    elsewhere = (
        "name another path with --store, and set XDG_CONFIG_HOME for its key"
        if store_is_named()
        else f"set {ADDRESS}={STORE_SCHEME}PATH for the store and XDG_CONFIG_HOME for its key"
    )
    return ClovrixConfigError(
        f"{path} cannot be created: {reason(error)}{closed and f': {closed}'}",
        f"{remedy or 'let this user write there'}, or {elsewhere}",
    )


def _key_for(location: Location) -> tuple[MasterKey, bool]:
    """The existing key, or a new one if there is neither key nor store; and whether it is new."""
    key_path = key_file()
    if key_path is not None:
        if isinstance(location, InFile):
            check_apart(location.path)
        _check_link(key_path)
        if not os.path.lexists(key_path) and not location.exists():
            new = master_key.generate(key_path)
            try:
                # Saved before the store uses it: a store without its key is lost.
                master_key.save(new, key_path)
                return new, True
            except FileExistsError:
                # Another process just created one: use that key.
                pass
    key = found_key(location)
    key.verify()
    return key, False


def _check_link(path: str) -> None:
    # Not followed: the link's owner would choose the path of the new file.
    if os.path.islink(path) and not os.path.exists(path):
        raise ClovrixConfigError(
            f"{path} is a link to {os.readlink(path)}, which does not exist", "remove the link"
        )


def _add(store: Store, project: str, environments: tuple[str, ...]) -> Iterator[str]:
    yield result(store.create_project(project), "project", project)
    for name in environments:
        yield result(store.create_environment(project, name), "environment", name)


def _what_next(location: Location, key: MasterKey, project: str, environment: str) -> str:
    keep = f"""
Keep a copy of the master key apart from the store: without the key in
{key.source} every value in the store is lost.
"""
    if not isinstance(location, InFile):
        return f"{keep}\nTo serve the store to programs:\n\n    clovrix-env serve"
    to_do, export = "To use the store, and to run", ""
    if configured_store(os.environ) == location.path:  # every command finds it
        to_do = "To run"
    else:
        export = f"    export {ADDRESS}={_quoted(location.path)}\n"
    return f"""{keep}
{to_do} a program with its values:

{export}    clovrix-exec {shlex.quote(project)} {shlex.quote(environment)} -- env"""


def _offer_address(path: str) -> None:
    """Offer to write the address to config.toml, which holds in every terminal."""
    current = user_config(os.environ, []).api_url
    if configured_store(os.environ) == path or os.environ.get(ADDRESS):
        return  # already chosen, in every terminal or in this one
    if not asking.somebody_is_there():
        write(f"\nTo use the store in every terminal:\n\n    clovrix-env use {_quoted(path)}")
        return
    instead = "" if current is None else f" instead of {current}"
    if asking.yes(f"Use this store in every terminal{instead}?", default=current is None):
        written = set_api_url(STORE_SCHEME + path, os.environ)
        write(f"wrote the address to {written} (clovrix-env use --clear removes it)")


def _quoted(path: str) -> str:
    return shlex.quote(STORE_SCHEME + path)
