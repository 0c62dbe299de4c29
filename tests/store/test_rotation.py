"""The master key and the data keys are replaced while the store is used, and kills lose nothing."""

import contextlib
import os
import shutil
import signal
import sqlite3
from contextlib import suppress

import pytest
from repeated import repeated

from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.cli.main import cli
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import master_key, opening, rotate_data, rotate_master
from clovrix_env.store.answer import Store
from clovrix_env.store.location import InFile

AT = ("backend", "development")
READ = Call("get_entries", *AT)
STEPS = ("open", "write", "fsync", "link", "replace", "unlink")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="it needs fork()")


def fill(store):
    """Write 2 values, a deletion and 24 versions in several batches; returns a token."""
    start = {"KEY": "value", "GONE": "x", "OTHER": "other"}
    for values in (start, *({"KEY": f"value {number}"} for number in range(20))):
        items = tuple(WriteItem(key, value) for key, value in values.items())
        assert store.answer(Call("set_entries", *AT, items=items)).status == 200
    store.answer(Call("delete_entry", *AT, "GONE"))
    return store.create_token(["backend"], role="write")


@pytest.fixture
def filled(store, monkeypatch):
    monkeypatch.setattr(rotate_data, "_BATCH", 8)
    return store, fill(store)


@pytest.fixture
def home(store_file, master, tmp_path, monkeypatch):
    """The folder of the key's file; the commands use it and the store."""
    monkeypatch.setattr(rotate_data, "_BATCH", 8)
    folder = tmp_path / "config" / "clovrix-env"
    folder.mkdir(parents=True)
    master_key.save(master, str(folder / "master.key"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CLOVRIX_STORE", f"file:{store_file}")
    return folder


def local(*words):
    """The status of a command of ``local``, run in this process."""
    try:
        return cli.main(["local", *words, "-q"], standalone_mode=False) or 0
    except SystemExit as ended:
        return ended.code
    except ClovrixConfigError:
        return 125


def stopped_at(event, stop, *words):
    """``stop`` a child at a statement or a step on a file, or return their number if it has ended.

    A statement of PostgreSQL counts before it is sent and before its answer is read.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        done, write = [0], os.write

        def count(*_):
            done[0] += 1
            if done[0] == event:
                stop()

        def counted(step):
            return lambda *arguments, **options: (count(), step(*arguments, **options))[1]

        set_up = opening._set_up

        def traced(connection):
            set_up(connection)
            connection.set_trace_callback(count)

        opening._set_up = traced
        with suppress(ImportError):
            from clovrix_env.store.postgres import connection, database

            connection.Connection.execute = counted(connection.Connection.execute)
            connection._Selector.register = counted(connection._Selector.register)
            connection.sent = database.sent = counted(connection.sent)
        for name in STEPS:
            setattr(os, name, counted(getattr(os, name)))
        try:
            if local(*words) == 0:
                write(writer, str(done[0]).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader) as said:
        count = said.read()
    _, status = os.waitpid(pid, 0)
    assert status == (0 if count or stop != kill else signal.SIGKILL), status
    return int(count) if count else None


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def key_of(folder):
    return master_key.of_file(str(folder / "master.key"))


def check(location, key, token):
    """Every value is there, for the owner and for a token, and nothing is damaged."""
    with location.opened(key) as store:
        for by in (None, token):
            reply = store.answer(READ.replaced(token=by))
            assert reply.data == {"entries": {"KEY": "value 19", "OTHER": "other"}}
        assert store.verify() == []


ROTATIONS = pytest.mark.parametrize(
    "words", [("master",), ("master", "--finish"), ("data", "backend")], ids=" ".join
)


@pytest.mark.slow
@ROTATIONS
@pytest.mark.parametrize("most", repeated(4, deep=1_000))
def test_a_rotation_killed_at_every_step_is_completed_by_the_next(
    place, home, monkeypatch, words, most
):
    """At each statement, and each step on a file: a key of the folder opens the store."""
    stop_and_complete(place, home, monkeypatch, words, most, kill)


@pytest.mark.deep
@pytest.mark.timeout(1200)
@ROTATIONS
@pytest.mark.parametrize("place", ["PostgreSQL"], indirect=True)
def test_a_rotation_whose_backend_is_terminated_is_completed_by_the_next(
    place, home, monkeypatch, words
):
    """The same where the connection is lost at each statement, and the command is not."""
    stop_and_complete(place, home, monkeypatch, words, 1_000, place.terminate)


def stop_and_complete(place, home, monkeypatch, words, most, stop):
    monkeypatch.setenv("CLOVRIX_STORE", place.url)
    with place.location.opened(key_of(home)) as store:
        token = fill(store)
    if "--finish" in words:
        assert local("rotate", "master") == 0
    spare = home.with_name("spare")
    shutil.copytree(home, spare)
    place.keep()
    total = stopped_at(-1, stop, "rotate", *words)
    failed = 0
    for event in range(1, total + 1, -(-total // most)):
        shutil.rmtree(home)
        shutil.copytree(spare, home)
        place.put_back()
        failed += stopped_at(event, stop, "rotate", *words) is None
        check(place.location, key_of(home), token)
        # A finish that was stopped after its commit has nothing to do.
        assert local("rotate", *words) in ((0, 125) if "--finish" in words else (0,))
        check(place.location, key_of(home), token)
        assert local("rotate", *words) == (125 if "--finish" in words else 0)
    assert failed > (0 if stop != kill else min(total, most) - 1)
    print(f"{total} steps, {failed} failed")


def test_a_process_goes_on_while_the_master_key_is_rotated(filled, store_file, master, tmp_path):
    """It learns the new key from the store; one that knows only the old key is then refused."""
    store, token = filled
    late = Store.open(str(store_file), master)
    new = master_key.generate("the new place")
    with Store.open(str(store_file), master) as owner:
        rotate_master.begin(*owner.parts, master, new)
        with pytest.raises(ClovrixConfigError, match="not finished"):
            rotate_master.begin(*owner.parts, master, master_key.generate("another"))
    for step in ("begun", "finished"):
        item = WriteItem(f"KEY_{step.upper()}", step)
        assert store.answer(Call("set_entry", *AT, item.key, (item,), token)).status == 201
        assert (
            store.answer(READ.replaced(token=store.create_token(["backend"], role="read"))).status
            == 200
        )
        assert store.create_project(step)
        with Store.open(str(store_file), new) as other:
            assert other.answer(READ).data["entries"][item.key] == step
            assert other.verify() == store.verify() == []
            rotate_master.finish(*other.parts)
    with late:
        reply = late.answer(READ.replaced(token=token))
        assert (reply.status, f"master key {new.label}" in reply.data["error"]) == (500, True)
    with pytest.raises(ClovrixConfigError, match=f"sealed under the master key {new.label}"):
        Store.open(str(store_file), master)


def test_the_old_key_learns_only_what_it_has_sealed(filled, store_file, master, tmp_path):
    """Another content of the row that passes the new key on is no key."""
    store, _ = filled
    rotate_master.begin(*store.parts, master, master_key.generate("new"))
    for change in (
        "'00000000:' || substr(value, 10)",
        "value || '00'",
        "'x'",
        "substr(value, 1, 20)",
    ):
        spoilt = tmp_path / "spoilt.db"
        shutil.copy(store_file, spoilt)
        with contextlib.closing(sqlite3.connect(spoilt)) as connection, connection:
            connection.execute(f"UPDATE setting SET value = {change} WHERE name LIKE 'master%'")
        with pytest.raises(ClovrixConfigError):
            Store.open(str(spoilt), master)


def test_versions_are_sealed_again_and_the_old_data_key_is_removed(filled, rows, values):
    """All versions; but a damaged one, and then the old key, stay until it is gone."""
    store, token = filled
    before = values(), rows("SELECT hex(key_id) FROM data_key WHERE project_id = 1")
    sealed = "SELECT DISTINCT hex(substr(sealed, 2, 4)) FROM version"
    assert rotate_data.rotate(*store.parts, "backend") == rotate_data.Rotated(24)
    after = rows("SELECT hex(key_id) FROM data_key WHERE project_id = 1")
    assert (values(), rows(sealed)) == (before[0], after)
    assert after != before[1]
    with store._database.writing() as connection:
        connection.execute("UPDATE version SET sealed = zeroblob(60) WHERE number = 7")
    done = rotate_data.rotate(*store.parts, "backend")
    assert (done.versions, len(done.problems)) == (23, 1)
    assert "KEY: version 7 does not open" in done.problems[0]
    assert len(rows("SELECT 1 FROM data_key WHERE project_id = 1")) == 2
    assert rotate_data.rotate(*store.parts, "backend").versions == 0
    assert store.answer(READ.replaced(token=token)).status == 200


def test_key_and_data_are_needed_together(filled, home, store_file, tmp_path, monkeypatch, capsys):
    """The drill: a backup and the key of its time open, also after a rotation; either alone is
    refused by a sentence that names what is missing."""
    backup, old = tmp_path / "backup.db", key_of(home)
    assert local("backup", str(backup)) == 0
    assert (local("rotate", "master"), local("rotate", "master", "--finish")) == (0, 0)
    new = key_of(home)
    assert new.label != old.label
    check(InFile(str(store_file)), new, filled[1])
    monkeypatch.setenv("CLOVRIX_STORE", f"file:{backup}")
    for key, needed in (
        (f"file:{home}/master.key", f"use the key whose line ends in :{old.label}"),
        (f"file:{tmp_path}/lost.key", f"which does not exist; the store {backup} needs the key"),
    ):
        with pytest.raises(ClovrixConfigError) as refused:
            cli.main(["local", "verify", "--master-key", key], standalone_mode=False)
        assert needed in f"{refused.value.problems[0]} {refused.value.remedy}"
    kept = f"file:{home}/master.key.{old.label}"
    assert local("verify", "--master-key", kept) == 0
    check(InFile(str(backup)), old, filled[1])
    monkeypatch.setenv("CLOVRIX_STORE", f"file:{tmp_path}/gone.db")
    with pytest.raises(ClovrixConfigError, match=r"no store at .*gone\.db"):
        cli.main(["local", "verify"], standalone_mode=False)
