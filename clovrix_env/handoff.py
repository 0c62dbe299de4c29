"""Hands off to the program: exec on POSIX, spawn and wait on Windows.

After exec nothing of the launcher remains: the program has its pid, and its own memory, signals and
exit status. Sizes that the kernel would refuse are refused before exec, by name.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from clovrix_env.api.limits import is_utf8
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record
from clovrix_env.system import files
from clovrix_env.system.process import (
    encode_utf8,
    given_environ,
    longest_string,
    most_bytes,
    shown_bytes,
    taken_bytes,
    too_long,
)
from clovrix_env.system.signals import flush, leave_interrupt_to_program, reset_for_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NoReturn

OWN_FAILURE = 125
NOT_RUNNABLE = 126
NOT_FOUND = 127
_FALLBACK_PATH = "/bin:/usr/bin"
_LONGEST_PATH = 4096
# After these errors execvp (and so env) tries the next folder of PATH; after any other it stops.
_LOOKS_ON_AFTER = frozenset(
    (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ESTALE, errno.ENODEV, errno.ETIMEDOUT)
)


class CannotRun(Exception):
    """The command cannot be run. ``status`` is the exit status for the reason."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence, status)
        self.sentence = sentence
        self.status = status


class Changes(Record):
    """The differences between the launcher's environment and that of the program."""

    added: Mapping[str, str]
    removed: Iterable[str]


def hand_off(command: Sequence[str], changes: Changes) -> NoReturn:
    """Become the command.

    Raises:
        CannotRun: The command does not exist or cannot be run.
        ClovrixConfigError: The environment or the arguments are too large.
    """
    if os.name == "nt":
        _spawn(command, changes)
    environ = child_environ(changes)
    arguments = [os.fsencode(argument) for argument in command]
    check_sizes(arguments, environ)
    paths = _candidates(command[0], environ.get(b"PATH"))
    flush()
    _leave_closed()
    reset_for_program()
    _exec(paths, arguments, environ)


def child_environ(changes: Changes) -> dict[bytes, bytes]:
    """The environment as bytes: inherited variables unchanged, resolved values as UTF-8."""
    environ = given_environ()
    for name in changes.removed:
        environ.pop(encode_utf8(name), None)
    unfit = [name for name, value in changes.added.items() if not is_utf8(value)]
    if unfit:
        raise ClovrixConfigError(
            [f"{name} is not UTF-8: it contains a lone surrogate or byte" for name in unfit],
            "write the value as UTF-8",
        )
    environ.update((encode_utf8(name), value.encode()) for name, value in changes.added.items())
    return environ


def check_sizes(arguments: Sequence[bytes], environ: Mapping[bytes, bytes]) -> None:
    """Refuse sizes that the kernel would refuse, and name each variable or argument."""
    strings = [name + b"=" + value for name, value in environ.items()]
    problems = list(too_long(strings))
    longest = longest_string()
    problems += [
        f"argument {number} takes {len(argument) + 1:,} bytes; the limit is {longest + 1:,}"
        for number, argument in enumerate(arguments)
        if len(argument) > longest
    ]
    if problems:
        raise ClovrixConfigError(problems, "pass large values as files")
    if taken_bytes(strings) + taken_bytes(arguments) > most_bytes():
        raise _too_large(arguments, environ)


def _too_large(arguments: Sequence[bytes], environ: Mapping[bytes, bytes]) -> ClovrixConfigError:
    strings = [name + b"=" + value for name, value in environ.items()]
    taken = taken_bytes(strings) + taken_bytes(arguments)
    sizes = {os.fsdecode(name): len(value) for name, value in environ.items()}
    sizes["the arguments"] = taken_bytes(arguments)
    largest = sorted(sizes, key=lambda name: sizes[name], reverse=True)[:3]
    shown = ", ".join(f"{name} ({shown_bytes(sizes[name])})" for name in largest)
    return ClovrixConfigError(
        f"environment and arguments take {shown_bytes(taken)}; the limit of this system is "
        f"{shown_bytes(most_bytes())}; largest: {shown}",
        "raise ulimit -s, select fewer names in .clovrix, or pass large values as files",
    )


def _candidates(command: str, path: bytes | None) -> list[bytes]:
    """The paths to try: the command if it has a slash, otherwise one in each folder of PATH.

    A folder whose name is longer than any path is skipped.
    """
    name = os.fsencode(command)
    if b"/" in name:
        return [name]
    if not name:
        return []
    folders = (os.fsencode(_FALLBACK_PATH) if path is None else path).split(b":")
    return [os.path.join(folder, name) for folder in folders if len(folder) < _LONGEST_PATH]


def _leave_closed() -> None:
    """Close the standard streams that were closed before SQLite opened /dev/null in their place."""
    for number, stream in enumerate((sys.__stdin__, sys.__stdout__, sys.__stderr__)):
        if stream is None:
            try:
                os.close(number)
            except OSError:
                continue


def _exec(paths: list[bytes], arguments: list[bytes], environ: dict[bytes, bytes]) -> NoReturn:
    """Try each path. A file that exists and cannot be run is reported before "not found"."""
    refused: CannotRun | None = None
    for path in paths:
        try:
            os.execve(path, arguments, environ)
        except OSError as error:
            if error.errno == errno.E2BIG:
                raise _too_large(arguments, environ) from None
            why = _why_not(path, error)
            if why is not None and error.errno not in _LOOKS_ON_AFTER:
                raise why from None
            refused = refused or why
    if refused is not None:
        raise refused
    raise CannotRun(f"command {_shown(arguments[0])} not found", NOT_FOUND)


def _why_not(path: bytes, error: OSError) -> CannotRun | None:
    """The reason why a path could not be run, or ``None`` if it does not exist."""
    shown = _shown(path)
    try:
        found = os.stat(path)
    except OSError:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return None
        return CannotRun(f"{shown} cannot be run: {os.strerror(error.errno or 0)}", NOT_RUNNABLE)
    if stat.S_ISDIR(found.st_mode):
        return CannotRun(f"{shown} is a folder", NOT_RUNNABLE)
    if error.errno == errno.ENOENT:
        return CannotRun(f"{shown} cannot be run: {_why_no_interpreter(path)}", NOT_RUNNABLE)
    if error.errno == errno.ENOEXEC:
        if _first_line(path).startswith(b"\x7fELF"):
            return CannotRun(f"{shown} was built for another kind of machine", NOT_RUNNABLE)
        return CannotRun(
            f"{shown} is not a program and has no #! line; run it as `-- sh {shown}`", NOT_RUNNABLE
        )
    if error.errno == errno.EACCES and not os.access(path, os.X_OK):
        if os.statvfs(path).f_flag & getattr(os, "ST_NOEXEC", 0):
            return CannotRun(f"{shown} is on a file system mounted noexec", NOT_RUNNABLE)
        return CannotRun(f"{shown} is not executable (chmod +x)", NOT_RUNNABLE)
    return CannotRun(f"{shown} cannot be run: {os.strerror(error.errno or 0)}", NOT_RUNNABLE)


def _why_no_interpreter(path: bytes) -> str:
    line = _first_line(path)
    if not line.startswith(b"#!"):
        return "the loader that it names does not exist"
    words = line[2:].split()
    interpreter = _shown(words[0]) if words else "''"
    if line.endswith(b"\r"):
        return f"its first line ends in CRLF, so its interpreter {interpreter}\\r does not exist"
    return f"its interpreter {interpreter} does not exist"


def _first_line(path: bytes) -> bytes:
    try:
        return files.read(os.fsdecode(path), 256, cut=True)[0].partition(b"\n")[0]
    except files.Unreadable:
        return b""


def _shown(path: bytes) -> str:
    return os.fsdecode(path) or "''"


def _spawn(command: Sequence[str], changes: Changes) -> NoReturn:
    """Windows: exec would return to the shell at once, so wait and exit with the child's status."""
    import subprocess

    # Names are case-insensitive on Windows, and os.environ has them in capitals.
    environ = dict(os.environ)
    for name in changes.removed:
        environ.pop(name.upper(), None)
    environ.update((name.upper(), value) for name, value in changes.added.items())
    leave_interrupt_to_program()
    try:
        child = subprocess.Popen(list(command), env=environ)
    except FileNotFoundError:
        raise CannotRun(f"command {command[0]} not found", NOT_FOUND) from None
    except OSError as error:
        raise CannotRun(f"{command[0]} cannot be run: {error.strerror}", NOT_RUNNABLE) from None
    status = child.wait()
    # Such as 0xC0000005: Python 3.13 and older do not accept a status of 2**31 or more.
    sys.exit(status - 2**32 if status >= 2**31 else status)
