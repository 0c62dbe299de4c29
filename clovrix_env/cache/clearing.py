"""Removes cache files: by a command, and dead ones at each write.

No launch that needs no request loads this module.
"""

from __future__ import annotations

import time

from clovrix_env.cache.folder import STEM
from clovrix_env.system import private_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping

    from clovrix_env.cache.folder import CacheFolder

# A write looks at this many files, and removes those that were not written for 90 days: their token
# is not used any more.
_MOST_SWEPT = 200
_DEAD_SECONDS = 90 * 24 * 3600


def sweep(folder: CacheFolder, spared: str) -> None:
    """Remove files of killed writers, and files that have not been written for long.

    Only so many names are looked at: a folder with many files does not slow down a fetch, and later
    writes remove the rest. Files with the stem ``spared`` stay: their lock is held. Raises
    ``OSError``.
    """
    names = folder.first_names(_MOST_SWEPT)
    unfinished = [name for name in names if name.endswith(".new")]
    private_file.sweep(unfinished, folder.path, folder.descriptor)
    oldest = time.time() - _DEAD_SECONDS
    for name in names:
        states = [folder.state(other) for other in {name, name[:STEM]}]
        is_dead = all(found is None or found.st_mtime < oldest for found in states)
        if is_dead and name[:STEM] != spared:
            folder.remove(name)


def written(states: Mapping[str, os.stat_result]) -> dict[str, float]:
    """Return when each file was last written, in seconds since the epoch.

    Files with the same stem count as one: a lock is written once, its values again and again.
    """
    last: dict[str, float] = {}
    for name, state in states.items():
        last[name[:STEM]] = max(state.st_mtime, last.get(name[:STEM], 0.0))
    return {name: last[name[:STEM]] for name in states}


def cleared(
    folder: CacheFolder, only: Collection[str] | None = None, before: float | None = None
) -> tuple[int, tuple[str, ...]]:
    """Remove all cache files, or ``only`` the named ones with their locks.

    Returns how many were removed, and the names of those that could not be removed.

    With ``before``, only files that were ``written`` before that time are removed. Links are not
    followed, and other files stay. Raises ``Unusable``.
    """
    names = [
        name
        for name, at in written(folder.files()).items()
        if (before is None or at < before) and (only is None or name[:STEM] in only)
    ]
    for name in names:
        folder.remove(name)
    stayed = tuple(sorted(folder.files().keys() & set(names)))
    return len(names) - len(stayed), stayed
