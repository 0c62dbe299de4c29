"""A new private file, whole or not at all: for the store and the master key."""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def make(path: str, fill: Callable[[str], None]) -> None:
    """Make ``path`` with mode 0600, filled by ``fill(name)``, and on the disk when this returns.

    It is filled under another name in the same folder and gets its own last, so that nobody sees
    half a file, a crash included. ``FileExistsError`` where ``path`` is there: nothing is replaced.
    Missing folders are made with mode 0700.
    """
    folder = os.path.dirname(path)
    _make_folders(folder)
    temporary = f"{path}.{os.urandom(4).hex()}.new"
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        error.filename = path  # the name that somebody knows
        raise
    try:
        # A umask can take bits of the mode away, those of the owner too.
        os.chmod(temporary, 0o600)
        fill(temporary)
        _sync(temporary, os.O_RDWR)
        _name(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    _sync_folder(folder)


def _name(temporary: str, path: str) -> None:
    # A hard link refuses a name that is taken, where a rename would replace what has it.
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "File exists", path) from None
        os.rename(temporary, path)


def _make_folders(folder: str) -> None:
    if os.path.isdir(folder):
        return
    above = os.path.dirname(folder)
    _make_folders(above)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        if not os.path.isdir(folder):
            raise
    _sync_folder(above)


def _sync_folder(folder: str) -> None:
    if os.name != "nt":
        _sync(folder, os.O_RDONLY)


def _sync(path: str, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
