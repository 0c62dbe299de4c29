"""Changes ``api_url`` in the user's own ``config.toml``. Its other lines and comments stay."""

from __future__ import annotations

import json
import os
import re
import stat
import time

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.settings.project_reader import load_toml
from clovrix_env.settings.user_config import NAME
from clovrix_env.system import files, folders, locked_file, private_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE = re.compile(r"""^[ \t]*(?:api_url|"api_url"|'api_url')[ \t]*=.*\n?""", re.MULTILINE)
_LOCK_SECONDS = 10


def set_api_url(api_url: str | None, environ: Mapping[str, str]) -> str:
    """Write ``api_url``, or remove it, and return the path of the file.

    A link at the path is followed: the file may belong to a folder of settings under version
    control. Raises ``ClovrixConfigError``.
    """
    folder = folders.config_folder(environ)
    if folder is None:
        raise ClovrixConfigError(
            "the address cannot be stored: HOME is not set", "set HOME or XDG_CONFIG_HOME"
        )
    path = os.path.join(folder, NAME)
    target = os.path.realpath(path)
    if api_url is None and not os.path.lexists(target):
        return path

    def content() -> bytes:
        try:
            read = files.read_text(target)
        except files.Unreadable as error:
            raise ClovrixConfigError(f"{path} {error}", folders.config_remedy(error)) from None
        return changed(read[0] if read else "", api_url, path).encode()

    mode = private_file.PRIVATE
    if os.path.isfile(target):
        mode = stat.S_IMODE(os.stat(target).st_mode)
    locked_file.rewrite(target, content, time.monotonic() + _LOCK_SECONDS, mode=mode)
    return path


def changed(text: str, api_url: str | None, path: str) -> str:
    """Return the text of the file with another ``api_url``, or without one.

    Raises ``ClovrixConfigError`` if the text is not valid TOML, or if another line would change.
    """
    wanted = load_toml(text, path)
    wanted.pop("api_url", None)
    line = ""
    if api_url is not None:
        wanted["api_url"] = api_url
        line = f"api_url = {toml_string(api_url)}\n"
    new, count = _LINE.subn(lambda _: line, text, count=1)
    if not count:
        new = line + text
    try:
        if load_toml(new, path) == wanted:
            return new
    except ClovrixConfigError:
        pass
    raise ClovrixConfigError(
        f"{path}: api_url cannot be changed without changing other lines",
        f"edit the file: {line.strip() or 'remove api_url'}",
    )


def toml_string(text: str) -> str:
    """Return a text as a basic string of TOML."""
    # TOML does not allow DEL in a string; otherwise its basic strings are JSON's.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
