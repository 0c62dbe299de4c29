"""Asks git which files it knows, and lets a hostile repository run nothing by it.

A repository's own configuration can name programs. Only ``ls-files`` is asked: what it would run,
hooks and the file system monitor, is switched off, and it may fetch nothing. Where git is missing,
fails, or takes too long, nothing is known.
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
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


def tracked(paths: Iterable[str]) -> frozenset[str]:
    """Those of some files that git tracks."""
    found: set[str] = set()
    for path in paths:
        folder, name = os.path.split(path)
        if name and _listed(folder, "--cached", "--", name):
            found.add(path)
    return frozenset(found)


def files_of(folder: str) -> list[str] | None:
    """The files below a folder that git tracks or would, relative to it; ``None`` without git."""
    return _listed(folder, "--cached", "--others", "--exclude-standard")


def _listed(folder: str, *arguments: str) -> list[str] | None:
    try:
        ended = subprocess.run(
            (*_GIT, "ls-files", "-z", *arguments),
            cwd=folder,
            env={**os.environ, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    if ended.returncode != 0:
        return None
    return [os.fsdecode(name) for name in dict.fromkeys(ended.stdout.split(b"\0")) if name]
