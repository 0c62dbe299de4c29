"""A private file in the user's editor: in memory if possible, and removed afterwards.

It is removed after an error, Ctrl-C and any signal but SIGKILL. The next edit removes a file that
SIGKILL left behind. No core file is written while it exists.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

import click

from clovrix_env.cli import asking
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.launch import WITHHELD
from clovrix_env.system import files, private_file
from clovrix_env.system.deadline import SLICE
from clovrix_env.system.lock import Lock, is_free

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

FILE = "entries.env"
MOST_BYTES = 32 * 1024 * 1024
_LOCK = "lock"
_BEGIN = "clovrix-env-"
# Signals that end a process without a handler; Ctrl-C belongs to the editor.
_ENDING = [
    getattr(signal, f"SIG{name}")
    for name in ("TERM", "HUP", "QUIT", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "XCPU", "IO")
    if hasattr(signal, f"SIG{name}")
]
_IN_MEMORY = ("tmpfs", "ramfs")
_USUAL = "vi"
# An editor that a person used runs for longer than this, in seconds.
_AT_ONCE = 1.0
# How long an editor may take to end after a signal, in seconds.
_PATIENCE = 2.0


class _Ended(BaseException):
    """A signal that ends this process was received."""


class Editor:
    """A context manager: call ``write`` once and ``edited`` as often as needed."""

    def __init__(self) -> None:
        self._command = _command()
        self._folder = self._path = ""
        self._before: dict[int, Any] = {}
        self._ended_by: int | None = None
        self._defers = False
        self._lock: Lock | None = None
        self.in_memory: bool = False
        # Whether the editor ended before a person could have used it.
        self.ended_at_once: bool = False
        # The folders of earlier edits that were killed.
        self.swept: list[str] = []

    def __enter__(self) -> Editor:
        _forbid_core_file()
        try:
            for number in _ENDING:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._end)
            self._make_folder()
            self._lock = Lock(os.path.join(self._folder, _LOCK))
            self._lock.try_acquire()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make_folder(self) -> None:
        """Use the first folder that works, in memory first; never the working directory."""
        why: list[str] = []
        for parent in _places():
            # Named before it is created, so that a signal in between leaves nothing behind.
            self._folder = os.path.join(parent, f"{_BEGIN}{os.urandom(8).hex()}")
            try:
                os.mkdir(self._folder, 0o700)
            except OSError as error:
                why.append(f"{parent}: {files.reason(error)}")
                continue
            self._path = os.path.join(self._folder, FILE)
            self.in_memory = _in_memory(parent)
            self.swept = _swept(parent, self._folder)
            return
        raise ClovrixConfigError(
            f"no folder can hold the file to edit ({'; '.join(why)})",
            "set TMPDIR to a folder that this user can write to",
        )

    def __exit__(self, *raised: object) -> None:
        self._defers = True
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.__exit__()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._ended_by is not None:
            signal.signal(self._ended_by, signal.SIG_DFL)
            os.kill(os.getpid(), self._ended_by)

    def write(self, text: str) -> None:
        """Write the initial text."""
        try:
            private_file.create(self._path, text.encode())
        except OSError as error:
            raise self._failed(files.reason(error)) from None

    def edited(self) -> bytes:
        """Run the editor, and read the file. Raises ``ClovrixConfigError``."""
        began = time.monotonic()
        status = self._run()
        self.ended_at_once = time.monotonic() - began < _AT_ONCE
        if status != 0:
            why = f"ended with {status}" if status > 0 else f"was ended by signal {-status}"
            raise ClovrixConfigError(f"{self._command[0]} {why}; nothing was written")
        try:
            return files.read(self._path, MOST_BYTES)[0]
        except files.Unreadable as error:
            raise self._failed(str(error)) from None

    def _failed(self, why: str) -> ClovrixConfigError:
        return ClovrixConfigError(f"{self._path} {why}; nothing was written")

    def _run(self) -> int:
        environ = {name: text for name, text in os.environ.items() if name not in WITHHELD}
        # Ctrl-C belongs to the editor. A handler, because an ignored signal would be inherited.
        before = signal.signal(signal.SIGINT, _leave_to_editor)
        try:
            # A signal before the assignment would leave the process behind.
            self._defers = True
            process = subprocess.Popen([*self._command, self._path], env=environ)
            self._defers = False
            try:
                if self._ended_by is not None:
                    raise _Ended
                return _status(process)
            except BaseException:
                _end(process)
                raise
        except OSError as error:
            raise ClovrixConfigError(
                f"{self._command[0]} cannot be started: {files.reason(error)}",
                "set VISUAL or EDITOR",
            ) from None
        finally:
            signal.signal(signal.SIGINT, before)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ended_by = number
        if not self._defers:
            raise _Ended


def _leave_to_editor(number: int, frame: FrameType | None) -> None:
    del number, frame


def _command() -> list[str]:
    """The words of ``$VISUAL`` or ``$EDITOR``, or vi on a terminal."""
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(os.environ.get(name, ""))
        except ValueError:
            raise ClovrixConfigError(f"{name}: a quote is never closed") from None
        if words:
            return words
    if not asking.somebody_is_there():
        raise click.UsageError(
            f"no editor: neither VISUAL nor EDITOR is set, and {asking.why_nobody()}; "
            "use clovrix-env set or clovrix-env import"
        )
    return [_USUAL]


def _places() -> list[str]:
    """Folders for the file, those in memory first."""
    if os.name == "nt":
        return [tempfile.gettempdir()]
    memory = (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm")  # noqa: S108
    # Not gettempdir(): it ends at the working directory, which may be shared or a repository.
    others = (os.environ.get("TMPDIR", ""), "/tmp", "/var/tmp")  # noqa: S108
    found = [*filter(_in_memory, filter(os.path.isabs, memory)), *filter(os.path.isabs, others)]
    return list(dict.fromkeys(found))


def _swept(parent: str, own: str) -> list[str]:
    """Remove the folders of edits that were killed; their paths."""
    swept: list[str] = []
    try:
        folders = [os.path.join(parent, n) for n in os.listdir(parent) if n.startswith(_BEGIN)]
    except OSError:
        return swept
    for folder in folders:
        # A folder that is being created has no file yet.
        if folder == own or not os.path.exists(os.path.join(folder, FILE)):
            continue
        if is_free(os.path.join(folder, _LOCK)):
            shutil.rmtree(folder, ignore_errors=True)
            swept.append(folder)
    return swept


def _forbid_core_file() -> None:
    """A core file would contain the values. The editor inherits the limit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _in_memory(folder: str) -> bool:
    """Whether the file system of a folder is in memory, according to Linux."""
    folder = os.path.realpath(folder)
    holding = [(path, kind) for path, kind in _mounts() if _is_below(folder, path)]
    return bool(holding) and max(reversed(holding), key=lambda m: len(m[0]))[1] in _IN_MEMORY


def _mounts() -> Iterator[tuple[str, str]]:
    try:
        content, _ = files.read("/proc/self/mounts")
    except files.Unreadable:
        return
    for line in os.fsdecode(content).splitlines():
        _, path, kind, *_ = line.split(" ")
        yield path, kind


def _is_below(folder: str, path: str) -> bool:
    return path == "/" or folder == path or folder.startswith(f"{path}/")


def _status(process: subprocess.Popen[bytes]) -> int:
    """Wait for an editor, in slices: a signal just before a long wait would be handled after it."""
    while True:
        status = process.poll()
        if status is not None:
            return status
        time.sleep(SLICE)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
