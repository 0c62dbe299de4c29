"""The user's own ``config.toml``: the default address, and names that the guard allows."""

from __future__ import annotations

import os

from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.model.record import Record
from clovrix_env.system import files, folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "config.toml"


class UserConfig(Record):
    """The user's own ``config.toml``."""

    api_url: str | None = None
    allow: tuple[str, ...] = ()


def user_config(environ: Mapping[str, str], log: list[str]) -> UserConfig:
    """Read the user's own file; without one all settings are unset.

    A file in a folder that this user cannot open counts as missing, and ``log`` gets a line about
    it. Raises ``ClovrixConfigError`` for a file that cannot be read or used.
    """
    folder = folders.config_folder(environ)
    if folder is None:
        return UserConfig()
    path = os.path.join(folder, NAME)
    try:
        read = files.read_text(path)
    except files.Unreachable as error:
        log.append(f"{folder} {error}: no settings and no stored tokens of this user")
        return UserConfig()
    except files.Unreadable as error:
        raise ClovrixConfigError(f"{path} {error}", folders.config_remedy(error)) from None
    if read is None:
        return UserConfig()
    from clovrix_env.model.type_checks import is_texts
    from clovrix_env.settings.project_reader import load_toml

    found = load_toml(read[0], path)
    api_url, allow = found.get("api_url"), found.get("allow", [])
    problems = Problems()
    for key in sorted(found.keys() - set(UserConfig.__match_args__)):
        problems.add(f"{path}: {key} is not known", "known here: api_url, allow")
    if api_url is not None and not isinstance(api_url, str):
        problems.add(f"{path}: api_url must be a string")
    if not is_texts(allow):
        problems.add(f"{path}: allow must be a list of strings")
    problems.raise_if_any()
    return UserConfig(api_url, tuple(allow))
