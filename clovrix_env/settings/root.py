"""The root: the folder whose ``.clovrix`` and ``.env`` files count, and what it declares.

The nearest folder that holds ``.clovrix``, from the working directory upward; the one with ``.git``
is the last one searched. Above the working directory a folder counts only where nobody else could
have put the file there: else a ``.clovrix`` in ``/tmp`` would configure whoever works below it.
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
    """A folder and why it was chosen, in words; ``is_named`` if the user named it."""

    path: str
    why: str
    is_named: bool = False

    def check_default(self, found: os.stat_result) -> None:
        """Refuse a default file that a stranger may have put there, and a FIFO of another user.

        Raises ``files.Unreadable``.
        """
        self.check_planted(found)
        if stat.S_ISFIFO(found.st_mode) and found.st_uid not in (0, os.geteuid()):
            raise files.FifoNotOpened("is a FIFO of another user, which is read only with -f")

    def check_planted(self, found: os.stat_result) -> None:
        """Refuse a file of this folder that a stranger may have put there.

        What the user names is the user's choice. Raises ``files.Unreadable``.
        """
        if self.is_named or os.name == "nt" or found.st_uid in (0, os.geteuid()):
            return
        from clovrix_env.system.permissions import is_planted

        if is_planted(found, self.path):
            raise files.Unreadable(
                "belongs to another user, in a folder that others can write to "
                "(--root or CLOVRIX_ROOT names a folder that you trust)"
            )

    @property
    def project_file(self) -> str:
        return os.path.join(self.path, NAME)

    def shown(self, name: str) -> str:
        """A file of this folder as messages name it: short where one stands in the folder."""
        try:
            return name if self.path == os.getcwd() else os.path.join(self.path, name)
        except OSError:  # the working directory was deleted, and the root was named
            return os.path.join(self.path, name)


def root_of(named: str | None, environ: Mapping[str, str], option: str, notes: list[str]) -> Root:
    """The folder that counts: named by the caller or by ``CLOVRIX_ROOT``, else searched.

    ``option`` is how the caller names a root, such as ``--root``.
    """
    if named is not None:
        return named_root(named, option.rstrip("="))
    if environ.get("CLOVRIX_ROOT"):
        return named_root(environ["CLOVRIX_ROOT"], "CLOVRIX_ROOT")
    return found_root(notes, option)


def declared_in(
    root: Root, problems: Problems, notes: list[str]
) -> tuple[ProjectFile, files.State]:
    """What the ``.clovrix`` of a folder declares, and the file's state as it was read."""
    shown = root.shown(NAME)
    try:
        read = files.read_text(root.project_file, check=root.check_planted)
    except files.Unreadable as error:
        raise ClovrixConfigError(f"{shown} {error}") from None
    if read is None:
        if os.path.isdir(root.project_file):
            raise ClovrixConfigError(
                f"{shown} is a folder", f"rename it: {NAME} has to be a file, or not to exist"
            )
        dead_link = files.dead_link(root.project_file)
        if dead_link:
            notes.append(f"{shown} {dead_link}")
        return ProjectFile(), files.State(root.project_file)
    from clovrix_env.settings.project_reader import parse

    text, state = read
    return parse(text, shown, problems), state


def named_root(path: str, source: str) -> Root:
    """The root that somebody named; relative to the working directory."""
    whole = whole_path(path, source) if path else ""
    if not os.path.isdir(whole):
        raise ClovrixConfigError(f"{source} ({path}) is no folder", "name the project's folder")
    return Root(whole, f"named by {source}", is_named=True)


def found_root(notes: list[str], option: str) -> Root:
    """The root by searching. A ``.clovrix`` that is passed over is told in ``notes``.

    ``option`` is how the caller names a root.
    """
    start = _working_directory(option)
    folder = start
    while True:
        candidate = os.path.join(folder, NAME)
        if os.path.lexists(candidate) and (folder == start or not os.path.isdir(candidate)):
            why_not = "" if folder == start else _why_untrusted(folder, candidate)
            if not why_not:
                return Root(folder, f"nearest {NAME}")
            notes.append(f"{candidate} passed over: {why_not} ({option} names it)")
        parent = os.path.dirname(folder)
        if parent == folder or os.path.lexists(os.path.join(folder, ".git")):
            return Root(start, "working directory")
        folder = parent


def _working_directory(option: str) -> str:
    try:
        return os.getcwd()
    except OSError:
        raise ClovrixConfigError(
            "the working directory was deleted", f"change to one that exists, or name {option}"
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
        if found.st_mode & stat.S_IWGRP:
            from clovrix_env.system.permissions import is_own_group

            if not is_own_group(found.st_gid, found.st_uid):
                return f"others can write to {path}"
    return ""
