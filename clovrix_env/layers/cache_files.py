"""The files of ours in the folder of last known values, told from others by their names."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovrix_env.layers.cache_folder import CacheFolder

# Sealed values, the lock beside them, a remembered refusal; what a killed writer left of each.
_OURS = re.compile(r"[0-9a-f]{32}(\.lock|\.refused)?(\.new)?")
_BESIDE = ("", ".lock", ".new")


def sizes(folder: CacheFolder) -> dict[str, int]:
    """All files of ours, by name, with their bytes. Raises ``Unusable``."""
    return {name: size for name, size in folder.sizes().items() if _OURS.fullmatch(name)}


def beside(names: Iterable[str]) -> tuple[str, ...]:
    """Files of last known values, by name, each with those that belong to it."""
    return tuple(name + ending for name in names for ending in _BESIDE)


def clear(folder: CacheFolder, only: Iterable[str] | None = None) -> tuple[int, tuple[str, ...]]:
    """Remove the files of ours, or those of ``only``; how many, and which ones stayed.

    No link is followed, and nothing else is touched. Raises ``Unusable``.
    """
    chosen = None if only is None else frozenset(only)
    names = [name for name in sizes(folder) if chosen is None or name in chosen]
    for name in names:
        folder.remove(name)
    stayed = tuple(sorted(sizes(folder).keys() & set(names)))
    return len(names) - len(stayed), stayed
