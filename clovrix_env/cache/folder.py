"""The folder of last known values and their like: ours alone, its files replaced whole.

Every look goes through the folder's own descriptor: what is put in its place later is not used.
Nothing here follows a link, and nothing waits.
"""

from __future__ import annotations

import _thread
import errno
import os
import stat
import time

from clovrix_env.system.files import contents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping
    from typing import Optional

    # What tells one version of a file from the next: inode, size, mtime in ns.
    Version = Optional[tuple[int, int, int]]

_CLOEXEC = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | _CLOEXEC | getattr(os, "O_DIRECTORY", 0)
_READ = os.O_RDONLY | _CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CLOEXEC | getattr(os, "O_BINARY", 0)
_LOCK = os.O_RDWR | os.O_CREAT | _CLOEXEC
_UNFINISHED = ".new"
_UNFINISHED_ENDINGS = ("new", "refused.new")
# Sealed values, the lock beside them, a remembered refusal; what a killed writer left of each.
_ENDINGS = ("", "lock", "refused", "lock.new", *_UNFINISHED_ENDINGS)
_BESIDE = ("", ".lock", ".new")
# All our names begin with so many hexadecimal digits.
STEM = 32
# A writer that is at work has not gone for as long as this; what it left behind is swept.
_UNFINISHED_SECONDS = 60


class Unusable(Exception):
    """Why the folder or a file of it cannot be used, in words that follow its name."""


class CacheFolder:
    """``path``, opened where it exists; it is made, with mode 0700, when something is written.

    It has to belong to this user and nobody else may write to it. Safe for several threads. Where
    it is said that it has no locks, others may be writing the same file at the same time.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.has_locks = True
        self._descriptor: int | None = None
        self._is_open = False
        self._opening = _thread.allocate_lock()

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
            descriptor = os.open(self._at(name), _READ, dir_fd=self._descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unusable(_why_not_read(error)) from None
        try:
            _check_owned(os.fstat(descriptor), stat.S_ISREG, "is no regular file")
            content = contents(descriptor, most)
        except OSError as error:
            raise Unusable(_why_not_read(error)) from None
        finally:
            os.close(descriptor)
        if len(content) > most:
            raise Unusable(f"has more than {most} bytes")
        return content

    def version(self, name: str) -> Version:
        """Which version of a file lies there, or ``None``."""
        try:
            if not self._open(make=False):
                return None
            found = os.stat(self._at(name), dir_fd=self._descriptor, follow_symlinks=False)
        except (OSError, Unusable):
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    def files(self) -> dict[str, os.stat_result]:
        """All regular files of this user's by name, as they stand. Raises ``Unusable``."""
        if not self._open(make=False):
            return {}
        found: dict[str, os.stat_result] = {}
        try:
            names = self._names()
        except OSError as error:
            raise Unusable(_why_not_read(error)) from None
        for name in names:
            try:
                looked = os.stat(self._at(name), dir_fd=self._descriptor, follow_symlinks=False)
            except OSError:  # it has gone meanwhile
                continue
            if stat.S_ISREG(looked.st_mode) and (os.name == "nt" or _is_own(looked)):
                found[name] = looked
        return found

    def replace(self, name: str, content: bytes) -> None:
        """Write a file, mode 0600, whole or not at all. Raises ``Unusable``."""
        self._open(make=True)
        unfinished = (name if self.has_locks else os.urandom(STEM // 2).hex()) + _UNFINISHED
        self._sweep(unfinished)
        try:
            descriptor = os.open(self._at(unfinished), _NEW, 0o600, dir_fd=self._descriptor)
            try:
                if os.name != "nt":
                    os.fchmod(descriptor, 0o600)  # a umask takes bits of the owner's away too
                _write(descriptor, content)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            # A link in the file's place is replaced, not followed.
            os.replace(
                self._at(unfinished),
                self._at(name),
                src_dir_fd=self._descriptor,
                dst_dir_fd=self._descriptor,
            )
        except OSError as error:
            self.remove(unfinished)
            raise Unusable(f"cannot be written: {_words(error)}") from None

    def remove(self, name: str) -> None:
        """Remove a file; one that cannot be removed stays."""
        try:
            if self._open(make=False):
                os.unlink(self._at(name), dir_fd=self._descriptor)
        except (OSError, Unusable):
            return

    def open_lock(self, name: str) -> int:
        """The descriptor of an empty file to lock. Raises ``OSError``."""
        return os.open(self._at(name), _LOCK, 0o600, dir_fd=self._descriptor)

    def _sweep(self, unfinished: str) -> None:
        """Remove what a writer that was killed has left: of this file, and old ones of others."""
        self.remove(unfinished)
        try:
            names = self._names()
        except OSError:
            return
        oldest = (time.time() - _UNFINISHED_SECONDS) * 1e9
        for name in names:
            if _is_ours(name, _UNFINISHED_ENDINGS):
                version = self.version(name)
                if version is not None and version[2] < oldest:
                    self.remove(name)

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
            if make:
                _make(self.path)
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
            raise Unusable(f"cannot be used: {_words(error)}") from None
        try:
            found = os.fstat(descriptor)
            _check_owned(found, stat.S_ISDIR, "is no folder")
            if found.st_mode & 0o022:
                raise Unusable("can be written to by others: chmod 700 helps")
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True


def _is_ours(name: str, endings: Container[str] = _ENDINGS) -> bool:
    """Whether a name is one that we give; the folder may hold files of others."""
    stem, _, ending = name.partition(".")
    return len(stem) == STEM and not stem.strip("0123456789abcdef") and ending in endings


def _make(path: str) -> None:
    try:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        os.mkdir(path, 0o700)
        os.chmod(path, 0o700)
    except FileExistsError:
        return


def _check_owned(found: os.stat_result, is_kind: Callable[[int], bool], otherwise: str) -> None:
    if not is_kind(found.st_mode):
        raise Unusable(otherwise)
    if os.name != "nt" and not _is_own(found):
        raise Unusable("belongs to another user")


def _is_own(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid()


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _why_not_read(error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return "is a symbolic link, which is not followed"
    return f"cannot be read: {_words(error)}"


def _words(error: OSError) -> str:
    return os.strerror(error.errno or 0).lower()


def files_in(folder: CacheFolder) -> dict[str, os.stat_result]:
    """All files of ours, by name, as they stand. Raises ``Unusable``."""
    return {name: state for name, state in folder.files().items() if _is_ours(name)}


def written(files: Mapping[str, os.stat_result]) -> dict[str, float]:
    """When each was last written, in seconds since the epoch; what belongs together is as one.

    A lock is written once, and lies beside values that are written again and again.
    """
    last: dict[str, float] = {}
    for name, state in files.items():
        last[name[:STEM]] = max(state.st_mtime, last.get(name[:STEM], 0.0))
    return {name: last[name[:STEM]] for name in files}


def beside(names: Iterable[str]) -> tuple[str, ...]:
    """Files of last known values, by name, each with those that belong to it."""
    return tuple(name + ending for name in names for ending in _BESIDE)


def cleared(
    folder: CacheFolder, only: Iterable[str] | None = None, before: float | None = None
) -> tuple[int, tuple[str, ...]]:
    """Remove the files of ours, or those of ``only``; how many, and which ones stayed.

    With ``before`` only what was ``written`` before that time. No link is followed, and nothing
    else is touched. Raises ``Unusable``.
    """
    chosen = None if only is None else frozenset(only)
    names = [
        name
        for name, at in written(files_in(folder)).items()
        if (before is None or at < before) and (chosen is None or name in chosen)
    ]
    for name in names:
        folder.remove(name)
    stayed = tuple(sorted(files_in(folder).keys() & set(names)))
    return len(names) - len(stayed), stayed
