"""Finds the files of a project, without ignored files, environments, tests, hidden folders.

Links are not followed. Files that are too large or cannot be read are left out with a note.
"""

from __future__ import annotations

import os

from clovrix_env.check import git
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LARGEST = 512 * 1024
MOST_FILES = 10_000
LARGEST_TOGETHER = 32 * 1024 * 1024
# Tests read variables that they set.
_SKIPPED = frozenset(("node_modules", "site-packages", "__pycache__", "test", "tests", "testing"))
_READS = (b"environ", b"getenv")
# A walk of deeper folders would exceed Python's limit on recursion.
_DEEPEST = 64


def sources(root: str, notes: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield each Python file that mentions the environment: its path and its content."""
    yield from contents(root, filter(_is_source, names(root)), notes, _READS)


def contents(
    root: str, found: Iterable[str], notes: list[str], words: Sequence[bytes] = ()
) -> Iterator[tuple[str, bytes]]:
    """Yield each of the files below ``root`` that has one of the ``words``, with its content."""
    together = 0
    for count, name in enumerate(found):
        if count == MOST_FILES:
            notes.append(f"more than {MOST_FILES} files: the others were not checked")
            return
        try:
            path = os.path.join(root, name)
            content, _ = files.read(path, LARGEST + 1, cut=True, follow=False)
        except files.Refused:
            notes.append(f"{name} cannot be read and was not checked")
            continue
        except files.Unreadable:  # absent, or not a regular file
            continue
        if words and not any(word in content for word in words):
            continue
        if len(content) > LARGEST:
            notes.append(f"{name} is larger than {LARGEST // 1024} KiB and was not checked")
            continue
        together += len(content)
        if together > LARGEST_TOGETHER:
            notes.append(f"more than {LARGEST_TOGETHER // 1024**2} MiB of code: not all checked")
            return
        yield name, content


def names(root: str) -> Iterator[str]:
    """Yield the paths of the project's files, relative to ``root``."""
    listed = git.files_of(root)
    found = _walked(root) if listed is None else iter(sorted(listed))
    top = os.path.realpath(root)
    folders: dict[str, bool] = {"": True}
    for name in found:
        folder = os.path.dirname(name)
        if name.count(os.sep) <= _DEEPEST and _is_ours(folder, root, top, folders):
            yield name


def _walked(root: str) -> Iterator[str]:
    for folder, below, names in os.walk(root):
        relative = os.path.relpath(folder, root)
        below[:] = sorted(n for n in below if not _is_skipped(n, os.path.join(folder, n)))
        if relative.count(os.sep) >= _DEEPEST:
            below.clear()
        yield from (os.path.normpath(os.path.join(relative, name)) for name in sorted(names))


def _is_ours(folder: str, root: str, top: str, known: dict[str, bool]) -> bool:
    """Whether a folder belongs to the project; ``top`` is the real path of the root."""
    if folder not in known:
        above, name = os.path.split(folder)
        path = os.path.join(root, folder)
        known[folder] = (
            _is_ours(above, root, top, known)
            and not _is_skipped(name, path)
            and os.path.realpath(path) == os.path.join(top, folder)
        )
    return known[folder]


def _is_skipped(name: str, path: str) -> bool:
    return (
        name.startswith(".")
        or name in _SKIPPED
        or os.path.lexists(os.path.join(path, "pyvenv.cfg"))
    )


def _is_source(path: str) -> bool:
    return path.endswith(".py") and not is_test(os.path.basename(path))


def is_test(name: str) -> bool:
    """Whether a file's name is that of a test, which reads variables that it sets."""
    return name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")
