"""A backup is restored over a damaged store, and beside a writer; no acknowledged write is lost."""

import os
import re
import signal
import time

import pytest
from fire.stand import BATCHES, COMMAND, acknowledged
from repeated import repeated

from clovrix_env.store import master_key, sqlite

pytestmark = pytest.mark.timeout(300)


def _flipped(stand):
    """One bit of a sealed value."""
    ((sealed,),) = stand.rows("SELECT sealed FROM version ORDER BY rowid DESC LIMIT 1")
    content = stand.path.read_bytes()
    assert sealed in content
    stand.path.write_bytes(content.replace(sealed, sealed[:-1] + bytes([sealed[-1] ^ 1])))


DAMAGES = (
    _flipped,
    lambda stand: os.truncate(stand.path, stand.path.stat().st_size - 5000),
    lambda stand: stand.path.write_bytes(os.urandom(20_000)),
    lambda stand: os.truncate(stand.path, 0),
)


def local(stand, *words, status=0):
    result, out, err = stand.run(*COMMAND, "local", *words)
    assert result == status, out + err
    return out + err


def number_in(stand):
    """The number of the batch that the store has, whole."""
    (value,) = set(stand.entries().values())
    return int(value.split(":")[0])


def _of_two_batches_since(moment, output):
    """The writer's lines up to its second batch after a moment: that one also began after it."""
    said, later = "", 0
    while later < 2:
        line = output.readline()
        assert line, "the writer ended"
        later += float(line.split()[1]) > moment
        said += line
    return said


@pytest.mark.parametrize("rounds", repeated(4, deep=25))
def test_a_restore_drill(stand, rounds):
    """A writer is killed, the store damaged and restored, and restored again beside a writer."""
    last = 0
    for number in range(rounds):
        writer = stand.start("-c", BATCHES, str(last + 1))
        before = acknowledged(writer.stdout.readline() + writer.stdout.readline())[-1]
        backup = str(stand.folder / f"backup-{number}.db")
        local(stand, "backup", backup)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()

        stand.entries()  # SQLite undoes what was under way, and would undo some damage with it
        DAMAGES[number % len(DAMAGES)](stand)
        status, out, err = stand.run(*COMMAND, "local", "verify")
        assert status in (1, 125), "the damage is not named"
        assert re.search("damaged|truncated|does not open|is not a store|is empty", out + err)
        local(stand, "restore", backup, "--yes")
        assert "every seal opens" in local(stand, "verify")
        assert number_in(stand) >= before, "a write before the backup is lost"

        beside = stand.start("-c", BATCHES, str(10**6 * (number + 1)))
        said = beside.stdout.readline()
        local(stand, "restore", backup, "--yes")
        said += _of_two_batches_since(time.monotonic(), beside.stdout)
        beside.send_signal(signal.SIGKILL)
        said += beside.stdout.read()
        beside.communicate()
        last = number_in(stand)
        assert last in (acknowledged(said)[-1], acknowledged(said)[-1] + 1), (
            "a write went elsewhere"
        )
        assert stand.is_sound()
        assert not list(stand.folder.glob("store.db.restored*"))


def test_tokens_of_the_backup_hold_again(stand):
    """Each token whose state changes is named; the old store is kept beside the new one."""
    backup = str(stand.folder / "backup.db")
    local(stand, "backup", backup)
    public_id = stand.writer[4:12]
    local(stand, "token", "revoke", public_id)
    later = local(stand, "token", "create", "--project", "backend", "--role", "read").split()[0]
    told = local(stand, "restore", backup, "--yes")
    assert f"token {public_id} was revoked after the backup, and is valid again" in told
    assert f"token {later[4:12]} was created after the backup, and is no longer valid" in told
    (kept,) = stand.folder.glob("store.db.before-*T??????")
    assert f"the old store is {kept}" in told
    place = ("-p", "backend", "-e", "production")
    status, out, err = stand.run(*COMMAND, "list", *place, CLOVRIX_TOKEN=later)
    assert (status, out) == (4, ""), "an unknown token got the rights of the owner"
    assert "token" in err


def test_a_journal_of_the_old_store_does_not_reach_the_backup(stand, rollback_journal):
    """SQLite would apply it to whatever file has the store's name."""
    backup = str(stand.folder / "backup.db")
    local(stand, "backup", backup)
    while not stand.left_a_journal():
        writer = stand.start("-c", BATCHES, "1")
        writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    os.unlink(stand.path)  # what is left cannot undo the write
    local(stand, "restore", backup, "--yes")
    assert stand.entries() == {}
    assert stand.is_sound()


def test_a_refused_backup_replaces_nothing(stand):
    """One that is missing, damaged, of another key, incomplete, or the store itself."""
    backup = stand.folder / "backup.db"
    local(stand, "backup", str(backup))
    before = stand.path.read_bytes()
    other = stand.folder / "other.db"
    sqlite.create(str(other), master_key.generate("a test"))
    (stand.folder / "garbage.db").write_bytes(os.urandom(9000))
    (stand.folder / "in-use.db").write_bytes(backup.read_bytes())
    (stand.folder / "in-use.db-wal").write_bytes(b"x")
    for name, why in (
        ("missing.db", "does not exist"),
        ("garbage.db", "is not a SQLite database"),
        ("in-use.db", "is a copy of a store in use"),
        ("store.db", "is the store itself"),
        ("other.db", "is sealed under the master key"),
    ):
        told = local(stand, "restore", str(stand.folder / name), "--yes", status=125)
        assert why in told
        assert ".restored" not in told
        assert stand.path.read_bytes() == before
    assert "add --yes" in local(stand, "restore", str(backup), status=2)
