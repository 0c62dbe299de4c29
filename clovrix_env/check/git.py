"""Lists the files that git tracks, without running a program of a hostile repository.

A repository's own configuration can name programs. Only ``ls-files`` is run: the programs that it
could run, hooks and the file system monitor, are switched off, and it cannot fetch. Variables that
a calling git has set for its own repository are removed.
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
# Variables that select a repository, as listed by ``git rev-parse --local-env-vars``. They are set
# in a hook of git.
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


class GitFailed(Exception):
    """There is a repository, but git cannot list its files; often another user owns it."""


def tracked(paths: Iterable[str]) -> frozenset[str]:
    """Return those of the files that git tracks. Raises ``GitFailed``."""
    found: set[str] = set()
    for path in paths:
        folder, name = os.path.split(path)
        if name and os.path.lexists(path) and _listed(folder, "--cached", "--", name):
            found.add(path)
    return frozenset(found)


def files_of(folder: str) -> list[str] | None:
    """Return the files below a folder that git tracks or does not ignore, relative to it.

    ``None`` without git or a repository.
    """
    try:
        return _listed(folder, "--cached", "--others", "--exclude-standard")
    except GitFailed:
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
        raise GitFailed from None
    if ended.returncode != 0:
        if _NO_REPOSITORY in ended.stderr:
            return None
        raise GitFailed
    return [os.fsdecode(name) for name in dict.fromkeys(ended.stdout.split(b"\0")) if name]
