"""``clovrix-env local``: the embedded store's owner makes it, its projects and its tokens."""

from __future__ import annotations

import os
import shlex

import click

from clovrix_env import folders
from clovrix_env.client.address import STORE_SCHEME, checked_address
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import master_key, opening, sqlite
from clovrix_env.store.access import ROLES
from clovrix_env.store.answer import Store
from clovrix_env.store.projects import check_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from clovrix_env.store.master_key import MasterKey

ADDRESS = "CLOVRIX_API_URL"
STORE_FILE = "store.db"
DEFAULT_ENVIRONMENT = "development"


@click.group()
def local() -> None:
    """The embedded store: the same API from a file on this machine, without a server."""


@local.command()
@click.argument("project")
@click.option(
    "--env",
    "environments",
    multiple=True,
    metavar="NAME",
    help=f"An environment of the project; may be given again. Default: {DEFAULT_ENVIRONMENT}.",
)
def init(project: str, environments: tuple[str, ...]) -> None:
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
        raise ClovrixConfigError(f"{error.filename or path}: {error.strerror}") from None
    with Store.open(path, key) as store:
        # Told once they have proven to be key and store.
        click.echo(_told(made_key, "master key", f"in {key.source} ({key.label})"))
        click.echo(_told(made_store, "store", path))
        for line in _add(store, project, names):
            click.echo(line)
    click.echo(_what_next(path, key, project, names[0]))


@local.group()
def token() -> None:
    """Tokens for programs that shall not see the whole store."""


@token.command()
@click.option(
    "--project", "projects", multiple=True, required=True, help="A project; may be given again."
)
@click.option(
    "--env",
    "environments",
    multiple=True,
    metavar="NAME",
    help="An environment of each project; may be given again. Default: all.",
)
@click.option("--role", type=click.Choice(ROLES), required=True, help="write includes read.")
def create(projects: tuple[str, ...], environments: tuple[str, ...], role: str) -> None:
    """Make a token and print it, this once: the store keeps only its hash."""
    path = store_path(os.environ)
    # The store first: without one, its absence is what has to be told.
    if not os.path.exists(path):
        raise opening.missing(path)
    with Store.open(path, master_key.find(os.environ)) as store:
        made = store.create_token(projects, environments, role=role)
    where = ", ".join(projects)
    within = ", ".join(environments) or "all environments"
    click.echo(
        f"A token to {role} {where} ({within}). It is not shown again; use it as CLOVRIX_TOKEN.",
        err=True,
    )
    click.echo(made)


def store_path(environ: Mapping[str, str]) -> str:
    """The store that ``local`` works on: ``CLOVRIX_API_URL=file:``, else in our data folder."""
    address = environ.get(ADDRESS)
    if address is None:
        folder = folders.data_folder(environ)
        if folder is None:
            raise ClovrixConfigError(
                "there is no place for a store: HOME is not set",
                f"Set {ADDRESS}={STORE_SCHEME}PATH.",
            )
        return os.path.join(folder, STORE_FILE)
    checked = "empty"
    if address:
        checked = checked_address(address, ADDRESS, environ, expand_home=True)
    if checked.startswith(STORE_SCHEME):
        return checked[len(STORE_SCHEME) :]
    raise ClovrixConfigError(
        f"{ADDRESS} is {checked}, and local works on a store in a file",
        f"Unset it, or set {ADDRESS}={STORE_SCHEME}PATH.",
    )


def _key_for(path: str) -> tuple[MasterKey, bool]:
    """The key that is there, or a new one where neither key nor store is; and whether it is new."""
    key_path = master_key.path_of(os.environ)
    if key_path is not None and master_key.VARIABLE not in os.environ:
        _check_apart(path, key_path)
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


def _check_apart(path: str, key_path: str) -> None:
    folder = os.path.dirname(path)
    if os.path.realpath(folder) == os.path.realpath(os.path.dirname(key_path)):
        raise ClovrixConfigError(
            f"the store would lie beside its master key in {folder}: "
            "whoever copies the folder has both",
            f"Set {ADDRESS}={STORE_SCHEME}PATH to another folder.",
        )


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
    yield _told(store.create_project(project), "project", ascii(project))
    for name in environments:
        yield _told(store.create_environment(project, name), "environment", ascii(name))


def _told(made: bool, kind: str, which: str) -> str:
    return f"{'made ' if made else 'found'} {kind:<12} {which}"


def _what_next(path: str, key: MasterKey, project: str, environment: str) -> str:
    return f"""
Keep the master key, and a copy of it elsewhere than the store's: without the key in
{key.source} every value in the store is lost.

To use the store, and to run a program with what is in it:

    export {ADDRESS}={shlex.quote(STORE_SCHEME + path)}
    clovrix-exec {shlex.quote(project)} {shlex.quote(environment)} -- env"""
