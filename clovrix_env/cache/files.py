"""The files of ours in the folder of last known values, told from others by their names."""

from __future__ import annotations

import re

from clovrix_env.cache.folder import STEM

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from clovrix_env.cache.folder import CacheFolder

# Sealed values, the lock beside them, a remembered refusal; what a killed writer left of each.
_OURS = re.compile(r"[0-9a-f]{32}(\.lock|\.refused)?(\.new)?")
_BESIDE = ("", ".lock", ".new")


def found(folder: CacheFolder) -> dict[str, os.stat_result]:
    """All files of ours, by name, as they stand. Raises ``Unusable``."""
    return {name: state for name, state in folder.files().items() if _OURS.fullmatch(name)}


def written(files: Mapping[str, os.stat_result]) -> dict[str, float]:
    """When each was last written, in seconds since the epoch; what belongs together is as one.

    A lock is written once, and lies beside values that are written again and again.
    """
    last: dict[str, float] = {}
    for name, state in files.items():
        last[name[:STEM]] = max(state.st_mtime, last.get(name[:STEM], 0.0))
    return {name: last[name[:STEM]] for name in files}


def beside(names: Iterable[str]) -> tuple[str, ...]:
    """Files of last known values, by name, each with those that belong to it."""
    return tuple(name + ending for name in names for ending in _BESIDE)


def clear(
    folder: CacheFolder, only: Iterable[str] | None = None, before: float | None = None
) -> tuple[int, tuple[str, ...]]:
    """Remove the files of ours, or those of ``only``; how many, and which ones stayed.

    With ``before`` only what was ``written`` before that time. No link is followed, and nothing
    else is touched. Raises ``Unusable``.
    """
    chosen = None if only is None else frozenset(only)
    names = [
        name
        for name, at in written(found(folder)).items()
        if (before is None or at < before) and (chosen is None or name in chosen)
    ]
    for name in names:
        folder.remove(name)
    stayed = tuple(sorted(found(folder).keys() & set(names)))
    return len(names) - len(stayed), stayed
