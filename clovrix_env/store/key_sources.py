"""The places that can have a master key: a file, a variable, or the output of a command.

file:PATH     a file that only this user can read; ``~`` is the home folder
cmd:COMMAND   the output of a command, such as that of a KMS, which runs without a shell
env:NAME      a variable of the process environment; for ``--master-key`` only
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import master_key
from clovrix_env.store.master_key import (
    COMMAND_SOURCE,
    FILE_SOURCE,
    SOURCES,
    VARIABLE,
    VARIABLE_SOURCE,
)
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from clovrix_env.store.master_key import MasterKey, Needed

SECONDS = 30.0
_MOST_BYTES = 1024


def find(text: str, named_by: str, environ: Mapping[str, str], store: Needed = "") -> MasterKey:
    """The key of the source ``text``, which ``named_by`` (a variable or an option) names.

    Raises ``ClovrixConfigError``. No message has the output or an argument of a command.
    """
    if text.startswith(FILE_SOURCE):
        return master_key.of_file(path_of(text, named_by, environ), store, named_by)
    if text.startswith(COMMAND_SOURCE):
        return _of_command(text[len(COMMAND_SOURCE) :], named_by, environ)
    if text.startswith(VARIABLE_SOURCE) and named_by != VARIABLE:
        name = text[len(VARIABLE_SOURCE) :]
        if name not in environ:
            raise ClovrixConfigError(
                f"{named_by}: the variable {one_line(name)} is not set",
                "set it to the line of the master key",
            )
        return master_key.parse(environ[name], one_line(name))
    kinds = [kind for kind in SOURCES if named_by != VARIABLE or kind != VARIABLE_SOURCE]
    raise ClovrixConfigError(
        f"{named_by} does not name a master key",
        f"start it with {', '.join(kinds[:-1])} or {kinds[-1]}"
        + (", or set it to the key's line" if named_by == VARIABLE else ""),
    )


def path_of(text: str, named_by: str, environ: Mapping[str, str]) -> str:
    """The absolute path of a ``file:`` source."""
    path = text[len(FILE_SOURCE) :]
    if path.startswith("~/") and environ.get("HOME"):
        path = os.path.join(environ["HOME"], path[2:])
    if not path or path.startswith("~") or "\0" in path:
        raise ClovrixConfigError(
            f"{named_by}: {FILE_SOURCE} has no path of a master key", f"write {FILE_SOURCE}/PATH"
        )
    return os.path.abspath(path)


def _of_command(command: str, named_by: str, environ: Mapping[str, str]) -> MasterKey:
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise ClovrixConfigError(
            f"{named_by}: the command after {COMMAND_SOURCE} is empty or has an open quote",
            "write the command as in a shell, without pipes: cmd:pass show clovrix",
        )
    name = f"{named_by}: the command {one_line(os.path.basename(words[0]))}"
    try:
        status, output = _run(words, environ)
    except subprocess.TimeoutExpired:
        raise ClovrixConfigError(
            f"{name} did not end within {SECONDS:.0f} s",
            "check that it asks for nothing: it has no terminal to answer on",
        ) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it contains a NUL"
        raise ClovrixConfigError(
            f"{name} cannot be started: {why}", "name a program that is on PATH, or its path"
        ) from None
    if status:
        raise ClovrixConfigError(
            f"{name} failed with status {status}; its output is not shown",
            "run it in a terminal to see why",
        )
    if len(output) > _MOST_BYTES:
        raise ClovrixConfigError(
            f"{name} printed more than a master key", "let it print the line of the key alone"
        )
    line = output.decode("latin-1").strip("\r\n")
    return master_key.parse(line, f"the output of {one_line(os.path.basename(words[0]))}")


def _run(words: list[str], environ: Mapping[str, str]) -> tuple[int, bytes]:
    """The status and the output of a command, which a time limit ends with its children."""
    process = subprocess.Popen(
        words,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    late: list[bool] = []

    def end() -> None:
        late.append(True)
        _kill(process)

    limit = threading.Timer(SECONDS, end)
    limit.start()
    try:
        assert process.stdout is not None
        with process.stdout as stdout:
            output = stdout.read(_MOST_BYTES + 1)
            if len(output) > _MOST_BYTES:
                _kill(process)
                return 0, output
        status = process.wait()
    except BaseException:
        _kill(process)
        raise
    finally:
        limit.cancel()
        process.wait()
    if late:
        raise subprocess.TimeoutExpired(words[0], SECONDS)
    return status, output


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, OSError):  # Windows has no groups; or it has just ended
        process.kill()
