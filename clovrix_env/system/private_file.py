"""Writes every file: whole or not at all, and by default readable only by its owner.

All writing uses one descriptor of a new file with a random name. The folder's owner can replace
that file meanwhile. The replacement is not written to, keeps its mode, and does not get the name.
"""

from __future__ import annotations

import errno
import os
import stat
import time

from clovrix_env.system import files, lock
from clovrix_env.system.files import is_own_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PRIVATE = 0o600
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_UNFINISHED = ".new"
_DIGITS = 8
_BLOCK = 1024 * 1024
# A writer locks its file while it works. Without locks, or before the file is locked, a writer that
# has not written for this long counts as gone.
_UNFINISHED_SECONDS = 60


class OpenToOthers(files.Unreadable):
    """Other users of this machine can read a file that must be private."""


def read(path: str, *, follow: bool = False) -> bytes | None:
    """Return the content of a private file; ``None`` if it does not exist.

    Raises ``files.Unreadable`` if it is not a regular file, if others can read it, or if it is
    larger than 1 MiB.
    """
    try:
        return files.read(path, follow=follow, check=check_private)[0]
    except files.Absent:
        return None


def check_private(found: os.stat_result) -> None:
    """Refuse a file that is not regular or that others can read.

    A file of root may be readable by a group of this process: Kubernetes mounts a Secret in that
    way for a program that does not run as root. It may also be readable by root's own group: a
    credential of systemd shows the rights of its access list there. Raises ``files.Unreadable``.
    """
    if not stat.S_ISREG(found.st_mode):
        raise files.Unreadable("is not a regular file")
    mode = stat.S_IMODE(found.st_mode)
    is_lent = mode & 0o077 == 0o040 and found.st_uid == 0
    if os.name != "nt" and mode & 0o077 and not (is_lent and _is_in(found.st_gid)):
        raise OpenToOthers(f"can be read by others (mode {mode:04o})")


def replace(
    path: str, content: bytes, *, mode: int | None = PRIVATE, dir_fd: int | None = None
) -> None:
    """Write a file and replace an existing one. Raises ``OSError`` and then leaves nothing behind.

    A link at the path is replaced, not followed. Without ``mode`` the umask decides.
    """

    def rename(unfinished: str) -> None:
        os.replace(unfinished, path, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)

    _write(path, lambda descriptor, _: _put(descriptor, content), rename, mode, dir_fd)


def create(path: str, content: bytes, *, mode: int | None = PRIVATE) -> None:
    """Write a new file. Raises ``OSError``, and ``FileExistsError`` if one exists."""
    _write(path, lambda descriptor, _: _put(descriptor, content), _link(path), mode)


def copy(source: str, path: str, *, once: bool = False) -> None:
    """Copy a file of any size to a new private file. Raises ``OSError``.

    ``once`` removes the source before the copy, so that a kill leaves nothing of it. On Windows it
    stays.
    """

    def fill(descriptor: int, _: str) -> None:
        with open(source, "rb") as content:
            if once and os.name != "nt":
                os.unlink(source)
            while block := content.read(_BLOCK):
                _put(descriptor, block)

    _write(path, fill, _link(path), PRIVATE, locked=False)


def create_by_name(path: str, fill: Callable[[str], object]) -> None:
    """Create a file that a library writes.

    ``fill(name)`` writes to an empty file, and must refuse a file that is not empty.
    """
    # Not locked: on NFS the lock would make the library wait.
    _write(path, lambda _, name: fill(name), _link(path), PRIVATE, locked=False)


def remove(path: str) -> None:
    """Remove a file if it exists and can be removed."""
    _trying(os.unlink, path)


def append(path: str, text: str, *, follow: bool) -> None:
    """Add all lines to a file that others also write to, or none. Raises ``OSError``."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags if follow else flags | _SAFELY, 0o666)
    try:
        before = os.fstat(descriptor).st_size
        content = text.encode()
        if before:
            os.lseek(descriptor, -1, os.SEEK_END)
            if os.read(descriptor, 1) != b"\n":  # the last line has no newline
                content = b"\n" + content
        try:
            _put(descriptor, content)
        except OSError:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def make_folders(path: str) -> None:
    """Create a folder and its missing parents with mode 0700, whatever the umask.

    Raises ``OSError``.
    """
    if os.path.isdir(path):
        return
    above = os.path.dirname(path)
    if above != path:
        make_folders(above)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:  # made just now, or not a folder: then its use fails
        return
    if os.name != "nt" and os.lstat(path).st_mode & 0o777 != 0o700:
        os.chmod(path, 0o700)  # a umask can also clear bits of the owner
    _trying(_sync, above)


def unfinished_name(path: str) -> str:
    """Return a random name for an unfinished file that will get the name ``path``."""
    return f"{path}.{os.urandom(_DIGITS // 2).hex()}{_UNFINISHED}"


def finished(name: str) -> str | None:
    """Return the final name of an unfinished file; ``None`` for any other file."""
    begin, _, ending = name.rpartition(".")
    final, _, digits = begin.rpartition(".")
    is_ours = f".{ending}" == _UNFINISHED and len(digits) == _DIGITS
    return final if is_ours and not digits.strip("0123456789abcdef") else None


def sweep(
    names: Iterable[str], folder: str, dir_fd: int | None = None, *, locked: bool = True
) -> None:
    """Remove unfinished files whose writers were killed."""
    oldest = time.time() - _UNFINISHED_SECONDS
    for name in names:
        path = name if dir_fd is not None else os.path.join(folder, name)
        try:
            found = os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
            is_free = locked and found.st_size > 0 and lock.is_free(path, dir_fd)
            if is_own_file(found) and (is_free or found.st_mtime < oldest):
                os.unlink(path, dir_fd=dir_fd)
        except OSError:  # another process removed it, or it cannot be removed
            continue


def _write(
    path: str,
    fill: Callable[[int, str], object],
    give_name: Callable[[str], object],
    mode: int | None,
    dir_fd: int | None = None,
    *,
    locked: bool = True,
) -> None:
    folder, name = os.path.split(path)
    if not name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if dir_fd is None:  # otherwise the caller sweeps its folder
        try:
            left = (other for other in os.listdir(folder or ".") if finished(other) == name)
            sweep(left, folder, locked=locked)
        except OSError:  # a folder can be writable but not listable
            pass
    unfinished = unfinished_name(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY
    descriptor = None
    try:
        try:
            descriptor = os.open(unfinished, flags, 0o666 if mode is None else mode, dir_fd=dir_fd)
            if locked:
                lock.lock(descriptor)
            if mode is not None and os.name != "nt":
                os.fchmod(descriptor, mode)  # a umask can also clear bits of the owner
            fill(descriptor, unfinished)
            os.fsync(descriptor)
            if not _is(descriptor, unfinished, dir_fd):
                raise OSError(errno.EBUSY, "another user changed the folder meanwhile")
            if os.name == "nt":  # Windows does not rename an open file
                os.close(descriptor)
            give_name(unfinished)
        except BaseException as error:
            if descriptor is not None:
                _discard(descriptor, unfinished, path, dir_fd)
            elif not isinstance(error, OSError):  # a signal came just when the file was created
                _trying(os.unlink, unfinished, dir_fd=dir_fd)
            raise
    except OSError as error:
        error.filename = path  # the name that the caller knows
        raise
    if os.name != "nt":
        os.close(descriptor)
    if dir_fd is None:
        _trying(_sync, folder)


def _put(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _is(descriptor: int, path: str, dir_fd: int | None) -> bool:
    """Whether a path names an open file."""
    try:
        found = os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
        return os.path.samestat(os.fstat(descriptor), found)
    except OSError:
        return False


def _link(path: str) -> Callable[[str], None]:
    def link(unfinished: str) -> None:
        # A hard link fails if the name is taken; a rename would replace the file.
        try:
            os.link(unfinished, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
            os.rename(unfinished, path)
        else:
            _trying(os.unlink, unfinished)

    return link


def _discard(descriptor: int, unfinished: str, path: str, dir_fd: int | None) -> None:
    """Leave nothing behind: empty the file even if its name was removed.

    A file that already has its final name stays, as after a signal at that moment.
    """
    if not _is(descriptor, path, dir_fd):
        _trying(os.ftruncate, descriptor, 0)
    if _is(descriptor, unfinished, dir_fd) or os.name == "nt":
        _trying(os.unlink, unfinished, dir_fd=dir_fd)
    _trying(os.close, descriptor)


def _trying(change: Callable[..., object], *about: object, **options: object) -> None:
    """Try a change whose failure neither fails a finished file nor hides another error."""
    try:
        change(*about, **options)
    except OSError:
        pass


def _sync(folder: str) -> None:
    """Write the names in a folder to the disk."""
    if os.name == "nt":
        return
    descriptor = os.open(folder or ".", os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_in(group: int) -> bool:
    return os.name != "nt" and group in (0, os.getegid(), *os.getgroups())
