"""Who else on this machine can read or write what a start reads and keeps."""

from __future__ import annotations

import os
import stat

from clovrix_env.doctor.report import Observation
from clovrix_env.system.permissions import others_can_read, others_can_write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def observed(private: Iterable[str], shared: Iterable[str]) -> Iterator[Observation]:
    """Each path that is there: of ``private`` ones nobody else may read, of none may he write."""
    secret = dict.fromkeys(private)
    for path in (*secret, *(path for path in dict.fromkeys(shared) if path not in secret)):
        try:
            mode = stat.S_IMODE(os.stat(path).st_mode)
        except (OSError, ValueError):
            continue
        yield _observation(path, mode, path in secret)


def _observation(path: str, mode: int, is_private: bool) -> Observation:
    about = f"mode {mode:04o}"
    if is_private and others_can_read(path):
        told = f"{path} can be read by other users of this machine"
        return Observation(about, False, told, f"chmod 600 {path}")
    if others_can_write(path):
        told = f"{path} can be written to by other users of this machine"
        return Observation(about, False, told, f"chmod go-w {path}")
    return Observation(about, True, path)
