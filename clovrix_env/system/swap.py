"""Puts a finished file in the place of another one, which is kept under a new name."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def swap(staged: str, path: str, kept: str, sides: Sequence[str]) -> bool:
    """Rename ``staged`` to ``path``. Returns whether a file was there, which is now ``kept``.

    ``sides`` are endings of files that belong to the old file and are renamed with it. Another
    process finds the old file or the new one, never none. Raises ``OSError``.
    """
    existed = os.path.lexists(path)
    if existed:
        os.link(path, kept)
    for side in sides:
        if os.path.lexists(path + side):
            os.rename(path + side, kept + side)
    os.replace(staged, path)
    return existed
