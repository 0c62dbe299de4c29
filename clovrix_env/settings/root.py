"""The root: the folder whose ``.clovrix`` and ``.env`` files count.

The nearest folder that holds ``.clovrix``, from the working directory upward; the one with ``.git``
is the last one searched. Above the working directory a folder counts only where nobody else could
have put the file there: else a ``.clovrix`` in ``/tmp`` would configure whoever works below it.
"""

from __future__ import annotations

import os
import stat

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record
from clovrix_env.settings.project_file import NAME
from clovrix_env.system.folders import whole_path
from clovrix_env.system.permissions import is_own_group


class Root(Record):
    """A folder and why it was chosen, in words."""

    path: str
    why: str

    @property
    def project_file(self) -> str:
        return os.path.join(self.path, NAME)

    def shown(self, name: str) -> str:
        """A file of this folder as messages name it: short where one stands in the folder."""
        try:
            return name if self.path == os.getcwd() else os.path.join(self.path, name)
        except OSError:  # the working directory was deleted, and the root was named
            return os.path.join(self.path, name)


def named_root(path: str, source: str) -> Root:
    """The root that somebody named; relative to the working directory."""
    whole = whole_path(path, source) if path else ""
    if not os.path.isdir(whole):
        raise ClovrixConfigError(f"{source} ({path}) is no folder", "name the project's folder")
    return Root(whole, f"named by {source}")


def found_root(notes: list[str], spelt: str) -> Root:
    """The root by searching. A ``.clovrix`` that is passed over is told in ``notes``.

    ``spelt`` is how the door spells naming it.
    """
    start = _working_directory(spelt)
    folder = start
    while True:
        candidate = os.path.join(folder, NAME)
        if os.path.lexists(candidate) and not os.path.isdir(candidate):
            why_not = "" if folder == start else _why_untrusted(folder, candidate)
            if not why_not:
                return Root(folder, f"nearest {NAME}")
            notes.append(f"{candidate} passed over: {why_not} ({spelt} names it)")
        parent = os.path.dirname(folder)
        if parent == folder or os.path.lexists(os.path.join(folder, ".git")):
            return Root(start, "working directory")
        folder = parent


def _working_directory(spelt: str) -> str:
    try:
        return os.getcwd()
    except OSError:
        raise ClovrixConfigError(
            "the working directory was deleted", f"change to one that exists, or name {spelt}"
        ) from None


def _why_untrusted(*paths: str) -> str:
    if os.name == "nt":
        return ""
    for path in paths:
        try:
            found = os.stat(path)
        except OSError:
            return f"{path} cannot be looked at"
        if found.st_uid not in (0, os.geteuid()):
            return f"{path} belongs to another user"
        if found.st_mode & stat.S_IWOTH:
            return f"others can write to {path}"
        if found.st_mode & stat.S_IWGRP and not is_own_group(found.st_gid, found.st_uid):
            return f"others can write to {path}"
    return ""
