"""The folders of clovrix-env's own files: XDG's, on macOS too; ``%LOCALAPPDATA%`` on Windows.

Each function returns a path, which need not exist, or ``None`` without a home folder: a
container can have neither HOME nor a passwd entry.
"""

from __future__ import annotations

import os

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "clovrix-env"
STORE_FILE = "store.db"


def config_folder(environ: Mapping[str, str]) -> str | None:
    """The folder of the master key and the user's settings: ``$XDG_CONFIG_HOME/clovrix-env``."""
    return _folder(environ, "XDG_CONFIG_HOME", ".config")


def config_remedy(error: files.Unreadable) -> str:
    """Return the remedy for an unreadable file in the configuration folder."""
    if isinstance(error, files.Failed):
        return "let this user read it, or set XDG_CONFIG_HOME to another folder"
    return ""


def store_path(environ: Mapping[str, str]) -> str | None:
    """The default path of the embedded store: ``$XDG_DATA_HOME/clovrix-env/store.db``."""
    folder = _folder(environ, "XDG_DATA_HOME", ".local/share")
    return None if folder is None else os.path.join(folder, STORE_FILE)


def cache_folder(environ: Mapping[str, str]) -> str | None:
    """The folder of cached values: ``CLOVRIX_CACHE_DIR`` or ``$XDG_CACHE_HOME/clovrix-env``."""
    named = environ.get("CLOVRIX_CACHE_DIR")
    if named:
        return whole_path(named, "CLOVRIX_CACHE_DIR")
    return _folder(environ, "XDG_CACHE_HOME", ".cache")


def whole_path(path: str, source: str) -> str:
    """Return an absolute path; ``source`` is the variable or argument that named it.

    Raises ``ClovrixConfigError`` if the working directory no longer exists.
    """
    try:
        return os.path.abspath(path)
    except FileNotFoundError:
        raise ClovrixConfigError(
            f"{source} is relative, and the working directory was deleted", "use an absolute path"
        ) from None


def _folder(environ: Mapping[str, str], variable: str, below_home: str) -> str | None:
    # XDG: a relative path is invalid and counts as unset.
    named = environ.get(variable, "")
    if os.path.isabs(named):
        return os.path.join(named, NAME)
    if os.name == "nt" and environ.get("LOCALAPPDATA"):
        return os.path.join(environ["LOCALAPPDATA"], NAME, os.path.basename(below_home))
    home = home_folder(environ)
    return None if home is None else os.path.join(home, below_home, NAME)


def home_folder(environ: Mapping[str, str]) -> str | None:
    """Return ``$HOME``, or the folder of the passwd entry, or ``None``."""
    home = environ.get("HOME", "") or _passwd_home()
    return home if os.path.isabs(home) else None


def _passwd_home() -> str:
    if os.name == "nt":
        return os.path.expanduser("~")
    # Not expanduser: with an empty HOME it returns "/".
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""
