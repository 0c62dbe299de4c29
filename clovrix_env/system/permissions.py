"""Whether other users of this machine can read a file, or write to it."""

from __future__ import annotations

import os
import stat

# The bits of all users, and the shift from them to those of the group.
_READ, _WRITE, _ENTER, _GROUP = stat.S_IROTH, stat.S_IWOTH, stat.S_IXOTH, 3


def is_planted(found: os.stat_result, folder: str) -> bool:
    """Whether another user may have put a file there for this user to read.

    Such a file belongs to neither this user nor root, and its folder can be written to by users
    other than these and its owner. A bind mount or a checkout in its owner's folder does not count.
    """
    if os.name == "nt" or found.st_uid in (0, os.geteuid()):
        return False
    around = os.stat(folder)
    trusted = (0, os.geteuid(), found.st_uid)
    if around.st_uid not in trusted or around.st_mode & stat.S_IWOTH:
        return True
    by_group = around.st_mode & stat.S_IWGRP
    return bool(by_group) and not any(is_own_group(around.st_gid, uid) for uid in trusted)


def others_can_read(path: str) -> bool:
    """Whether a user other than owner and root can read a file, given all folders above it."""
    return os.path.isfile(path) and _others_can(path, _READ)


def others_can_write(path: str) -> bool:
    """Whether such a user can write to a file or into a folder."""
    return _others_can(path, _WRITE)


def _others_can(path: str, bit: int) -> bool:
    if os.name == "nt":
        return False
    try:
        found = os.stat(path)
        above = [os.stat(folder) for folder in _folders(os.path.realpath(path))]
    except (OSError, ValueError):
        return False
    if found.st_mode & bit and all(folder.st_mode & _ENTER for folder in above):
        return True
    group = found.st_gid
    return (
        bool(found.st_mode & (bit << _GROUP))
        and not is_own_group(group, found.st_uid)
        and all(_lets_in(folder, group) for folder in above)
    )


def _lets_in(folder: os.stat_result, group: int) -> bool:
    if folder.st_gid == group:
        return bool(folder.st_mode & (_ENTER << _GROUP))
    return bool(folder.st_mode & _ENTER)


def _folders(path: str) -> list[str]:
    folders: list[str] = []
    while os.path.dirname(path) != path:
        path = os.path.dirname(path)
        folders.append(path)
    return folders


def is_own_group(gid: int, uid: int) -> bool:
    """Whether a group has only this user, as each user's own group on most systems."""
    import grp
    import pwd

    try:
        group, user = grp.getgrgid(gid), pwd.getpwuid(uid)
    except KeyError:
        return False
    return user.pw_gid == gid and group.gr_name == user.pw_name and not group.gr_mem
