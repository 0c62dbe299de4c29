"""The root: the folder whose ``.clovrix`` and ``.env`` files count, and its declarations.

The root is the nearest folder with a ``.clovrix``, from the working directory upward to the first
folder with ``.git``. Above the working directory a folder counts only if no other user could have
created the file: otherwise a ``.clovrix`` in ``/tmp`` would configure all programs below it.
"""

from __future__ import annotations

import os
import stat

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record
from clovrix_env.settings.project_file import NAME, ProjectFile
from clovrix_env.system import files
from clovrix_env.system.folders import whole_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovrix_env.errors import Problems


class Root(Record):
    """A folder, and the reason for choosing it as text; ``is_named`` if the user named it."""

    path: str
    why: str
    is_named: bool = False

    def check_default(self, found: os.stat_result) -> None:
        """Refuse a default file that another user may have created, and another user's FIFO.

        Raises ``files.Unreadable``.
        """
        self.check_planted(found)
        if stat.S_ISFIFO(found.st_mode) and found.st_uid not in (0, os.geteuid()):
            raise files.FifoNotOpened("is a FIFO of another user, which is read only with -f")

    def check_planted(self, found: os.stat_result) -> None:
        """Refuse a file of this folder that another user may have created.

        A folder that the user named is not checked. Raises ``files.Unreadable``.
        """
        if self.is_named or os.name == "nt" or found.st_uid in (0, os.geteuid()):
            return
        from clovrix_env.system.permissions import is_planted

        if is_planted(found, self.path):
            raise files.Unreadable(
                "belongs to another user, in a folder that others can write to "
                "(use --root or CLOVRIX_ROOT for a folder that you trust)"
            )

    @property
    def project_file(self) -> str:
        return os.path.join(self.path, NAME)

    def shown(self, name: str) -> str:
        """Return the name of a file for messages: without the folder in the working directory."""
        try:
            return name if self.path == os.getcwd() else os.path.join(self.path, name)
        except OSError:  # the working directory was deleted
            return os.path.join(self.path, name)


def root_of(named: str | None, environ: Mapping[str, str], option: str, notes: list[str]) -> Root:
    """Return the folder from the argument or ``CLOVRIX_ROOT``; otherwise search for it.

    ``option`` is the caller's option or argument for a root, such as ``--root``.
    """
    if named is not None:
        return named_root(named, option.rstrip("="))
    if environ.get("CLOVRIX_ROOT"):
        return named_root(environ["CLOVRIX_ROOT"], "CLOVRIX_ROOT")
    return found_root(notes, option)


def declared_in(
    root: Root, problems: Problems, notes: list[str]
) -> tuple[ProjectFile, files.State]:
    """Return the declarations of a folder's ``.clovrix``, and the file's state when read."""
    shown = root.shown(NAME)
    try:
        read = files.read_text(root.project_file, check=root.check_planted)
    except files.Unreadable as error:
        raise ClovrixConfigError(f"{shown} {error}") from None
    if read is None:
        if os.path.isdir(root.project_file):
            raise ClovrixConfigError(
                f"{shown} is a folder", f"rename it: {NAME} must be a file, or not exist"
            )
        dead_link = files.dead_link(root.project_file)
        if dead_link:
            notes.append(f"{shown} {dead_link}")
        return ProjectFile(), files.State(root.project_file)
    from clovrix_env.settings.project_reader import parse

    text, state = read
    return parse(text, shown, problems), state


def named_root(path: str, source: str) -> Root:
    """Return the root that the user named; relative to the working directory."""
    whole = whole_path(path, source) if path else ""
    if not os.path.isdir(whole):
        raise ClovrixConfigError(f"{source} ({path}) is not a folder", "name the project's folder")
    return Root(whole, f"named by {source}", is_named=True)


def found_root(notes: list[str], option: str) -> Root:
    """Search for the root. Each ``.clovrix`` that is skipped is added to ``notes``.

    ``option`` is the caller's option or argument for a root.
    """
    start = _working_directory(option)
    folder = start
    while True:
        candidate = os.path.join(folder, NAME)
        if os.path.lexists(candidate) and (folder == start or not os.path.isdir(candidate)):
            why_not = "" if folder == start else _why_untrusted(folder, candidate)
            if not why_not:
                return Root(folder, f"nearest {NAME}")
            notes.append(f"{candidate} is skipped: {why_not} (use {option} to name it)")
        parent = os.path.dirname(folder)
        if parent == folder or os.path.lexists(os.path.join(folder, ".git")):
            return Root(start, "working directory")
        folder = parent


def _working_directory(option: str) -> str:
    try:
        return os.getcwd()
    except OSError:
        raise ClovrixConfigError(
            "the working directory was deleted", f"change to one that exists, or use {option}"
        ) from None


def _why_untrusted(*paths: str) -> str:
    if os.name == "nt":
        return ""
    for path in paths:
        try:
            found = os.stat(path)
        except OSError:
            return f"{path} cannot be checked"
        if found.st_uid not in (0, os.geteuid()):
            return f"{path} belongs to another user"
        if found.st_mode & stat.S_IWOTH:
            return f"others can write to {path}"
        if found.st_mode & stat.S_IWGRP:
            from clovrix_env.system.permissions import is_own_group

            if not is_own_group(found.st_gid, found.st_uid):
                return f"others can write to {path}"
    return ""
