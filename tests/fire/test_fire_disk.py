"""A disk that fails, is full or cannot be written: refused or on the disk, never in between."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING

import pytest
from fire.stand import ROUNDS, Stand, done, refused, whole_rounds

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_ROUNDS = 8


def check_after_a_failure(stand: Stand, out: str, *, failed: bool = True) -> int:
    """Everything that holds after a disk failed; how many rounds were refused and are there."""
    there = set(whole_rounds(stand.entries()))
    assert done(out) <= there, "acknowledged and lost"
    assert len(done(out)) + len(refused(out)) == ALL_ROUNDS, out
    for said in refused(out).values():
        assert said.partition(" ")[2].startswith(f"the store {stand.path} "), said
    assert not failed or refused(out), out
    with stand.client() as client:
        client.set_entry("backend", "production", "AFTER_0_0", "written")
    assert stand.is_sound()
    return len(there - done(out))


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("call", "error", "calls"),
    [
        ("fdatasync,fsync", "EIO", range(1, 21)),
        ("pwrite64", "ENOSPC", range(1, 61, 3)),
        ("pwrite64", "EIO", range(2, 61, 6)),
        ("ftruncate", "EIO", range(1, 5)),
    ],
)
def test_a_call_that_fails_loses_no_acknowledged_write(
    stand: Stand, strace: str, call: str, error: str, calls: range
) -> None:
    """The n-th sync, write or truncation fails: that write is refused, the next one works."""
    late = failures = 0
    for number in calls:
        there = stand.copied(f"{number}")
        inject = f"inject={call}:error={error}:when={number}"
        status, out, err = there.run(
            "-c", ROUNDS, str(ALL_ROUNDS), through=(strace, "-o", "/dev/null", "-e", inject)
        )
        assert status == 0, err
        late += check_after_a_failure(there, out, failed=False)
        failures += len(refused(out))
        assert len(refused(out)) <= 1, out
    print(
        f"{call} {error}: {len(calls)} faults, {failures} refused ({late} of them there all the"
        " same), 0 acknowledged and lost"
    )


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("calls", "error"), [("fdatasync,fsync", "EIO"), ("pwrite64,ftruncate", "ENOSPC")]
)
def test_a_disk_that_fails_for_good_loses_no_acknowledged_write(
    stand: Stand, strace: str, calls: str, error: str
) -> None:
    """From the n-th call on all fail: all later writes are refused; on a sound disk all is well."""
    for number in range(1, 31, 3):
        there = stand.copied(f"{number}")
        inject = f"inject={calls}:error={error}:when={number}+"
        status, out, err = there.run(
            "-c", ROUNDS, str(ALL_ROUNDS), through=(strace, "-o", "/dev/null", "-e", inject)
        )
        assert status == 0, err
        check_after_a_failure(there, out)
        first = min(refused(out))
        assert set(refused(out)) == set(range(first, ALL_ROUNDS)), out


FULL = """
import os, resource, sys
from clovrix_env import Client, ClovrixAPIError
path, step = sys.argv[1], int(sys.argv[2])
unlimited = resource.RLIM_INFINITY
items = lambda number: [{"key": f"KEY_{number}_{i}", "value": f"{number}" * 400} for i in range(5)]
with Client(max_retries=0) as client:
    for number in range(int(sys.argv[3])):
        limit = number * step
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, unlimited))
        try:
            client.set_entries("backend", "production", items(number))
        except ClovrixAPIError as error:
            said = f"refused {number} {error.status_code} {error.message}"
        else:
            said = f"done {number}"
        resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
        print(said, len(client.get_entries("backend", "production")))
"""


def test_a_disk_full_at_any_size_refuses_a_write_whole(stand: Stand) -> None:
    """Room for n × 1.5 KiB a file, n from 0: refused whole, and the first that fits is whole."""
    status, out, err = stand.run("-c", FULL, str(stand.path), "1536", "90")
    assert status == 0, err
    there = set(whole_rounds(stand.entries()))
    assert there == done(out)
    assert len(done(out)) + len(refused(out)) == 90
    assert refused(out)
    assert done(out)
    assert all(
        said.partition(" ")[2].startswith(f"the store {stand.path} ")
        for said in refused(out).values()
    )
    assert stand.is_sound()
    print(f"90 sizes: {len(refused(out))} refused, {len(done(out))} acknowledged; 0 lost, 0 torn")


AS_NOBODY = """
import hashlib, hmac, os, sys
from clovrix_env import Client, ClovrixError
import clovrix_env.client.exchange, clovrix_env.client.send_store
if os.getuid() == 0 and len(sys.argv) == 1:
    os.setgid(65534); os.setuid(65534)
def act(kind, what):
    try: print(kind, what())
    except ClovrixError as error: print(kind, type(error).__name__, str(error).splitlines()[0])
try: client = Client(max_retries=0)
except ClovrixError as error: sys.exit(print("open", str(error).splitlines()[0]))
act("read", lambda: client.get_entries("backend", "production"))
act("write", lambda: client.set_entry("backend", "production", "NEW", "new"))
"""


@pytest.fixture
def public(stand: Stand) -> Iterator[Stand]:
    """A store with one entry where also a user without rights can reach it."""
    with stand.client() as client:
        client.set_entry("backend", "production", "KEY", "value")
    folder = tempfile.mkdtemp(dir="/tmp")
    yield stand.copied(folder)
    os.chmod(folder, 0o700)
    shutil.rmtree(folder)


def as_nobody(stand: Stand, file_mode: int, folder_mode: int) -> list[str]:
    """What a program can do that owns file and folder with these modes, and nothing else."""
    for path, mode in ((stand.path, file_mode), (stand.folder, folder_mode)):
        path.chmod(mode)
        if os.getuid() == 0:
            os.chown(path, 65534, 65534)
    if stand.journal.exists():
        os.chown(stand.journal, os.stat(stand.path).st_uid, -1)
    status, out, err = stand.run("-c", AS_NOBODY, CLOVRIX_MASTER_KEY=stand.key.line())
    assert status == 0, err
    return out.splitlines()


READ_ONLY = "cannot be written: it or its folder is read-only"


@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o400, 0o700), (0o600, 0o500)])
def test_what_may_not_be_written_is_read(public: Stand, file_mode: int, folder_mode: int) -> None:
    """Of a read-only file, and in a read-only folder: reads work, a write says why it does not."""
    read, write = as_nobody(public, file_mode, folder_mode)
    assert read == "read {'KEY': 'value'}"
    assert write == f"write ServerError the store {public.path} {READ_ONLY}"


@pytest.mark.parametrize(("file_mode", "folder_mode"), [(0o400, 0o700), (0o600, 0o500)])
def test_a_torn_store_that_may_not_be_mended_is_not_read(
    public: Stand, strace: str, rollback_journal: None, file_mode: int, folder_mode: int
) -> None:
    """With half a commit in the file and no right to roll it back: a sentence, and no value."""
    before = public.entries()
    inject = "inject=ftruncate:signal=SIGKILL:when=1"
    public.run("-c", ROUNDS, "1", through=(strace, "-o", "/dev/null", "-e", inject))
    assert public.journal.stat().st_size > 0
    (said,) = as_nobody(public, file_mode, folder_mode)
    assert said.startswith(f"open a write to the store {public.path} was interrupted")
    public.folder.chmod(0o700)
    public.path.chmod(0o600)
    assert public.entries() == before


def test_a_read_only_mount_is_read(stand: Stand) -> None:
    """A file system that is mounted for reading: reads work, a write says why it does not."""
    with stand.client() as client:
        client.set_entry("backend", "production", "KEY", "value")
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    through = ("unshare", "-rm", "sh", "-c", mount, str(stand.folder))
    if shutil.which("unshare") is None or stand.run("-c", "", through=through)[0] != 0:
        pytest.skip("a read-only mount cannot be made here")
    # The working directory was opened before the mount; the store is found by its whole path.
    status, out, err = stand.run("-c", AS_NOBODY, "as it is", through=through)
    assert status == 0, err
    read, write = out.splitlines()
    assert read == "read {'KEY': 'value'}"
    assert write == f"write ServerError the store {stand.path} {READ_ONLY}"
