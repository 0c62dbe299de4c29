"""The folder of last known values and their like: ours alone, its files replaced whole.

Every look goes through the folder's own descriptor: what is put in its place later is not used.
Nothing here follows a link, and nothing waits.
"""

from __future__ import annotations

import os
import stat
from _thread import allocate_lock  # loading threading costs a launch 2 % (system.deadline)

from clovrix_env.system import files
from clovrix_env.system.files import is_own_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Optional

    from clovrix_env.system.lock import Lock

    # What tells one version of a file from the next: inode, size, mtime in ns.
    Version = Optional[tuple[int, int, int]]

_FOLDER = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_DIRECTORY", 0)
)
# Sealed values, the lock beside them, a remembered refusal; what earlier versions left unfinished.
_ENDINGS = ("", "lock", "refused", "new", "refused.new")
# All our names begin with so many hexadecimal digits.
STEM = 32


# Why the folder or a file of it cannot be used, in words that follow its name.
Unusable = files.Unreadable


class CacheFolder:
    """``path``, opened where it exists; it is made, with mode 0700, when something is written.

    It has to belong to this user and nobody else may write to it. Safe for several threads.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._is_open = False
        self._opening = allocate_lock()

    def __enter__(self) -> CacheFolder:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self._is_open = None, False

    def make(self) -> None:
        """Have the folder. Raises ``Unusable``."""
        self._open(make=True)

    def read(self, name: str, most: int) -> bytes | None:
        """A file of at most ``most`` bytes; ``None`` where there is none. Raises ``Unusable``."""
        if not self._open(make=False):
            return None
        try:
            return files.read(
                self._at(name), most, follow=False, dir_fd=self._descriptor, check=_check_file
            )[0]
        except files.Absent:
            return None

    def version(self, name: str) -> Version:
        """Which version of a file is there, or ``None``."""
        try:
            found = self._state(name) if self._open(make=False) else None
        except Unusable:
            return None
        return found and (found.st_ino, found.st_size, found.st_mtime_ns)

    def files(self) -> dict[str, os.stat_result]:
        """All files of ours by name, as they stand. Raises ``Unusable``."""
        if not self._open(make=False):
            return {}
        try:
            names = self._names()
        except OSError as error:
            raise Unusable(f"cannot be read: {files.reason(error)}") from None
        states = {name: self._state(name) for name in names if _is_ours(name)}
        return {name: found for name, found in states.items() if found and is_own_file(found)}

    def _state(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(self._at(name), dir_fd=self._descriptor, follow_symlinks=False)
        except OSError:  # it has gone meanwhile
            return None

    def replace(self, name: str, content: bytes) -> None:
        """Write a file, mode 0600, whole or not at all. Raises ``Unusable``."""
        from clovrix_env.system import private_file

        self._open(make=True)
        try:
            names = [n for n in self._names() if n.endswith(".new") and _is_ours(n)]
            private_file.sweep(names, self.path, self._descriptor)
            private_file.replace(self._at(name), content, dir_fd=self._descriptor)
        except OSError as error:
            raise Unusable(f"cannot be written: {files.reason(error)}") from None

    def remove(self, name: str) -> None:
        """Remove a file; one that cannot be removed stays."""
        try:
            if self._open(make=False):
                os.unlink(self._at(name), dir_fd=self._descriptor)
        except (OSError, Unusable):
            return

    def lock(self, name: str) -> Lock:
        """A lock of its own file in the folder."""
        from clovrix_env.system.lock import Lock

        return Lock(self._at(name), self._descriptor)

    def _names(self) -> list[str]:
        return os.listdir(self.path if self._descriptor is None else self._descriptor)

    def _at(self, name: str) -> str:
        return name if self._descriptor is not None else os.path.join(self.path, name)

    def _open(self, *, make: bool) -> bool:
        """Whether the folder is there. Raises ``Unusable`` for one that is not ours alone."""
        with self._opening:
            if not self._is_open:
                self._is_open = self._opened(make)
            return self._is_open

    def _opened(self, make: bool) -> bool:
        try:
            if make and not os.path.isdir(self.path):
                from clovrix_env.system.private_file import make_folders

                make_folders(self.path)
            if os.name == "nt":
                return os.path.isdir(self.path)
            descriptor = os.open(self.path, _FOLDER)
        except FileNotFoundError:
            return False
        except ValueError:
            raise Unusable("holds a NUL character in its name") from None
        except OSError as error:
            if os.path.islink(self.path):
                raise Unusable("is a symbolic link, which is not followed") from None
            raise Unusable(f"cannot be used: {files.reason(error)}") from None
        try:
            found = os.fstat(descriptor)
            if found.st_uid != os.geteuid():
                raise Unusable("belongs to another user")
            if found.st_mode & 0o022:
                raise Unusable("can be written to by others: chmod 700 helps")
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True


def _is_ours(name: str) -> bool:
    """Whether a name is one that we give; the folder may hold files of others."""
    from clovrix_env.system.private_file import finished

    stem, _, ending = (finished(name) or name).partition(".")
    return len(stem) == STEM and not stem.strip("0123456789abcdef") and ending in _ENDINGS


def _check_file(found: os.stat_result) -> None:
    if not is_own_file(found):
        is_file = stat.S_ISREG(found.st_mode)
        raise Unusable("belongs to another user" if is_file else "is not a regular file")


def written(states: Mapping[str, os.stat_result]) -> dict[str, float]:
    """When each was last written, in seconds since the epoch; what belongs together is as one.

    A lock is written once, and lies beside values that are written again and again.
    """
    last: dict[str, float] = {}
    for name, state in states.items():
        last[name[:STEM]] = max(state.st_mtime, last.get(name[:STEM], 0.0))
    return {name: last[name[:STEM]] for name in states}


def cleared(
    folder: CacheFolder, only: Collection[str] | None = None, before: float | None = None
) -> tuple[int, tuple[str, ...]]:
    """Remove the files of ours, or ``only`` some and what belongs to them.

    What comes back is how many were removed, and which ones stayed.

    With ``before`` only what was ``written`` before that time. No link is followed, and nothing
    else is touched. Raises ``Unusable``.
    """
    names = [
        name
        for name, at in written(folder.files()).items()
        if (before is None or at < before) and (only is None or name[:STEM] in only)
    ]
    for name in names:
        folder.remove(name)
    stayed = tuple(sorted(folder.files().keys() & set(names)))
    return len(names) - len(stayed), stayed
