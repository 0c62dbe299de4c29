"""A private file in the user's editor: in memory where there is such a place, and gone afterwards.

Removed whatever ends us, but SIGKILL: an error, Ctrl-C, SIGTERM, SIGHUP.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.deadline import SLICE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

FILE = "entries.env"
MOST_BYTES = 32 * 1024 * 1024
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_IN_MEMORY = ("tmpfs", "ramfs")
_SECRETS = ("CLOVRIX_TOKEN", "CLOVRIX_MASTER_KEY")
_USUAL = "vi"
# How long an editor has to end when we are ended, in seconds.
_PATIENCE = 2.0


class _Ended(BaseException):
    """A signal that ends us has come."""


class Editor:
    """A context manager: ``write`` once, ``edited`` as often as needed, nothing is left behind."""

    def __init__(self) -> None:
        self._command = _command()
        parent, self.in_memory = _place()
        # Named before it is made, so that nothing is left where a signal comes in between.
        self._folder = os.path.join(parent, f"clovrix-env-{os.urandom(8).hex()}")
        self._path = os.path.join(self._folder, FILE)
        self._before: dict[int, Any] = {}
        self._ended_by: int | None = None
        self._leaving = False

    def __enter__(self) -> Editor:
        try:
            for number in _ENDING:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._end)
            os.mkdir(self._folder, 0o700)
        except BaseException as error:
            self.__exit__()
            if isinstance(error, OSError):
                raise _failed(self._folder, error) from None
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        self._leaving = True
        shutil.rmtree(self._folder, ignore_errors=True)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._ended_by is not None:
            signal.signal(self._ended_by, signal.SIG_DFL)
            os.kill(os.getpid(), self._ended_by)

    def write(self, text: str) -> None:
        """The text to begin with."""
        try:
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with open(descriptor, "wb") as file:
                file.write(text.encode())
        except OSError as error:
            raise _failed(self._path, error) from None

    def edited(self) -> str:
        """Run the editor, and read what it left. Raises ``ClovrixConfigError``."""
        status = self._run()
        if status != 0:
            told = f"ended with {status}" if status > 0 else f"was ended by signal {-status}"
            raise ClovrixConfigError(f"{self._command[0]} {told}; nothing was written")
        try:
            with open(self._path, "rb") as file:
                content = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise _failed(self._path, error) from None
        if len(content) > MOST_BYTES:
            del content
            raise ClovrixConfigError("the text is larger than 32 MiB; nothing was written")
        return content.decode("utf-8", "surrogateescape")

    def _run(self) -> int:
        environ = {name: text for name, text in os.environ.items() if name not in _SECRETS}
        # Ctrl-C is the editor's: with a handler, and not ignored, for that would be inherited.
        before = signal.signal(signal.SIGINT, _leave_to_editor)
        try:
            process = subprocess.Popen([*self._command, self._path], env=environ)
            try:
                return _status(process)
            except BaseException:
                _end(process)
                raise
        except OSError as error:
            why = os.strerror(error.errno or 0).lower()
            raise ClovrixConfigError(
                f"{self._command[0]} cannot be started: {why}", "set VISUAL or EDITOR"
            ) from None
        finally:
            signal.signal(signal.SIGINT, before)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ended_by = number
        if not self._leaving:
            raise _Ended


def _leave_to_editor(number: int, frame: FrameType | None) -> None:
    del number, frame


def _command() -> list[str]:
    """The words of ``$VISUAL``, else of ``$EDITOR``, else vi."""
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(os.environ.get(name, ""))
        except ValueError:
            raise ClovrixConfigError(f"{name} has a quote that is not closed") from None
        if words:
            return words
    return [_USUAL]


def _place() -> tuple[str, bool]:
    """Where the file is made, and whether that is in memory."""
    for folder in (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm"):  # noqa: S108
        if os.path.isabs(folder) and os.access(folder, os.W_OK | os.X_OK) and _in_memory(folder):
            return folder, True
    folder = tempfile.gettempdir()
    return folder, _in_memory(folder)


def _in_memory(folder: str) -> bool:
    """Whether the file system of a folder lies in memory, as Linux tells it."""
    folder = os.path.realpath(folder)
    holding = [(path, kind) for path, kind in _mounts() if _is_below(folder, path)]
    return bool(holding) and max(reversed(holding), key=lambda m: len(m[0]))[1] in _IN_MEMORY


def _mounts() -> Iterator[tuple[str, str]]:
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                _, path, kind, *_ = line.split(" ")
                yield path, kind
    except OSError:
        return


def _is_below(folder: str, path: str) -> bool:
    return path == "/" or folder == path or folder.startswith(f"{path}/")


def _status(process: subprocess.Popen[bytes]) -> int:
    """How an editor ended. In slices: a signal just before a wait would be handled only after."""
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


def _failed(path: str, error: OSError) -> ClovrixConfigError:
    why = os.strerror(error.errno or 0).lower()
    return ClovrixConfigError(f"{path}: {why}; nothing was written")
