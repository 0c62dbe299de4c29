"""Whether other users of this machine can use a file, and why this process cannot."""

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


def denial(path: str, *, writes: bool = False) -> tuple[str, str]:
    """Why this process cannot read a file, or create it, and the command that changes that.

    Both are empty if neither the file nor a folder above it is closed to this process.
    """
    if os.name == "nt":
        return "", ""
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    for above in (*reversed(_folders(folder)), folder):
        creates = writes and above == folder
        if os.path.isdir(above) and not _may(above, os.X_OK | (os.W_OK if creates else 0)):
            return _closed(above, is_near=above == folder)
    if os.path.exists(path) and not _may(path, os.R_OK):
        return _closed(path, is_near=True)
    return "", ""


def _may(path: str, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _closed(path: str, *, is_near: bool) -> tuple[str, str]:
    """Name the owner of a path, this user, and the command. A folder further up is not chowned."""
    from shlex import quote

    found, me = os.stat(path), os.geteuid()
    is_folder, named = stat.S_ISDIR(found.st_mode), quote(path)
    if found.st_uid == me:
        bits = "u+rwx" if is_folder else "u+rw"
        why = f"{path} has mode {stat.S_IMODE(found.st_mode):04o}"
        return f"{why} and belongs to this user, {_user(me)}", f"chmod {bits} {named}"
    limits = " without CAP_DAC_OVERRIDE" if me == 0 else ""
    why = (
        f"{path} belongs to {_user(found.st_uid)} and has mode {stat.S_IMODE(found.st_mode):04o}; "
        f"this process runs as {_user(me)}{limits}"
    )
    if not is_near:
        return why, f"move it to a folder that this user can enter, or chmod o+x {named}"
    return why, f"ask its owner for access, or change the owner: chown {me} {named}"


def _user(uid: int) -> str:
    """The name and the number of a user; only the number if it has no name."""
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"
