"""A small file that only its owner may read: read with suspicion, replaced whole or not at all."""

from __future__ import annotations

import errno
import os
import stat

from clovrix_env.system.files import Unreadable

MOST_BYTES = 1024 * 1024
_CAREFULLY = (
    getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
)


def read(path: str) -> bytes | None:
    """What the file holds; ``None`` where there is none.

    Raises ``files.Unreadable`` for a link, for what is no regular file, for one that others can
    read or that is larger than 1 MiB.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _CAREFULLY)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unreadable("is a link, which is not followed") from None
        raise Unreadable(f"cannot be read: {os.strerror(error.errno or 0).lower()}") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("is no regular file")
        if os.name != "nt" and found.st_mode & 0o077:
            mode = f"{stat.S_IMODE(found.st_mode):04o}"
            raise Unreadable(f"can be read by others (mode {mode}); chmod 600 it")
        content = os.read(descriptor, MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MOST_BYTES:
        raise Unreadable("is larger than 1 MiB")
    return content


def replace(path: str, content: bytes) -> None:
    """Write the file with mode 0600; missing folders are made with 0700. Raises ``OSError``.

    It is on the disk, whole, before it gets its name. A link in its place is replaced, not
    followed.
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, 0o700, exist_ok=True)
    unfinished = f"{path}.{os.urandom(4).hex()}.new"
    descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _CAREFULLY, 0o600)
    try:
        try:
            os.chmod(unfinished, 0o600)  # a umask takes bits of the owner's away too
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
