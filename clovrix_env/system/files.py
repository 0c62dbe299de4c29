"""Reads every file. A file may be hostile: a FIFO, a device, a gigabyte, another user's file."""

from __future__ import annotations

import errno
import os
import stat
import time

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 1024 * 1024
# How long to wait for a FIFO that the user names, unless another limit applies.
FIFO_SECONDS = 10.0
_OPEN = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_UTF_16 = "looks like UTF-16: save it as UTF-8"


class Unreadable(Exception):
    """The reason why a file cannot be read, as words that follow its name."""


class Absent(Unreadable):
    """The file does not exist, or is a folder."""


class Failed(Unreadable):
    """The system failed to read it."""


class Refused(Failed):
    """This user may not read it."""


class Unreachable(Refused):
    """It is behind a folder of another user that this user may not enter."""


class FifoNotOpened(Unreadable):
    """A FIFO that the caller does not wait for: opening and closing it would end its writer."""


class State(Record):
    """A file as it was read or looked for; ``size`` is -1 for an absent one, ``mtime`` in ns.

    A FIFO that was read has nothing but the path, because its content is gone.
    """

    path: str
    size: int = -1
    mtime: int = 0
    inode: int = 0

    @property
    def exists(self) -> bool:
        return self.size >= 0

    @property
    def drained(self) -> bool:
        """Whether it was a FIFO, which can be read only once."""
        return self == State(self.path, 0)


def state_of(path: str) -> State:
    """Return the present state of ``path``; a folder counts as absent."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return State(path)
    return _state(path, found)


def _state(path: str, found: os.stat_result) -> State:
    if stat.S_ISDIR(found.st_mode):
        return State(path)
    if not stat.S_ISREG(found.st_mode):
        return State(path, 0, 0, found.st_ino)
    return State(path, found.st_size, found.st_mtime_ns, found.st_ino)


def dead_link(path: str) -> str:
    """Describe a link whose target does not exist; empty for anything else."""
    try:
        target = os.readlink(path)
    except (OSError, ValueError, AttributeError):
        return ""
    return "" if os.path.exists(path) else f"is a link to {target}, which does not exist"


def is_own_file(found: os.stat_result) -> bool:
    """Whether it is a regular file that belongs to this user."""
    return stat.S_ISREG(found.st_mode) and (os.name == "nt" or found.st_uid == os.geteuid())


def read_text(
    path: str,
    *,
    fifo_deadline: float | None = None,
    check: Callable[[os.stat_result], object] | None = None,
) -> tuple[str, State] | None:
    """Return the text of a file and its state; ``None`` if it does not exist or is a folder.

    A FIFO is read only with ``fifo_deadline``, a time of ``time.monotonic()``. The file has at most
    1 MiB of UTF-8, with or without a byte order mark. ``check`` is that of ``read``. Raises
    ``Unreadable``.
    """
    try:
        content, found = read(path, fifo_deadline=fifo_deadline, check=check)
    except Absent:
        return None
    state = State(path, 0) if stat.S_ISFIFO(found.st_mode) else _state(path, found)
    return text_of(content), state


def read(
    path: str,
    most: int = LARGEST,
    *,
    cut: bool = False,
    fifo_deadline: float | None = None,
    awaits_writer: bool = True,
    follow: bool = True,
    dir_fd: int | None = None,
    check: Callable[[os.stat_result], object] | None = None,
) -> tuple[bytes, os.stat_result]:
    """Return the content of a file and its ``fstat`` result. Raises ``Unreadable``, ``Absent``.

    More than ``most`` bytes are an error, or cut off with ``cut``. ``check`` can refuse a file by
    its kind, owner or mode before anything is read. ``follow`` allows the last part of the path to
    be a symbolic link. A FIFO needs ``fifo_deadline``, a time of ``time.monotonic()``. Unless
    ``awaits_writer`` is true, a FIFO without a writer is empty.
    """
    try:
        # Before opening it, because opening a device can start a watchdog or a tape.
        there = os.stat(path, dir_fd=dir_fd, follow_symlinks=follow)
        if stat.S_ISLNK(there.st_mode):
            raise Unreadable("is a symbolic link, which is not followed")
        if check is not None:
            check(there)
        if _is_device(there):
            raise Unreadable("is a device or a socket")
        _check_awaited(there, fifo_deadline)
        flags = _OPEN if follow else _OPEN | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(path, flags, dir_fd=dir_fd)
    except (FileNotFoundError, NotADirectoryError):
        raise Absent("does not exist") from None
    except ValueError:
        raise Unreadable("has a NUL character in its name") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise Absent("does not exist") from None
        if os.path.isdir(path):
            raise Absent("is a folder") from None
        if not isinstance(error, PermissionError):
            raise Failed(f"cannot be read: {reason(error)}") from None
        if dir_fd is None and _is_behind_another(path):
            raise Unreachable(f"cannot be reached: {reason(error)}") from None
        raise Refused(f"cannot be read: {reason(error)}") from None
    try:
        found = os.fstat(descriptor)
        if check is not None:
            check(found)
        _check_awaited(found, fifo_deadline)
        if fifo_deadline is not None and awaits_writer and stat.S_ISFIFO(found.st_mode):
            _wait_for(descriptor, fifo_deadline)
        content = _content(descriptor, found, most, fifo_deadline)
    except OSError as error:
        raise Failed(f"cannot be read: {reason(error)}") from None
    finally:
        os.close(descriptor)
    if len(content) > most and not cut:
        raise Unreadable(f"is larger than {_shown(most)}")
    return content[:most], found


def text_of(content: bytes) -> str:
    """Decode a file as UTF-8, with or without a byte order mark. Raises ``Unreadable``."""
    text = decoded(content)
    text = text[text.startswith("\ufeff") :]
    if text.startswith("\ufeff"):
        raise Unreadable("starts with two byte order marks: save it as UTF-8 with one or none")
    return text


def decoded(content: bytes) -> str:
    """Decode a file as UTF-8 and keep a byte order mark. Raises ``Unreadable``."""
    line = 0
    try:
        # Not utf-8-sig: loading that codec costs time.
        text = content.decode()
    except UnicodeDecodeError as error:  # the exception has the content, so it goes no further
        text, line = None, content.count(b"\n", 0, error.start) + 1
    if text is None:
        raise Unreadable(
            _UTF_16
            if _is_utf_16(content)
            else f"is not valid UTF-8 (line {line}): save it as UTF-8"
        )
    if "\0" in text and _is_utf_16(content):
        raise Unreadable(_UTF_16)
    return text


def _is_utf_16(content: bytes) -> bool:
    """Whether it has a UTF-16 mark, or a zero in every second byte of most characters."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    zeros = sorted((content[::2].count(0), content[1::2].count(0)))
    return len(content) % 2 == 0 and zeros[0] == 0 and 4 * zeros[1] > len(content)


def reason(error: OSError) -> str:
    """Return the system's reason in lower case."""
    return (error.strerror or os.strerror(error.errno or 0)).lower()


def without_newline(text: str) -> str:
    """Return the only line of a file without the newline at its end."""
    return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")


def _is_device(found: os.stat_result) -> bool:
    if stat.S_ISCHR(found.st_mode):
        return found.st_rdev != os.stat(os.devnull).st_rdev
    return stat.S_ISBLK(found.st_mode)


def _check_awaited(found: os.stat_result, fifo_deadline: float | None) -> None:
    if fifo_deadline is None and stat.S_ISFIFO(found.st_mode):
        raise FifoNotOpened("is a FIFO, which is not opened here")


def _is_behind_another(path: str) -> bool:
    """Whether the folder that this user may not enter belongs to another user or root."""
    if os.name == "nt":
        return False
    folder = path
    while True:
        try:
            found = os.stat(folder)
            break
        except PermissionError:
            above = os.path.dirname(folder) or "."
            if above == folder:
                return False
            folder = above
        except OSError:
            return False
    return folder != path and (found.st_uid == 0 or found.st_uid != os.geteuid())


def _content(
    descriptor: int, found: os.stat_result, most: int, fifo_deadline: float | None
) -> bytes:
    """Read everything, up to one byte more than ``most``."""
    kind = found.st_mode
    if stat.S_ISDIR(kind):
        raise Absent("is a folder")
    if stat.S_ISCHR(kind) and found.st_rdev == os.stat(os.devnull).st_rdev:
        return b""
    if not stat.S_ISREG(kind) and not stat.S_ISFIFO(kind):
        raise Unreadable("is a device or a socket")
    pieces: list[bytes] = []
    left = most + 1
    while left > 0:
        try:
            piece = os.read(descriptor, min(left, 256 * 1024))
        except BlockingIOError:  # a FIFO whose writer has not finished
            _wait_for(descriptor, fifo_deadline or 0.0)
            continue
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _wait_for(descriptor: int, deadline: float) -> None:
    """Wait until a FIFO has something to read or its writer closes it."""
    import selectors  # gevent and eventlet patch it; eventlet removes select.poll

    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unreadable("is a FIFO that no program wrote to in time")
            # In slices: a signal that arrives just before a wait is handled only after it.
            if selector.select(min(left, 0.1)):
                return


def _shown(count: int) -> str:
    return f"{count // 1024**2} MiB" if count >= 1024**2 else f"{count // 1024} KiB"


def file_at(path: str) -> tuple[int, int] | None:
    """The device and the inode of a file, or ``None`` if it cannot be found."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
