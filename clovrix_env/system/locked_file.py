"""Changes a file of the user's configuration, one process at a time."""

from __future__ import annotations

import os

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system import files, private_file
from clovrix_env.system.lock import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def rewrite(
    path: str, content: Callable[[], bytes], deadline: float, *, mode: int = private_file.PRIVATE
) -> None:
    """Replace a file under a lock. ``content`` reads the present file and returns the new one.

    Missing folders are created. Raises ``ClovrixConfigError`` if the file cannot be written, or if
    another process holds the lock at ``deadline`` (``time.monotonic``).
    """
    try:
        private_file.make_folders(os.path.dirname(path))
        with Lock(f"{path}.lock") as lock:
            if not lock.acquire(deadline):
                raise ClovrixConfigError(
                    f"{path} is being changed by another process, which did not finish in time",
                    "try again when that process has ended",
                )
            private_file.replace(path, content(), mode=mode)
    except OSError as error:
        raise ClovrixConfigError(
            f"{path} cannot be written: {files.reason(error)}",
            "make it writable, or set XDG_CONFIG_HOME to another folder",
        ) from None
