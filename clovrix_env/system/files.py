"""Reads a small text file that may be hostile: a FIFO, a device, a gigabyte, no UTF-8."""

from __future__ import annotations

import errno
import os
import stat
import time

from clovrix_env.model.record import Record

LARGEST = 1024 * 1024
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


class Unreadable(Exception):
    """Why a file cannot be read, in words that follow its name."""


class FifoNotNamed(Unreadable):
    """A FIFO in a default file's place: reading it could wait for ever."""


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


def read_text(path: str, *, fifo_deadline: float | None = None) -> tuple[str, State] | None:
    """The text of a file and its state; ``None`` where there is none, or a folder.

    A FIFO is read only with ``fifo_deadline``, a time of ``time.monotonic()``. At most 1 MiB, UTF-8
    with or without a byte order mark. Raises ``Unreadable``.
    """
    try:
        if _is_device(os.stat(path)):  # merely to open one can start something: a watchdog, a tape
            raise Unreadable("is a device or a socket")
        descriptor = os.open(path, _OPEN)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except ValueError:
        raise Unreadable("holds a NUL character in its name") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG or os.path.isdir(path):
            return None
        raise Unreadable(f"cannot be read: {os.strerror(error.errno or 0).lower()}") from None
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            return None
        content = _content(descriptor, found, fifo_deadline)
    finally:
        os.close(descriptor)
    try:
        # Not utf-8-sig: that codec would be loaded for three bytes.
        text = content.decode()
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8") from None
    state = State(path, 0) if stat.S_ISFIFO(found.st_mode) else _state(path, found)
    return text[text.startswith("\ufeff") :], state


def contents(descriptor: int, most: int, pipe_deadline: float = 0.0) -> bytes:
    """All that there is to read, up to one byte more than ``most``.

    A pipe's writer, where there is one, is waited for until ``pipe_deadline``, a time of
    ``time.monotonic()``; ``BlockingIOError`` is raised then.
    """
    pieces: list[bytes] = []
    left = most + 1
    while left > 0:
        try:
            piece = os.read(descriptor, min(left, 256 * 1024))
        except BlockingIOError:
            if time.monotonic() >= pipe_deadline:
                raise
            time.sleep(0.01)
            continue
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def without_newline(text: str) -> str:
    """A text that is a file's only line: one newline at its end is no part of it."""
    return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")


def _is_device(found: os.stat_result) -> bool:
    if stat.S_ISCHR(found.st_mode):
        return found.st_rdev != os.stat(os.devnull).st_rdev
    return stat.S_ISBLK(found.st_mode)


def _content(descriptor: int, found: os.stat_result, fifo_deadline: float | None) -> bytes:
    kind = found.st_mode
    if stat.S_ISCHR(kind) and found.st_rdev == os.stat(os.devnull).st_rdev:
        return b""
    if stat.S_ISFIFO(kind):
        if fifo_deadline is None:
            raise FifoNotNamed("is a FIFO, which is read only when it is named (-f)")
        return _drain(descriptor, fifo_deadline)
    if not stat.S_ISREG(kind):
        raise Unreadable("is a device or a socket")
    try:
        content = contents(descriptor, LARGEST)
    except OSError as error:
        raise Unreadable(f"cannot be read: {os.strerror(error.errno or 0).lower()}") from None
    if len(content) > LARGEST:
        raise Unreadable("is larger than 1 MiB")
    return content


def _drain(descriptor: int, deadline: float) -> bytes:
    """What a FIFO's writer writes until it closes; before there is a writer, poll waits."""
    import select

    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    pieces: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Unreadable("is a FIFO that nobody wrote to in time")
        # In slices: a signal that comes just before a wait would be handled only after it.
        if not poll.poll(min(left, 0.1) * 1000):
            continue
        piece = os.read(descriptor, 64 * 1024)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise Unreadable("is larger than 1 MiB")
