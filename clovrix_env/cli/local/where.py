"""The store that ``clovrix-env local`` uses, opened as its owner."""

from __future__ import annotations

import os
from functools import partial

import click

from clovrix_env.auth.address import STORE_SCHEME, address_of_user, checked_address
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.settings.user_config import user_config
from clovrix_env.store import master_key
from clovrix_env.store.location import DATABASES, InDatabase, InFile
from clovrix_env.system import folders
from clovrix_env.system.terminal import one_line, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovrix_env.store.answer import Store
    from clovrix_env.store.location import Location
    from clovrix_env.store.master_key import MasterKey

ADDRESS = "CLOVRIX_API_URL"
STORE = "CLOVRIX_STORE"
WAIT_SECONDS = 60
_OPTION, _KEY_OPTION = "--store", "--master-key"


def store_location(environ: Mapping[str, str]) -> Location:
    """The location of the store that ``local`` uses.

    It comes from ``--store``, ``CLOVRIX_STORE``, ``CLOVRIX_API_URL``, ``api_url`` in the user's
    ``config.toml`` or the data folder, in this order.
    """
    given = _given(_OPTION)
    if given is not None:
        instead = f"set {STORE} to the address"
        return _named_store(given, _OPTION, f"{_OPTION} ", environ, instead)
    if STORE in environ:
        return _named_store(environ[STORE], STORE, f"{STORE}=", environ)
    path = addressed_store(environ) or folders.store_path(environ)
    if path is None:
        raise ClovrixConfigError(
            "the store has no folder: HOME is not set",
            f"set {STORE}={STORE_SCHEME}PATH",
        )
    return InFile(path)


def addressed_store(environ: Mapping[str, str]) -> str | None:
    """The store that all commands use: of ``CLOVRIX_API_URL`` or the user's configuration."""
    address = environ.get(ADDRESS)
    if address is None:
        return configured_store(environ)
    checked = "empty"
    if address:
        checked = checked_address(address, ADDRESS, environ, expand_home=True)
    if checked.startswith(STORE_SCHEME):
        return checked[len(STORE_SCHEME) :]
    raise ClovrixConfigError(
        f"{ADDRESS} is {checked}, which does not name a store in a file",
        f"add {_OPTION} {STORE_SCHEME}PATH, or set {STORE}={STORE_SCHEME}PATH",
    )


def store_path(environ: Mapping[str, str], instead: str = "") -> str:
    """The path of the store, for a command that works on its file."""
    location = store_location(environ)
    if isinstance(location, InFile):
        return location.path
    raise ClovrixConfigError(f"the store {location.name} is not a file", instead)


def argument_location(text: str, argument: str, environ: Mapping[str, str]) -> Location:
    """The location that an argument names: an address, or ``env:`` and a variable that has one."""
    if not text.startswith(master_key.VARIABLE_SOURCE):
        instead = f"write {master_key.VARIABLE_SOURCE}NAME, set the variable NAME to the address"
        return _named_store(text, argument, "", environ, instead)
    name = one_line(text[len(master_key.VARIABLE_SOURCE) :])
    if name not in environ:
        raise ClovrixConfigError(
            f"{argument}: the variable {name} is not set", "set it to the address of the store"
        )
    return _named_store(environ[name], name, f"{name}=", environ)


def _named_store(
    text: str, source: str, assignment: str, environ: Mapping[str, str], instead: str = ""
) -> Location:
    """The location of a store. No message contains the text, which may contain a password."""
    if text.lower().startswith(DATABASES):
        return InDatabase.named(text, source, instead=instead)
    if not text.lower().startswith(STORE_SCHEME):
        raise ClovrixConfigError(
            f"{source} does not start with {STORE_SCHEME} or postgresql:",
            f"write {assignment}{STORE_SCHEME}PATH",
        )
    return InFile(checked_address(text, source, environ, expand_home=True)[len(STORE_SCHEME) :])


def _remember(context: click.Context, parameter: click.Parameter, text: str | None) -> None:
    context.meta[parameter.opts[0]] = text


def store_option() -> click.Option:
    """The option ``--store``, whose value ``store_path`` finds."""
    return click.Option(
        [_OPTION],
        metavar="URL",
        expose_value=False,
        callback=_remember,
        help=f"Store to use: file:PATH or postgresql://HOST/DATABASE (default: {STORE}, "
        "then the store that other commands use).",
    )


def has_option() -> bool:
    """Whether the present command has the option ``--store``."""
    context = click.get_current_context(silent=True)
    return context is not None and _OPTION in context.meta


def store_is_named() -> bool:
    """Whether ``--store`` names the store."""
    return _given(_OPTION) is not None


def master_key_option() -> click.Option:
    """The option ``--master-key``, whose value ``found_key`` uses."""
    return click.Option(
        [_KEY_OPTION],
        metavar="SOURCE",
        expose_value=False,
        callback=_remember,
        help="Source of the master key: file:PATH, cmd:COMMAND or env:NAME"
        f" (default: {master_key.VARIABLE}, then the key's file).",
    )


def found_key(location: Location) -> MasterKey:
    """The master key of ``--master-key``, otherwise that of the environment, for a store."""
    store = location.path if isinstance(location, InFile) else location
    text = _given(_KEY_OPTION)
    if text is None:
        return master_key.find(os.environ, store)
    from clovrix_env.store import key_sources

    return key_sources.find(text, _KEY_OPTION, os.environ, store)


def key_is_named() -> bool:
    """Whether ``--master-key`` names the key."""
    return _given(_KEY_OPTION) is not None


def _given(option: str) -> str | None:
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(option)


def key_file() -> str | None:
    """The path of the file of the master key, unless the key is in another place."""
    option = _given(_KEY_OPTION)
    text = os.environ.get(master_key.VARIABLE) if option is None else option
    if text is None:
        return master_key.path_of(os.environ)
    if not text.startswith(master_key.FILE_SOURCE):
        return None
    from clovrix_env.store import key_sources

    named_by = master_key.VARIABLE if option is None else _KEY_OPTION
    return key_sources.path_of(text, named_by, os.environ)


def configured_store(environ: Mapping[str, str]) -> str | None:
    """The store that the user's own configuration names, or ``None``."""
    api_url = user_config(environ, []).api_url
    if api_url is None or not api_url.startswith(STORE_SCHEME):
        return None
    return address_of_user(api_url, environ)[len(STORE_SCHEME) :]


def opened_store(path: str | None = None) -> Store:
    """Open the store, or one at ``path``. It must exist. Raises ``ClovrixConfigError``."""
    location = store_location(os.environ) if path is None else InFile(path)
    return opener(location)()


def opener(location: Location) -> Callable[[], Store]:
    """Find the master key of a store, which must exist. Returns the function that opens it."""
    location.check_there()
    key = found_key(location)
    return partial(location.opened, key)


def wait_for(location: Location) -> None:
    """Wait for a database that starts at the same time, or for the store in it."""
    if not isinstance(location, InFile):
        location.wait(WAIT_SECONDS, lambda line: say("clovrix-env", [line]))


def check_apart(path: str) -> None:
    """Refuse a store, or a copy of one, beside the master key's file."""
    key_path = key_file()
    if key_path is None:
        return
    folder = os.path.dirname(path)
    if os.path.realpath(folder) == os.path.realpath(os.path.dirname(key_path)):
        raise ClovrixConfigError(
            f"the store would be beside its master key in {folder}: "
            "a copy of the folder would contain both",
            "name another folder",
        )


def result(created: bool, kind: str, which: str) -> str:
    """A line that shows whether something was created or existed already."""
    return f"{'created' if created else 'unchanged':<9}  {kind:<11}  {one_line(which)}"
