"""A disk that fails, is full or cannot be written: refused or on the disk, never in between."""

import os
import shutil
import tempfile

import pytest
from fire.stand import ROUNDS, done, refused, whole_rounds

ALL_ROUNDS = 8


def check_after_a_failure(stand, out, rounds=ALL_ROUNDS):
    """Everything that holds after a disk failed; the rounds that are there."""
    there = set(whole_rounds(stand.entries()))
    assert done(out) <= there, "acknowledged and lost"
    assert len(done(out)) + len(refused(out)) == rounds, out
    for said in refused(out).values():
        assert said.partition(" ")[2].startswith(f"the store {stand.path} "), said
    with stand.client() as client:
        client.set_entry("backend", "production", "AFTER_0_0", "written")
    assert stand.is_sound()
    return there


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("calls", "error", "numbers", "for_good"),
    [("fdatasync,fsync", "EIO", range(1, 21), False),
     ("pwrite64", "ENOSPC", range(1, 61, 3), False),
     ("pwrite64", "EIO", range(2, 61, 6), False), ("ftruncate", "EIO", range(1, 5), False),
     ("fdatasync,fsync", "EIO", range(1, 31, 3), True),
     ("pwrite64,ftruncate", "ENOSPC", range(1, 31, 3), True)],
)  # fmt: skip
def test_a_disk_that_fails_loses_no_acknowledged_write(
    stand, strace, calls, error, numbers, for_good
):
    """The n-th call fails, and that write is refused; for good, and so are all after it."""
    for number in numbers:
        there = stand.copied(f"{number}")
        through = strace(calls, error=error, when=f"{number}{'+' if for_good else ''}")
        status, out, err = there.run("-c", ROUNDS, str(ALL_ROUNDS), through=through)
        assert status == 0, err
        check_after_a_failure(there, out)
        if for_good:
            first = min(refused(out))
            assert set(refused(out)) == set(range(first, ALL_ROUNDS)), out
        else:
            assert len(refused(out)) <= 1, out


def test_a_disk_full_at_any_size_refuses_a_write_whole(stand):
    """Room for n × 1.5 KiB a file, n from 0: refused whole, and the first that fits is whole."""
    status, out, err = stand.run("-c", ROUNDS, "90", "1536")
    assert status == 0, err
    assert check_after_a_failure(stand, out, 90) == done(out)
    assert refused(out)
    assert done(out)


AS_NOBODY = """
import hashlib, hmac, importlib, os, pkgutil, sys
import clovrix_env
from clovrix_env import Client, ClovrixError
# Nothing is imported later: this user may not read the package.
for room in ("client", "store", "system"):
    folder = [f"{clovrix_env.__path__[0]}/{room}"]
    for module in pkgutil.iter_modules(folder, f"clovrix_env.{room}."):
        importlib.import_module(module.name)
if os.getuid() == 0 and len(sys.argv) == 1:
    os.setgid(65534); os.setuid(65534)
def act(kind, what):
    try: print(kind, what())
    except ClovrixError as error: print(kind, type(error).__name__, str(error).splitlines()[0])
try: client = Client(max_retries=0)
except ClovrixError as error: sys.exit(print("open", str(error).splitlines()[0]))
act("read", lambda: client.get_entries("backend", "production"))
# Its first use of the day cannot be noted.
token = Client(os.environ["TOKEN"], max_retries=0)
act("read", lambda: token.get_entries("backend", "production"))
act("write", lambda: client.set_entry("backend", "production", "NEW", "new"))
"""
MODES = pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o400, 0o700), (0o600, 0o500)])


@pytest.fixture
def public(stand):
    """A store with one entry where also a user without rights can reach it."""
    with stand.client() as client:
        client.set_entry("backend", "production", "KEY", "value")
    folder = tempfile.mkdtemp(dir="/tmp")
    yield stand.copied(folder)
    os.chmod(folder, 0o700)
    shutil.rmtree(folder)


def nobody(stand, *words, **options):
    return stand.run("-c", AS_NOBODY, *words, TOKEN=stand.writer, **options)


def as_nobody(stand, file_mode, folder_mode):
    """What a program can do that owns file and folder with these modes, and nothing else."""
    for path, mode in ((stand.path, file_mode), (stand.folder, folder_mode)):
        path.chmod(mode)
        if os.getuid() == 0:
            os.chown(path, 65534, 65534)
    if stand.journal.exists():
        os.chown(stand.journal, os.stat(stand.path).st_uid, -1)
    status, out, err = nobody(stand, CLOVRIX_MASTER_KEY=stand.key.line())
    assert status == 0, err
    return out.splitlines()


def read_only(stand):
    """Reads work, and a write says why it does not."""
    why = "cannot be written: it or its folder is read-only"
    return [*["read {'KEY': 'value'}"] * 2, f"write ServerError the store {stand.path} {why}"]


@pytest.mark.quick
@MODES
def test_what_may_not_be_written_is_read(public, file_mode, folder_mode):
    """Of a read-only file, and in a read-only folder."""
    assert as_nobody(public, file_mode, folder_mode) == read_only(public)


def test_a_read_only_mount_is_read(public):
    """A file system that is mounted for reading; in WAL mode it is said why not, and what helps."""
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    through = ("unshare", "-rm", "sh", "-c", mount, str(public.folder))
    if shutil.which("unshare") is None or public.run("-c", "", through=through)[0] != 0:
        pytest.skip("a read-only mount cannot be made here")
    # The working directory was opened before the mount; the store is found by its whole path.
    status, out, err = nobody(public, "as it is", through=through)
    assert status == 0, err
    assert out.splitlines() == read_only(public)
    public.rows("PRAGMA journal_mode=WAL")
    (said,) = nobody(public, "as it is", through=through)[1].splitlines()
    assert said.startswith(f"open the store {public.path} is in WAL mode, and SQLite cannot write")
    public.rows("PRAGMA journal_mode=TRUNCATE")


@MODES
def test_a_torn_store_that_may_not_be_mended_is_not_read(
    public, strace, rollback_journal, file_mode, folder_mode
):
    """With half a commit in the file and no right to roll it back: a sentence, and no value."""
    before = public.entries()
    public.run("-c", ROUNDS, "1", through=strace("ftruncate", signal="SIGKILL", when=1))
    assert public.left_a_journal()
    (said,) = as_nobody(public, file_mode, folder_mode)
    assert said.startswith(f"open a write to the store {public.path} was interrupted")
    public.folder.chmod(0o700)
    public.path.chmod(0o600)
    assert public.entries() == before
