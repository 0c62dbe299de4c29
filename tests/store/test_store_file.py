"""The store's file: who may read it, everything that can be wrong with it, a disk that fails."""

import os
import sqlite3
import stat

import pytest
from store.conftest import edit

from clovrix_env import Client
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.errors import ClovrixConfigError, ServerError
from clovrix_env.store import master_key, opening, sqlite
from clovrix_env.store.answer import Store
from clovrix_env.system import files, mounts

READ = Call("get_entries", "backend", "development")
WRITE = Call("set_entry", "backend", "development", "KEY", (WriteItem("KEY", "written"),))


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def refused(path, key):
    """The error that opening ends in."""
    with pytest.raises(ClovrixConfigError) as caught:
        Store.open(str(path), key)
    assert str(path) in caught.value.problems[0]
    return caught.value


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_a_store_is_private_whatever_the_umask(tmp_path, master, umask):
    """Store and journal have mode 0600, the folders made for it 0700; nothing is replaced."""
    before = os.umask(umask)
    try:
        path = tmp_path / "a" / "b" / "store.db" if umask != 0o277 else tmp_path / "store.db"
        sqlite.create(str(path), master)
        with Store.open(str(path), master) as store:
            store.create_project("backend")
            found = {entry.name: mode(entry) for entry in os.scandir(path.parent)}
            assert found == {"store.db": 0o600, "store.db-journal": 0o600}
        with pytest.raises(FileExistsError):
            sqlite.create(str(path), master)
    finally:
        os.umask(before)
    assert path.parent == tmp_path or mode(tmp_path / "a") == mode(path.parent) == 0o700


@pytest.mark.parametrize(
    ("sentence", "made"),
    [
        ("is a folder", os.mkdir),
        ("not a regular file", os.mkfifo),
        ("another program's database", lambda path: edit(path, "CREATE TABLE store (id, format)")),
        ("is empty", b""),
        ("is not a store", b"\0"),
        ("is not a store", b"text\n" * 1000),
        ("is not a store", b"SQLite format 3\0" + bytes(84)),
    ],
)
def test_what_is_no_store_is_told_and_left_alone(tmp_path, master, sentence, made):
    """A folder, a FIFO that nobody writes to, another program's file, or one cut to nothing."""
    path = tmp_path / "store.db"
    path.write_bytes(made) if isinstance(made, bytes) else made(path)
    path.chmod(0o700 if path.is_dir() else 0o600)
    before = path.read_bytes() if path.is_file() else b""
    assert sentence in str(refused(path, master))
    assert before == (path.read_bytes() if path.is_file() else b"")


def test_a_path_without_a_store_has_its_sentence(tmp_path, master, monkeypatch):
    """Nothing is made there, and it is said before a missing key: the path may have a typo."""
    error = refused(tmp_path / "absent.db", master)
    assert error.problems == (f"no store at {tmp_path}/absent.db",)
    assert "clovrix-env local init PROJECT" in error.remedy
    assert "cannot be opened" in str(refused(f"{tmp_path}/a\0b", master))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with pytest.raises(ClovrixConfigError, match=r"^no store at "):
        Client(base_url=f"file:{tmp_path}/typo.db")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("change", [-1, -100, -4095, -4096, -40960, 4])
def test_a_store_of_another_size_is_told(store_file, master, change):
    """SQLite itself would not notice."""
    os.truncate(store_file, store_file.stat().st_size + change)
    assert ("truncated" if change < 0 else "too long") in str(refused(store_file, master))


@pytest.mark.parametrize("change", ["", "; ALTER TABLE store RENAME COLUMN check_blob TO proof"])
def test_a_newer_format_is_refused(store_file, master, change):
    """A store of a later version is not touched by this one, whatever else it has changed."""
    newer = opening.FORMAT + 1
    edit(store_file, f"UPDATE store SET format = {newer}{change}")
    error = refused(store_file, master)
    assert f"has format {newer}" in str(error)
    assert "update" in error.remedy


@pytest.mark.parametrize(
    "statement",
    [
        *("DELETE FROM store", "DROP TABLE store", "UPDATE store SET id = 'another'"),
        *("UPDATE store SET check_blob = 'text'", "UPDATE store SET check_blob = x'0102'"),
        "INSERT INTO store SELECT 'second', format, key_label, check_blob FROM store",
        "UPDATE store SET format = 'one'",
    ],
)
def test_a_store_that_lost_its_identity_is_told(store_file, master, statement):
    """The row that says which store it is has to be whole."""
    edit(store_file, statement)
    refused(store_file, master)


@pytest.mark.parametrize("others", [0o640, 0o604, 0o620, 0o601])
def test_a_store_that_others_can_reach_is_refused(store_file, master, others):
    """Group and others have nothing to do with it; the remedy is a command."""
    store_file.chmod(others)
    error = refused(store_file, master)
    assert f"(mode {others:04o})" in str(error)
    assert error.remedy == f"chmod 600 {store_file}"


def test_a_wrong_key_is_told_by_name(store_file, master):
    """Both labels are named; one whose bytes do not give its label is damaged; none is shown."""
    wrong = master_key.generate("/elsewhere/master.key")
    text = str(refused(store_file, wrong))
    for shown in (master.label, wrong.label, "/elsewhere/master.key"):
        assert shown in text
    assert wrong.line() not in text
    for label in (master.label, "00000000"):
        damaged = master_key.MasterKey(bytes(32), label, "/elsewhere/master.key")
        with pytest.raises(ClovrixConfigError, match=r"/elsewhere/master\.key is damaged"):
            Store.open(str(store_file), damaged)


@pytest.mark.parametrize(
    "name", ["a b", "a%20b", "a?mode=memory", "a#b", "ä", "a&b=c", "'\"", "\udcff"]
)
def test_a_store_may_have_any_name(tmp_path, master, name):
    """The path is a path, whatever it would mean in a URI."""
    path = str(tmp_path / name)
    sqlite.create(path, master)
    with Store.open(path, master) as store:
        store.create_project("backend")
    assert os.path.exists(path)


def test_a_relative_path_stays_where_it_was(store_file, master, monkeypatch, child_of_a_fork):
    """A working directory that changes later does not move the store."""
    monkeypatch.chdir(store_file.parent)
    with Store.open("store.db", master) as store:
        monkeypatch.chdir("/")
        assert child_of_a_fork(lambda: store.answer(READ).status == 200)


def test_a_store_replaced_is_told(tmp_path, store, store_file, master, child_of_a_fork):
    """Who opens the file again finds out that it is not the same store."""
    sqlite.create(str(tmp_path / "new.db"), master)
    os.replace(tmp_path / "new.db", store_file)
    assert child_of_a_fork(lambda: True)
    reply = store.answer(READ)
    why = f"{store_file} was replaced by a different store"
    assert (reply.status, reply.data["error"]) == (500, why)


def test_a_locked_store_is_a_503_to_be_asked_again(store_file, master):
    """A lock of another program is waited for, then told; nothing was written."""
    with Store.open(str(store_file), master, busy_ms=20) as store:
        other = sqlite3.connect(store_file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        for call in (READ, WRITE):
            reply = store.answer(call)
            assert (reply.status, reply.retry_after) == (503, "1")
            assert reply.data["error"] == f"the store {store_file} is locked by another process"
        with pytest.raises(ServerError, match="locked"):
            Store.open(str(store_file), master, busy_ms=20)
        other.execute("ROLLBACK")
        other.close()
        assert store.answer(READ).data == {"entries": {}}


TAMPERINGS = {
    "a value of another environment": """UPDATE version SET sealed = (SELECT sealed FROM version
        AS v WHERE v.environment_id = 2 AND v.entry_id = version.entry_id) WHERE entry_id = 1""",
    "secrecy turned round": "UPDATE entry SET is_secret = 1 - is_secret",
    "text that is no UTF-8": "UPDATE version SET sealed = x'02' || substr(sealed, 2)",
    "a version gone": "DELETE FROM version WHERE number = 2",
    "an entry gone": "DELETE FROM entry WHERE id = 1",
    "no data key": "DELETE FROM data_key",
    "the names of keys exchanged": """UPDATE entry SET key = CASE key WHEN 'ONE' THEN 'TWO_'
        WHEN 'TWO' THEN 'ONE_' ELSE key END; UPDATE entry SET key = rtrim(key, '_')""",
    "an environment of another project": """UPDATE head SET environment_id = 3
        WHERE environment_id = 1""",
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_changed_row_is_never_a_wrong_value(store_file, master, store, put, tampering):
    """Each change is a 500 that shows nothing, or takes the entry away; never another value."""
    put(ONE="value-one", TWO="value-two")
    put(ONE="value-three")
    put("production", ONE="value-four")
    store.close()
    triggers = (f"DROP TRIGGER version_is_not_{done}" for done in ("changed", "deleted"))
    edit(store_file, "PRAGMA ignore_check_constraints=ON", *triggers, TAMPERINGS[tampering])
    right = {"ONE": "value-three", "TWO": "value-two"}
    with Store.open(str(store_file), master) as tampered:
        for project in ("backend", "other"):
            reply = tampered.answer(Call("get_entries", project, "development"))
            if reply.status == 500:
                assert reply.data["error"].startswith(f"the store {store_file} ")
                assert "value-" not in reply.data["error"]
            elif "entries" in reply.data:
                assert reply.data["entries"].items() <= right.items()
            else:
                assert reply.status == 404
        for key, value in right.items():
            reply = tampered.answer(Call("get_entry", "backend", "development", key))
            assert reply.status in (404, 500) or reply.data["value"] == value


def test_a_row_of_another_store_does_not_open(tmp_path, store_file, master, store, put):
    """The same ids and the same master key are not the same store."""
    put(KEY="value")
    store.close()
    foreign = tmp_path / "foreign.db"
    sqlite.create(str(foreign), master)
    with Store.open(str(foreign), master) as other:
        other.create_project("backend")
        other.create_environment("backend", "development")
    tables = ("data_key", "entry", "version", "head")
    copies = [f"INSERT INTO {table} SELECT * FROM theirs.{table}" for table in tables]
    edit(foreign, f"ATTACH '{store_file}' AS theirs", "DELETE FROM data_key", *copies)
    with Store.open(str(foreign), master) as other:
        assert other.answer(READ).status == 500


def test_versions_and_audit_are_append_only(store_file, store, put):
    """The database itself refuses to change or to delete what was written."""
    put(KEY="value")
    for statement in (
        "UPDATE version SET number = 9",
        "UPDATE version SET at = 0",
        "DELETE FROM version",
        "UPDATE audit SET status = 500",
        "DELETE FROM audit",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            edit(store_file, statement)


def test_every_write_and_token_leaves_an_audit_line(store_file, store, rows):
    """Who did what where, with version and status; a refused write leaves none."""
    edit(store_file, "INSERT INTO audit (at, action, status) VALUES (0, 'here', 200)")
    token = store.create_token(["backend"], role="write")
    store.answer(WRITE)
    store.answer(WRITE.replaced(token=token))
    store.answer(WRITE.replaced(key="k", items=(WriteItem("k", "x"),)))
    store.answer(READ)
    store.revoke_token(token)
    found = rows(
        "SELECT token_id, action, project, environment, key, version, status FROM audit"
        " WHERE id > (SELECT id FROM audit WHERE action = 'here')"
    )
    public_id = token[4:12]
    place = ("backend", "development", "KEY")
    assert found == [
        (None, "create_token", None, None, public_id, None, 200),
        (None, "set_entry", *place, 1, 201),
        (public_id, "set_entry", *place, 2, 200),
        (None, "revoke_token", None, None, public_id, None, 200),
    ]


@pytest.mark.parametrize(
    ("sound", "versions"),
    [
        (True, [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 52, 0), (4, 0, 0)]),
        (False, [(3, 40, 1), (3, 44, 5), (3, 45, 3), (3, 50, 6), (3, 51, 2)]),
    ],
)
def test_wal_only_where_sqlite_is_mended(sound, versions):
    """The versions with the WAL-reset bug keep a rollback journal."""
    assert {opening.has_sound_wal(version) for version in versions} == {sound}


def test_a_store_works_in_wal_mode(store_file, master, monkeypatch, child_of_a_fork):
    """With a mended SQLite: private side files, reads and writes, across a fork too."""
    monkeypatch.setattr(opening, "has_sound_wal", lambda version: True)
    monkeypatch.setattr(mounts, "is_local", lambda path: True)
    with Store.open(str(store_file), master) as store:
        assert store.answer(READ).status == 200
        assert os.listdir(store_file.parent) == ["store.db"]
        assert store.answer(WRITE).status == 201
        found = {entry.name: mode(entry) for entry in os.scandir(store_file.parent)}
        assert found == dict.fromkeys(("store.db", "store.db-wal", "store.db-shm"), 0o600)
        with Store.open(str(store_file), master) as second:
            assert second.answer(READ).data == {"entries": {"KEY": "written"}}
        assert child_of_a_fork(lambda: store.answer(WRITE).status == 200)
        assert store.answer(READ).status == 200


MOUNTS = rb"""21 1 0:20 / / rw - overlay overlay rw,lowerdir=/l
22 21 8:1 / /srv rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:50 / /srv/shared rw master:2 - nfs4 host:/x rw
24 22 0:51 / /srv/two\040words rw - 9p host rw
25 22 0:52 / /srv/later rw - tmpfs none rw
26 25 0:53 / /srv/later rw - fuse.sshfs host:/y rw
"""


@pytest.mark.parametrize(
    ("local", "paths"),
    [
        (True, ["/store.db", "/srv/store.db", "/srv/sharedx/store.db"]),
        (False, ["/srv/shared/a/store.db", "/srv/two words/store.db", "/srv/later/store.db"]),
    ],
)
def test_wal_only_where_the_disk_is_this_machines(monkeypatch, local, paths):
    """By the innermost and last mount above the store; an unknown file system is not one."""
    monkeypatch.setattr(files, "read", lambda table: (MOUNTS, None))
    assert {mounts.is_local(path) for path in paths} == {local}


def test_no_wal_without_a_table_of_mounts(monkeypatch):
    """A system that has none does not say which disks are its own."""

    def read(table):
        raise files.Absent("does not exist")

    monkeypatch.setattr(files, "read", read)
    assert mounts.is_local("/store.db") is False


def test_a_store_on_a_network_leaves_wal(store_file, master, monkeypatch):
    """However new SQLite is; one that another machine turned on is turned off."""
    monkeypatch.setattr(opening, "has_sound_wal", lambda version: True)
    monkeypatch.setattr(mounts, "is_local", lambda path: False)
    edit(store_file, "PRAGMA journal_mode=WAL")
    with Store.open(str(store_file), master) as store:
        assert store.answer(WRITE).status == 201
        assert sorted(os.listdir(store_file.parent)) == ["store.db", "store.db-journal"]


def test_a_store_that_others_have_in_wal_is_read_and_not_written(store_file, master):
    """An unmended SQLite beside a mended one does not risk the pages of both."""
    if opening.has_sound_wal(sqlite3.sqlite_version_info):
        pytest.skip("this SQLite is mended")
    other = sqlite3.connect(store_file, isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("SELECT * FROM store").fetchall()
    with Store.open(str(store_file), master) as store:
        assert store.answer(READ).status == 200
        reply = store.answer(WRITE)
        assert (reply.status, "newer SQLite" in reply.data["error"]) == (503, True)
        other.close()
    with Store.open(str(store_file), master) as store:
        assert store.answer(WRITE).status == 201


def test_a_store_that_is_replaced_is_opened_again(store, store_file, put, values, master):
    """A restored backup counts from the next call on; the file before it is left alone."""
    put(KEY="before")
    token = store.create_token(["backend"], role="read")
    backup = f"{store_file}.backup"
    store.backup(backup)
    put(KEY="after")
    with Store.open(backup, master) as copy:
        copy.revoke_token(token)
    os.replace(backup, store_file)
    assert values() == {"KEY": "before"}
    reply = store.answer(Call("get_entries", "backend", "development", token=token))
    assert reply.status == 401
    put(KEY="new")
    os.remove(store_file)
    reply = store.answer(Call("get_entries", "backend", "development"))
    assert (reply.status, reply.data["error"].split(";")[0]) == (500, f"no store at {store_file}")
