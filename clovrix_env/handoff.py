"""Hands off to the program: by exec on POSIX, by spawn and wait on Windows.

After exec there is no process and no byte of memory of ours: the program has our pid, its own
signals and its own status. What the kernel would refuse is refused here by name, before.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
import sys

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.process import (
    LONGEST_STRING,
    encode_utf8,
    most_bytes,
    shown_bytes,
    taken_bytes,
)
from clovrix_env.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NoReturn

OWN_FAILURE = 125
NOT_RUNNABLE = 126
NOT_FOUND = 127
_FALLBACK_PATH = "/bin:/usr/bin"
# Of both, Python ignores the signal for itself; the program is to have the default.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")


class CannotRun(Exception):
    """Why a command cannot be run, and the status that says so."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence, status)
        self.sentence = sentence
        self.status = status


class Changes(Record):
    """What differs from the environment that we were given ourselves."""

    added: Mapping[str, str]
    removed: Iterable[str]


def hand_off(command: Sequence[str], changes: Changes) -> NoReturn:
    """Become the command. Raises ``CannotRun``, or ``ClovrixConfigError`` for what does not fit."""
    if os.name == "nt":
        _spawn(command, changes)
    environ = child_environ(changes)
    arguments = [os.fsencode(argument) for argument in command]
    check_sizes(arguments, environ)
    paths = _candidates(command[0], environ.get(b"PATH"))
    _flush()
    _reset_signals()
    _exec(paths, arguments, environ)


def child_environ(changes: Changes) -> dict[bytes, bytes]:
    """The environment as bytes: what we were given, to the byte, and what was resolved as UTF-8."""
    environ = dict(os.environb)
    _drop_coerced_locale(environ)
    for name in changes.removed:
        environ.pop(encode_utf8(name), None)
    for name, value in changes.added.items():
        environ[encode_utf8(name)] = _strict_utf8(name, value)
    return environ


def _strict_utf8(name: str, value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise ClovrixConfigError(f"{name} is not UTF-8: it holds a lone surrogate") from None


def _drop_coerced_locale(environ: dict[bytes, bytes]) -> None:
    """Without a locale Python sets LC_CTYPE for itself (PEP 538); the program was not given it."""
    if environ.get(b"LC_CTYPE") not in (b"C.UTF-8", b"C.utf8", b"UTF-8"):
        return
    try:
        with open("/proc/self/environ", "rb") as file:
            given = file.read().split(b"\0")
    except OSError:
        return
    if not any(item.startswith(b"LC_CTYPE=") for item in given):
        del environ[b"LC_CTYPE"]


def check_sizes(arguments: Sequence[bytes], environ: Mapping[bytes, bytes]) -> None:
    """Refuse what the kernel would refuse, with the name of what is too large."""
    strings = [name + b"=" + value for name, value in environ.items()]
    problems = [
        f"{name.decode(errors='replace')} is {shown_bytes(len(name) + len(value) + 2)} long with "
        f"its name; one variable holds {shown_bytes(LONGEST_STRING + 1)}"
        for name, value in environ.items()
        if len(name) + 1 + len(value) > LONGEST_STRING
    ]
    problems += [
        f"argument {number} is {shown_bytes(len(argument) + 1)} long; one argument holds "
        f"{shown_bytes(LONGEST_STRING + 1)}"
        for number, argument in enumerate(arguments)
        if len(argument) > LONGEST_STRING
    ]
    taken, most = taken_bytes(strings) + taken_bytes(arguments), most_bytes()
    if not problems and taken > most:
        largest = sorted(environ, key=lambda name: len(environ[name]), reverse=True)[:3]
        shown = ", ".join(
            f"{name.decode(errors='replace')} ({shown_bytes(len(environ[name]))})"
            for name in largest
        )
        problems = [
            f"environment and arguments take {shown_bytes(taken)}; this system takes "
            f"{shown_bytes(most)}; largest: {shown}"
        ]
    if problems:
        raise ClovrixConfigError(
            problems, "raise ulimit -s, select fewer names in .clovrix, or hand large values as files"
        )


def _candidates(command: str, path: bytes | None) -> list[bytes]:
    """Where a command may lie: itself if it has a slash, else in each folder of PATH, as env does."""
    name = os.fsencode(command)
    if b"/" in name:
        return [name]
    folders = (os.fsencode(_FALLBACK_PATH) if path is None else path).split(b":")
    return [os.path.join(folder, name) if folder else name for folder in folders] if name else []


def _flush() -> None:
    """What is still buffered would be lost at exec. A stream may be closed, or its reader gone."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue


def _reset_signals() -> None:
    for name in _IGNORED_BY_PYTHON:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    # A blocked mask would survive exec. What was inherited as ignored (nohup) stays ignored.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _exec(paths: list[bytes], arguments: list[bytes], environ: dict[bytes, bytes]) -> NoReturn:
    """Try each path; a file that was found but not runnable is remembered over ones not found."""
    refused: CannotRun | None = None
    for path in paths:
        try:
            os.execve(path, arguments, environ)
        except OSError as error:
            why = _why_not(path, error)
            refused = refused or why
    if refused is not None:
        raise refused
    raise CannotRun(f"command {_shown(arguments[0])} not found", NOT_FOUND)


def _why_not(path: bytes, error: OSError) -> CannotRun | None:
    """Why a path could not be run, or ``None`` where there is nothing at it."""
    shown = _shown(path)
    try:
        found = os.stat(path)
    except OSError:
        return None
    if stat.S_ISDIR(found.st_mode):
        return CannotRun(f"{shown} is a folder", NOT_RUNNABLE)
    if error.errno == errno.ENOENT:
        return CannotRun(f"{shown} cannot be run: {_why_no_interpreter(path)}", NOT_RUNNABLE)
    if error.errno == errno.ENOEXEC:
        return CannotRun(
            f"{shown} is no program and has no #! line; run it as `-- sh {shown}`", NOT_RUNNABLE
        )
    if error.errno == errno.EACCES:
        return CannotRun(f"{shown} is not executable (chmod +x)", NOT_RUNNABLE)
    if error.errno == errno.E2BIG:
        raise ClovrixConfigError("environment and arguments are larger than this system takes")
    return CannotRun(f"{shown} cannot be run: {os.strerror(error.errno or 0)}", NOT_RUNNABLE)


def _why_no_interpreter(path: bytes) -> str:
    try:
        with open(path, "rb") as file:
            line = file.readline(256)
    except OSError:
        line = b""
    if not line.startswith(b"#!"):
        return "the loader that it names is missing"
    words = line[2:].strip(b"\n").split()
    interpreter = _shown(words[0]) if words else "''"
    if line.rstrip(b"\n").endswith(b"\r"):
        return f"its first line ends in CRLF, so its interpreter {interpreter}\\r does not exist"
    return f"its interpreter {interpreter} does not exist"


def _shown(path: bytes) -> str:
    return os.fsdecode(path).encode(errors="backslashreplace").decode()


def _spawn(command: Sequence[str], changes: Changes) -> NoReturn:
    """Windows: its exec returns to the shell at once, so we stay, wait, and hand on the status."""
    import subprocess

    environ = {n: v for n, v in os.environ.items() if n not in set(changes.removed)}
    environ.update(changes.added)
    # The console sends Ctrl+C to both; it is the program's to answer.
    signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        child = subprocess.Popen(list(command), env=environ)
    except FileNotFoundError:
        raise CannotRun(f"command {command[0]} not found", NOT_FOUND) from None
    except OSError as error:
        raise CannotRun(f"{command[0]} cannot be run: {error.strerror}", NOT_RUNNABLE) from None
    sys.exit(child.wait())
