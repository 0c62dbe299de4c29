"""Checks whether other users of this machine can read or write the files of a load."""

from __future__ import annotations

import os
import stat

from clovrix_env.doctor.report import Observation
from clovrix_env.system.permissions import others_can_read, others_can_write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def observed(private: Iterable[str], shared: Iterable[str]) -> Iterator[Observation]:
    """Yield an observation for each path that exists.

    Other users must not write to any of them, nor read the ``private`` ones.
    """
    secret = dict.fromkeys(private)
    for path in (*secret, *(path for path in dict.fromkeys(shared) if path not in secret)):
        try:
            mode = stat.S_IMODE(os.stat(path).st_mode)
        except (OSError, ValueError):
            continue
        yield _observation(path, mode, path in secret)


def _observation(path: str, mode: int, is_private: bool) -> Observation:
    name = f"mode {mode:04o}"
    if is_private and others_can_read(path):
        message = f"{path} can be read by other users of this machine"
        return Observation(name, False, message, f"chmod 600 {path}")
    if others_can_write(path):
        message = f"{path} can be written to by other users of this machine"
        return Observation(name, False, message, f"chmod go-w {path}")
    return Observation(name, True, path)
