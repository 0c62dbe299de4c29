"""The store that ``clovrix-env local`` uses, opened as its owner."""

from __future__ import annotations

import os

from clovrix_env.auth.address import STORE_SCHEME, address_of_user, checked_address
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.settings.user_config import user_config
from clovrix_env.store import master_key, opening
from clovrix_env.store.answer import Store
from clovrix_env.system import folders
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESS = "CLOVRIX_API_URL"


def store_path(environ: Mapping[str, str]) -> str:
    """The path of the store that ``local`` uses.

    It comes from ``CLOVRIX_API_URL=file:…``, then from ``api_url = "file:…"`` in the user's
    ``config.toml``, then from the data folder.
    """
    address = environ.get(ADDRESS)
    if address is None:
        path = configured_store(environ) or folders.store_path(environ)
        if path is None:
            raise ClovrixConfigError(
                "the store has no folder: HOME is not set",
                f"set {ADDRESS}={STORE_SCHEME}PATH",
            )
        return path
    checked = "empty"
    if address:
        checked = checked_address(address, ADDRESS, environ, expand_home=True)
    if checked.startswith(STORE_SCHEME):
        return checked[len(STORE_SCHEME) :]
    raise ClovrixConfigError(
        f"{ADDRESS} is {checked}, which does not name a store in a file",
        f"unset it, or set {ADDRESS}={STORE_SCHEME}PATH",
    )


def configured_store(environ: Mapping[str, str]) -> str | None:
    """The store that the user's own configuration names, or ``None``."""
    api_url = user_config(environ, []).api_url
    if api_url is None or not api_url.startswith(STORE_SCHEME):
        return None
    return address_of_user(api_url, environ)[len(STORE_SCHEME) :]


def opened_store(path: str | None = None) -> Store:
    """Open the store, or one at ``path``. It must exist. Raises ``ClovrixConfigError``."""
    path = store_path(os.environ) if path is None else path
    opening.check_there(path)
    return Store.open(path, master_key.find(os.environ, path))


def check_apart(path: str) -> None:
    """Refuse a store, or a copy of one, beside the master key's file."""
    key_path = master_key.path_of(os.environ)
    if key_path is None or master_key.VARIABLE in os.environ:
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
