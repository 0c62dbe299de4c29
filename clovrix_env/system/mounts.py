"""The kind of file system that a path is on."""

from __future__ import annotations

import os

from clovrix_env.system import files

_TABLE = "/proc/self/mountinfo"
# File systems whose locks and shared memory are those of this machine. All others count as remote.
_LOCAL = frozenset(
    b"aufs bcachefs btrfs exfat ext2 ext3 ext4 f2fs fuseblk jfs nilfs2 ntfs3 overlay ramfs "
    b"reiserfs tmpfs ubifs vfat xfs zfs".split()
)
# How the table writes the characters that would end a field.
_ESCAPED = ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\"))


def is_local(path: str) -> bool:
    """Whether a path is known to be on this machine's own disk or memory.

    False for NFS, SMB, 9p, FUSE and unknown file systems, and on systems other than Linux.
    """
    try:
        table = files.read(_TABLE)[0]
    except files.Unreadable:
        return False
    return _kind(os.fsencode(os.path.realpath(path)), table) in _LOCAL


def _kind(path: bytes, table: bytes) -> bytes:
    """The type of the innermost mount above a path; the last one if several have one place."""
    kind, longest = b"", -1
    for line in table.splitlines():
        place, _, about = line.partition(b" - ")
        point = place.split(b" ")[4]
        for written, character in _ESCAPED:
            point = point.replace(written, character)
        if len(point) >= longest and (path + b"/").startswith(point.rstrip(b"/") + b"/"):
            kind, longest = about.split(b" ")[0], len(point)
    return kind
