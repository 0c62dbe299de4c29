"""Asks git which files it knows, and lets a hostile repository run nothing by it.

A repository's own configuration can name programs. Only ``ls-files`` is asked: what it would run,
hooks and the file system monitor, is switched off, and it may fetch nothing. What a git above this
process has set for its own repository is left out.
"""

from __future__ import annotations

import os
import subprocess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_SECONDS = 10
_GIT = (
    *("git", "--no-pager", "--literal-pathspecs"),
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.untrackedCache=false"),
)
# What names a repository, as ``git rev-parse --local-env-vars`` lists it: a hook of git has it set.
_LOCAL = frozenset(
    (
        *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS"),
        *("GIT_CONFIG_COUNT", "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE"),
        *("GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE", "GIT_PREFIX"),
        *("GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE"),
        *("GIT_COMMON_DIR", "GIT_INTERNAL_SUPER_PREFIX"),
    )
)
_NO_REPOSITORY = b"not a git repository"
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


class NotSaid(Exception):
    """There is a repository, and git does not say what it tracks; often another user owns it."""


def tracked(paths: Iterable[str]) -> frozenset[str]:
    """Those of some files that git tracks. Raises ``NotSaid``."""
    found: set[str] = set()
    for path in paths:
        folder, name = os.path.split(path)
        if name and os.path.lexists(path) and _listed(folder, "--cached", "--", name):
            found.add(path)
    return frozenset(found)


def files_of(folder: str) -> list[str] | None:
    """The files below a folder that git tracks or would, relative to it; ``None`` without git."""
    try:
        return _listed(folder, "--cached", "--others", "--exclude-standard")
    except NotSaid:
        return None


def _listed(folder: str, *arguments: str) -> list[str] | None:
    given = {name: value for name, value in os.environ.items() if name not in _LOCAL}
    try:
        ended = subprocess.run(
            (*_GIT, "ls-files", "-z", *arguments),
            cwd=folder,
            env={**given, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, ValueError):
        return None
    except subprocess.TimeoutExpired:
        raise NotSaid from None
    if ended.returncode != 0:
        if _NO_REPOSITORY in ended.stderr:
            return None
        raise NotSaid
    return [os.fsdecode(name) for name in dict.fromkeys(ended.stdout.split(b"\0")) if name]
