"""The folder of the cache: only its owner can write to it, and each file is replaced as a whole.

All access uses the folder's own descriptor: a folder that replaces it later is not used. No
function here follows a link or waits.
"""

from __future__ import annotations

import os
import stat
from _thread import allocate_lock  # loading threading costs a launch 2 % (system.deadline)

from clovrix_env.system import files
from clovrix_env.system.files import is_own_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

    from clovrix_env.system.lock import Lock

    # Identifies a version of a file: inode, size, mtime in ns.
    Version = Optional[tuple[int, int, int]]

_FOLDER = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_DIRECTORY", 0)
)
# Sealed values, their lock, a remembered refusal; unfinished files of earlier versions.
_ENDINGS = ("", "lock", "refused", "new", "refused.new")
# All file names of the cache begin with this many hexadecimal digits.
STEM = 32


# The folder or one of its files cannot be used; the message follows its name.
Unusable = files.Unreadable


class CacheFolder:
    """The folder at ``path``. The first write creates it with mode 0700.

    It must belong to this user, and no other user may write to it. Safe for several threads.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.descriptor: int | None = None
        self._is_open = False
        self._opening = allocate_lock()

    def __enter__(self) -> CacheFolder:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
        self.descriptor, self._is_open = None, False

    def make(self) -> None:
        """Create the folder if it does not exist. Raises ``Unusable``."""
        self._open(make=True)

    def read(self, name: str, most: int) -> bytes | None:
        """Return the content of a file of at most ``most`` bytes, or ``None`` without a file.

        Raises ``Unusable``.
        """
        if not self._open(make=False):
            return None
        try:
            return files.read(
                self._at(name), most, follow=False, dir_fd=self.descriptor, check=_check_file
            )[0]
        except files.Absent:
            return None

    def version(self, name: str) -> Version:
        """Return the version of a file, or ``None`` if it does not exist."""
        try:
            found = self.state(name) if self._open(make=False) else None
        except Unusable:
            return None
        return found and (found.st_ino, found.st_size, found.st_mtime_ns)

    def files(self) -> dict[str, os.stat_result]:
        """Return the state of each cache file by name. Raises ``Unusable``."""
        if not self._open(make=False):
            return {}
        try:
            names = self._names()
        except OSError as error:
            raise Unusable(f"cannot be read: {files.reason(error)}") from None
        states = {name: self.state(name) for name in names if _is_ours(name)}
        return {name: found for name, found in states.items() if found and is_own_file(found)}

    def first_names(self, most: int) -> list[str]:
        """Return the names of cache files among the first ``most`` names. Raises ``OSError``."""
        from itertools import islice

        with os.scandir(self.path if self.descriptor is None else self.descriptor) as listed:
            return [entry.name for entry in islice(listed, most) if _is_ours(entry.name)]

    def state(self, name: str) -> os.stat_result | None:
        """Return the state of a file, or ``None`` if it does not exist."""
        try:
            return os.stat(self._at(name), dir_fd=self.descriptor, follow_symlinks=False)
        except OSError:  # another process removed it
            return None

    def replace(self, name: str, content: bytes) -> None:
        """Write a file with mode 0600, whole or not at all. Raises ``Unusable``."""
        from clovrix_env.cache.clearing import sweep
        from clovrix_env.system import private_file

        self._open(make=True)
        try:
            sweep(self, name[:STEM])
            private_file.replace(self._at(name), content, dir_fd=self.descriptor)
        except OSError as error:
            raise Unusable(f"cannot be written: {files.reason(error)}") from None

    def remove(self, name: str) -> None:
        """Remove a file. One that cannot be removed stays, without an error."""
        try:
            if self._open(make=False):
                os.unlink(self._at(name), dir_fd=self.descriptor)
        except (OSError, Unusable):
            return

    def lock(self, name: str) -> Lock:
        """Return a lock on a file of the folder."""
        from clovrix_env.system.lock import Lock

        return Lock(self._at(name), self.descriptor)

    def _names(self) -> list[str]:
        return os.listdir(self.path if self.descriptor is None else self.descriptor)

    def _at(self, name: str) -> str:
        return name if self.descriptor is not None else os.path.join(self.path, name)

    def _open(self, *, make: bool) -> bool:
        """Whether the folder exists. Raises ``Unusable`` if another user owns or can change it."""
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
            raise Unusable("has a NUL character in its name") from None
        except OSError as error:
            if os.path.islink(self.path):
                raise Unusable("is a symbolic link, which is not followed") from None
            raise Unusable(f"cannot be used: {files.reason(error)}") from None
        try:
            found = os.fstat(descriptor)
            if found.st_uid != os.geteuid():
                raise Unusable("belongs to another user")
            if found.st_mode & 0o022:
                raise Unusable("can be written to by others: run chmod 700 on it")
        except BaseException:
            os.close(descriptor)
            raise
        self.descriptor = descriptor
        return True


def _is_ours(name: str) -> bool:
    """Whether a name has the form of a cache file; the folder may contain other files."""
    from clovrix_env.system.private_file import finished

    stem, _, ending = (finished(name) or name).partition(".")
    return len(stem) == STEM and not stem.strip("0123456789abcdef") and ending in _ENDINGS


def _check_file(found: os.stat_result) -> None:
    if not is_own_file(found):
        is_file = stat.S_ISREG(found.st_mode)
        raise Unusable("belongs to another user" if is_file else "is not a regular file")
