"""The one reader: a file may be hostile: a FIFO, a device, a gigabyte, UTF-16, somebody else's."""

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
# How long a FIFO that the user names is waited for, where nothing else says it.
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
    """Why a file cannot be read, in words that follow its name."""


class Absent(Unreadable):
    """There is no file of that name, or a folder."""


class Failed(Unreadable):
    """The system does not give it."""


class Refused(Failed):
    """This user may not read it."""


class Unreachable(Refused):
    """It is behind a folder of another user that this user may not enter."""


class FifoNotOpened(Unreadable):
    """A FIFO whose caller does not wait for it: to open and close it would end its writer."""


class State(Record):
    """A file as it was read or looked for; ``size`` is -1 for an absent one, ``mtime`` in ns.

    Only of a FIFO that was read there is nothing but the path: what it held is gone.
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
        """Whether it was a FIFO, which gives what it holds only once."""
        return self == State(self.path, 0)


def state_of(path: str) -> State:
    """The state of what lies at ``path`` now; a folder counts as absent."""
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
    """What to say of a link that points nowhere; empty for anything else."""
    try:
        target = os.readlink(path)
    except (OSError, ValueError, AttributeError):
        return ""
    return "" if os.path.exists(path) else f"is a link to {target}, which does not exist"


def is_own_file(found: os.stat_result) -> bool:
    """Whether it is a regular file of this user's."""
    return stat.S_ISREG(found.st_mode) and (os.name == "nt" or found.st_uid == os.geteuid())


def read_text(
    path: str,
    *,
    fifo_deadline: float | None = None,
    check: Callable[[os.stat_result], object] | None = None,
) -> tuple[str, State] | None:
    """The text of a file and its state; ``None`` where there is none, or a folder.

    A FIFO is read only with ``fifo_deadline``, a time of ``time.monotonic()``. At most 1 MiB, UTF-8
    with or without a byte order mark. ``check`` as in ``read``. Raises ``Unreadable``.
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
    """The content of a file, and what ``fstat`` says of it. Raises ``Unreadable``, ``Absent``.

    More than ``most`` bytes are an error, or cut off with ``cut``. ``check`` refuses a file for its
    kind, its owner or its mode, before anything is read. ``follow``: whether the last part of the
    path may be a symbolic link. A FIFO needs ``fifo_deadline``, a time of ``time.monotonic()``, and
    is empty where nobody writes to it now, unless a writer is awaited.
    """
    try:
        # Before it is opened: merely to open a device can start something, a watchdog, a tape.
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
        raise Unreadable("holds a NUL character in its name") from None
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
    """A file's content as text: UTF-8, with or without a byte order mark. Raises ``Unreadable``."""
    text = decoded(content)
    text = text[text.startswith("\ufeff") :]
    if text.startswith("\ufeff"):
        raise Unreadable("starts with two byte order marks: save it as UTF-8 with one or none")
    return text


def decoded(content: bytes) -> str:
    """The same with every character, a byte order mark too. Raises ``Unreadable``."""
    line = 0
    try:
        # Not utf-8-sig: that codec would be loaded for three bytes.
        text = content.decode()
    except UnicodeDecodeError as error:  # it holds the content: it ends here
        text, line = None, content.count(b"\n", 0, error.start) + 1
    if text is None:
        raise Unreadable(_UTF_16 if _is_utf_16(content) else f"is not UTF-8 (line {line})")
    if "\0" in text and _is_utf_16(content):
        raise Unreadable(_UTF_16)
    return text


def _is_utf_16(content: bytes) -> bool:
    """By its mark; without one, where every second byte of most characters is zero."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    zeros = sorted((content[::2].count(0), content[1::2].count(0)))
    return len(content) % 2 == 0 and zeros[0] == 0 and 4 * zeros[1] > len(content)


def reason(error: OSError) -> str:
    """Why the system refused, in its words."""
    return (error.strerror or os.strerror(error.errno or 0)).lower()


def without_newline(text: str) -> str:
    """A text that is a file's only line: one newline at its end is no part of it."""
    return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")


def _is_device(found: os.stat_result) -> bool:
    if stat.S_ISCHR(found.st_mode):
        return found.st_rdev != os.stat(os.devnull).st_rdev
    return stat.S_ISBLK(found.st_mode)


def _check_awaited(found: os.stat_result, fifo_deadline: float | None) -> None:
    if fifo_deadline is None and stat.S_ISFIFO(found.st_mode):
        raise FifoNotOpened("is a FIFO, which is not opened here")


def _is_behind_another(path: str) -> bool:
    """Whether the folder that this user may not enter is another user's, or root's."""
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
    """All that there is to read, up to one byte more than ``most``."""
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
        except BlockingIOError:  # a FIFO whose writer writes on
            _wait_for(descriptor, fifo_deadline or 0.0)
            continue
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _wait_for(descriptor: int, deadline: float) -> None:
    """Until a FIFO has something to read, or its writer has closed it."""
    import selectors  # gevent and eventlet put their own there; eventlet takes select.poll away

    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unreadable("is a FIFO that nobody wrote to in time")
            # In slices: a signal that comes just before a wait would be handled only after it.
            if selector.select(min(left, 0.1)):
                return


def _shown(count: int) -> str:
    return f"{count // 1024**2} MiB" if count >= 1024**2 else f"{count // 1024} KiB"
