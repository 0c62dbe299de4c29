"""The sealed file: what is in it and around it, and every way in which it can be none of ours."""

import fcntl
import os
import socket
import stat
import time

import pytest
from cache.starts import SECRET, outcome

from clovrix_env.cache import sealed_file
from clovrix_env.cache.folder import CacheFolder, Unusable
from clovrix_env.system import seal

pytestmark = pytest.mark.slow
MISS = "backend/staging: the file of its cached values "
ROOT = os.name != "nt" and os.geteuid() == 0


def test_modes(starts):
    """0600 in a 0700 folder, whatever the umask."""
    result = starts(through=["sh", "-c", 'umask 0277; exec "$@"', "sh"])
    assert outcome(result) == (0, SECRET, [])
    assert stat.S_IMODE(starts.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(starts.sealed.stat().st_mode) == 0o600
    assert outcome(starts()) == (0, SECRET, [])
    assert starts.requests == 1


def test_nothing_is_told_by_what_lies_there(starts):
    """Neither names nor contents hold a value, a name, a place or the token."""
    starts.server.fault("answer", status=429, headers={"Retry-After": "60"}, times=1)
    starts()
    starts("--no-backoff")
    starts.fill()
    planted = [SECRET, "backend", "staging", "127.0.0.1", starts.home.token, starts.home.token[4:]]
    for path in starts.folder.iterdir():
        content = path.name.encode() + path.read_bytes()
        assert [word for word in planted if word.encode() in content] == []


def test_it_takes_nothing_but_what_was_written(starts):
    """Any bit that is flipped and any byte that is missing is a miss: 0 of them open."""
    starts.fill()
    blob = starts.sealed.read_bytes()
    flipped = [
        blob[: bit // 8] + bytes([blob[bit // 8] ^ 1 << bit % 8]) + blob[bit // 8 + 1 :]
        for bit in range(8 * len(blob))
    ]
    truncated = [blob[:length] for length in range(len(blob))]
    opened = 0
    with CacheFolder(str(starts.folder)) as folder:
        file = starts.file(folder)
        for content in (*flipped, *truncated, blob + b"\\0", blob * 2):
            starts.sealed.write_bytes(content)
            try:
                file.read(time.time_ns())
            except Unusable:
                continue
            opened += 1
        starts.sealed.write_bytes(blob)
        assert file.read(time.time_ns()) is not None
    assert opened == 0


def test_each_format_has_a_file_of_its_own(starts, monkeypatch):
    """Two versions side by side do not take each other's files for broken ones."""
    with CacheFolder(str(starts.folder)) as folder:
        ours = starts.file(folder).name
        monkeypatch.setattr(sealed_file, "_KEY_ID", b"LKV\x04")
        assert starts.file(folder).name != ours


def other_place(starts, path):
    """Sealed under the same token, for production, put under this name."""
    starts.launcher("backend", "production", "--", "true")
    (other,) = (name for name in starts.names("") if name != path.name)
    os.replace(starts.folder / other, path)


def other_fields(starts, path):
    with CacheFolder(str(starts.folder)) as folder:
        file = starts.file(folder)
        plain = b"\xff".join([b"now", b"0", b"", b"A", b"wrong"])
        path.write_bytes(seal.seal(file._key, b"LKV\x03", file._place, plain))


def symlink(starts, path):
    target = path.parent.parent / "elsewhere"
    os.replace(path, target)
    path.symlink_to(target)


def other_owner(starts, path):
    if not ROOT:
        pytest.skip("only root gives files away")
    os.chown(path, 12345, 12345)


def fifo(starts, path):
    path.unlink()
    os.mkfifo(path)


def unix_socket(starts, path):
    path.unlink()
    os.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


CHANGES = {
    "huge": lambda starts, path: os.truncate(path, 2**40),
    "a newer format": lambda starts, path: path.write_bytes(b"\x01LKV\x04" + path.read_bytes()[5:]),
    "from the future": lambda starts, path: starts.age(-360),
    "of another place": other_place,
    "with other fields": other_fields,
    "a link": symlink,
    "of another owner": other_owner,
    "a FIFO": fifo,
    "a socket": unix_socket,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_is_none_of_ours_is_a_miss(starts, change, monkeypatch):
    """Said once: Clovrix is asked, and what it says takes the place of whatever lies there."""
    monkeypatch.chdir(starts.launcher.folder)
    starts.fill()
    change(starts, starts.sealed)
    starts.put(A="newer")
    starts.server.forget()
    status, printed, (line,) = outcome(starts())
    assert (status, printed) == (0, "newer")
    assert line.startswith(MISS)
    assert outcome(starts()) == (0, "newer", [])
    assert starts.requests == 1
    assert stat.S_ISREG(starts.sealed.lstat().st_mode)
    elsewhere = starts.folder.parent / "elsewhere"
    if elsewhere.exists():
        assert b"newer" not in elsewhere.read_bytes()
        assert not starts.sealed.is_symlink()


OPEN = "can be written to by others: run chmod 700 on it"
FOLDERS = {
    "a file": "cannot be used: not a directory",
    "a link": "is a symbolic link, which is not followed",
    "open to all": OPEN,
    "open to the group": OPEN,
    "of another user": "belongs to another user",
}


@pytest.mark.parametrize("what", FOLDERS)
def test_a_folder_that_is_not_ours_alone(starts, what):
    """One line, and the start goes on without; nothing is put there."""
    starts.folder.parent.mkdir()
    if what == "a file":
        starts.folder.write_text("")
    elif what == "a link":
        (starts.folder.parent / "target").mkdir(mode=0o700)
        starts.folder.symlink_to("target")
    else:
        starts.folder.mkdir(mode=0o700)
        starts.folder.chmod({"open to all": 0o777, "open to the group": 0o770}.get(what, 0o700))
    if what == "of another user":
        other_owner(starts, starts.folder)
    note = f"values are not cached: {starts.folder} {FOLDERS[what]}"
    for _ in range(2):
        assert outcome(starts()) == (0, SECRET, [note])
    assert starts.requests == 2
    assert not starts.folder.is_dir() or list(starts.folder.iterdir()) == []


def test_a_folder_below_a_link(starts):
    """What systemd makes of ``CacheDirectory=`` with ``DynamicUser=`` can be the folder above."""
    (starts.folder.parents[1] / "private").mkdir()
    starts.folder.parent.symlink_to("private")
    for _ in range(2):
        assert outcome(starts()) == (0, SECRET, [])
    assert starts.requests == 1


def test_without_a_home_it_is_told_only_when_asked(starts):
    """A HOME that is no whole path is none: silent, and ``-v`` tells."""
    starts.environ["HOME"] = "nowhere"
    for _ in range(2):
        assert outcome(starts()) == (0, SECRET, [])
    assert starts.requests == 2
    lines = outcome(starts("-v"))[2]
    assert "no cached values: HOME and CLOVRIX_CACHE_DIR are not set" in lines
    problem = outcome(starts("--offline"))[2][0]
    assert problem.endswith(": the cache has no folder: set HOME or CLOVRIX_CACHE_DIR")


@pytest.mark.parametrize("variable", ["CLOVRIX_CACHE_DIR", "XDG_CACHE_HOME"])
def test_where_the_folder_lies(starts, variable, tmp_path):
    """``CLOVRIX_CACHE_DIR`` is the folder itself; below ``XDG_CACHE_HOME`` it has our name."""
    starts.environ[variable] = str(tmp_path / "a" / "b")
    starts.fill()
    ours = "" if variable == "CLOVRIX_CACHE_DIR" else "clovrix-env"
    assert stat.S_IMODE((tmp_path / "a" / "b" / ours).stat().st_mode) == 0o700
    assert len([p for p in (tmp_path / "a" / "b" / ours).iterdir() if not p.suffix]) == 1
    assert not starts.folder.exists()


def test_files_of_others_are_not_swept(starts):
    """The folder may be anybody's choice: what only ends like ours stays, however old."""
    starts.fill()
    others = ["notes.new", f"{'g' * 32}.new", f"{'0' * 31}.new", f"{'0' * 32}.txt.new"]
    for name in others:
        (starts.folder / name).write_text("theirs")
        os.utime(starts.folder / name, (0, 0))
    starts.allow(max_age="0s")
    starts.fill()
    assert starts.names(".new") == sorted(others)


def test_what_a_killed_writer_left_is_swept(starts):
    """At once where its lock is free; where nothing was written yet, after a minute."""
    starts.fill()
    mine, other, old, young, at_work = (
        starts.folder / f"{name}.0123abcd.new"
        for name in (starts.sealed.name, *(digit * 32 for digit in "0123"))
    )
    for path in (mine, other, at_work):
        path.write_bytes(b"half")
    for path in (old, young):
        path.touch()
    os.utime(old, (time.time() - 61, time.time() - 61))
    with at_work.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        starts.age(60)
        starts.fill()
    assert starts.names(".new") == [young.name, at_work.name]
