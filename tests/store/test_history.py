"""What changed, and back: versions, deletions, and the log of a project, by every entry point."""

import contextlib
import sqlite3
import time
from pathlib import Path

import pytest
from client.conftest import Ask
from loopback import serve
from store.conftest import edit

from clovrix_env import Client
from clovrix_env.api import limits
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.auth.token import Token
from clovrix_env.errors import ClovrixAPIError
from clovrix_env.store import opening
from clovrix_env.store.answer import Store
from clovrix_env.system.seal import seal

AT = ("backend", "development")
CANARY = "canary-7f3a91"


@pytest.mark.parametrize("door", ["sync", "asyncio"])
@pytest.mark.parametrize("place", ["file", "http"])
def test_a_key_and_its_history(store, store_file, master, monkeypatch, door, place):
    """Set, change, restore, delete and set again: each a version, and no answer has a value."""
    monkeypatch.setenv("CLOVRIX_MASTER_KEY", master.line())
    token = store.create_token(["backend"], role="write") if place == "http" else None
    steps = [
        *(("set_entry", f"{CANARY}{value}") for value in ("1", "2", "2")),
        *(("restore_entry", 1), ("get_entry",)),
        ("restore_entry", 1),  # it has that value: nothing is written
        *(("delete_entry",), ("restore_entry", 3)),  # back from a deletion
        *(("delete_entry",), ("set_entry", f"{CANARY}3"), ("get_history",)),
    ]
    with serve(store) as server:
        url = server.url if place == "http" else f"file:{store_file}"
        calls = [(operation, *AT, "KEY", *more) for operation, *more in steps]
        found = Ask(door).talk(url, *calls, ("get_log", *AT), token=token)
        with Client(token, url) as client:
            later = client.get_log("backend", after=found[-1][-3].id)
    *_, versions, events = found
    assert found[4].value == f"{CANARY}1"
    assert [found[at] for at in (3, 5, 6, 7, 8)] == [4, 4, 5, 6, 7]
    assert found[9].created is False
    assert [(v.number, v.change, v.restored) for v in versions] == [
        *((1, "created", None), (2, "changed", None), (3, "changed", None), (4, "restored", 1)),
        *((5, "deleted", None), (6, "restored", 3), (7, "deleted", None), (8, "changed", None)),
    ]
    assert all(abs(v.at - time.time()) < 60 for v in versions)
    assert [event.version for event in events if event.key == "KEY"] == [*range(1, 9)]
    assert later == events[-2:]
    assert CANARY not in repr((versions, events))


@pytest.mark.parametrize(
    ("operation", "key", "number", "status"),
    [
        *(("get_history", "ABSENT", 0, 404), ("get_history", "bad key", 0, 422)),
        *(("restore_entry", "ABSENT", 1, 404), ("restore_entry", "KEY", 3, 404)),
        *(("restore_entry", "KEY", number, 422) for number in (0, 2**80, 2)),  # 2 is a deletion
        *(("delete_entry", "KEY", 0, 404), ("delete_entry", "ELSEWHERE", 0, 404)),
        *(("get_log", "", number, 422) for number in (-1, 2**80)),
    ],
)
def test_refusals(store, put, operation, key, number, status):
    """Each has its status, and nothing is written."""
    put(KEY=CANARY)
    put("production", ELSEWHERE=CANARY)
    assert store.answer(Call("delete_entry", *AT, "KEY")).status == 200
    before = store.answer(Call("get_log", "backend", ""))
    reply = store.answer(Call(operation, *AT, key, number=number))
    assert reply.status == status
    assert CANARY not in repr(reply.data)
    assert store.answer(Call("get_log", "backend", "")) == before


def test_a_deleted_key_counts(store, put):
    """The 500 keys of a project include those without a value."""
    for first in range(0, limits.PROJECT_ENTRIES, limits.BULK_ITEMS):
        put(**{f"KEY_{first + at}": "1" for at in range(limits.BULK_ITEMS)})
    assert store.answer(Call("delete_entry", *AT, "KEY_7")).status == 200
    for key, status in (("ONE_MORE", 422), ("KEY_7", 200)):
        call = Call("set_entry", *AT, key, (WriteItem(key, "2"),))
        assert store.answer(call).status == status


def test_a_log_shows_what_the_token_can_access(store, put):
    """The owner and a token of the whole project see all, another its environments."""
    put(KEY="1")
    put("production", KEY="1")
    tokens = [store.create_token(["backend"], of, role="read") for of in ((), ("production",))]
    for token in (None, *tokens):
        events = store.answer(Call("get_log", "backend", "", token=token)).data["events"]
        seen = {event["environment"] for event in events}
        whole = {None, "development", "production"}
        assert seen == ({"production"} if token == tokens[1] else whole)


def test_long_histories_are_cut(store, put, monkeypatch):
    """The newest come, in their order, and the answer mentions that there are others."""
    monkeypatch.setattr(limits, "HISTORY_VERSIONS", 2)
    monkeypatch.setattr(limits, "LOG_EVENTS", 2)
    for value in "123":
        put(KEY=value)
    history = store.answer(Call("get_history", *AT, "KEY")).data
    assert ([v["number"] for v in history["versions"]], history["more"]) == ([2, 3], True)
    log = store.answer(Call("get_log", *AT)).data
    assert ([event["version"] for event in log["events"]], log["more"]) == ([2, 3], True)
    first = store.answer(Call("get_log", *AT, number=1)).data["events"]
    assert [event["version"] for event in first] == [None, 1]


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("body", [b"", b'{"error": "Not found"}'])
def test_an_address_without_history(faulty, status, body):
    """The hosted API does not know these calls, which is not an absent key."""
    faulty.fault("answer", status=status, body=body)
    with Client("x" * 40, faulty.url) as client:
        for call in ("get_history KEY", "restore_entry KEY 1", "delete_entry KEY", "get_log"):
            name, *more = (int(word) if word.isdigit() else word for word in call.split())
            with pytest.raises(ClovrixAPIError, match="does not offer history") as caught:
                getattr(client, name)(*AT, *more)
            assert caught.value.message.startswith(faulty.url)
            assert caught.value.status_code == status


def test_a_deletion_is_not_an_empty_value(store, put, store_file, values):
    """Its seal does not open as a value, whatever is changed in the file."""
    put(KEY="value")
    assert store.answer(Call("delete_entry", *AT, "KEY")).status == 200
    last = "SELECT environment_id, entry_id, number FROM version WHERE number = 2"
    restored = ("UPDATE version SET deleted = 0", f"INSERT INTO head {last}")
    edit(store_file, "DROP TRIGGER version_is_not_changed", *restored)
    assert store.answer(Call("get_entry", *AT, "KEY")).status == 500


@pytest.fixture(params=[1, 2, 3])
def old_store(request, master, store, put, store_file, tmp_path):
    """A file of an old format with entries, versions, a token and a log, by the SQL of then."""
    put(KEY="one", OTHER="other")
    put(KEY="two")
    has_names = request.param >= 3
    token = store.create_token(["backend"], role="read", name="job" if has_names else None)
    path = tmp_path / "old.db"
    path.touch(0o600)
    with contextlib.closing(sqlite3.connect(path)) as old:
        for number in range(1, request.param + 1):
            schema = Path(opening.__file__).parent / "migrations" / f"{number:04}.sql"
            old.executescript(schema.read_text())
        old.execute(f"PRAGMA application_id={opening.APPLICATION_ID}")
        old.execute("ATTACH ? AS new", (str(store_file),))
        for table in _tables(old):
            columns = ", ".join(row[1] for row in old.execute(f"PRAGMA main.table_info({table})"))
            rows = " WHERE action != 'begin_audit'" if table == "audit" else ""
            old.execute(f"INSERT INTO main.{table} SELECT {columns} FROM new.{table}{rows}")
        (store_id,) = old.execute("SELECT id FROM main.store").fetchone()
        proof = seal(master.key, master.key_id, (store_id,), b"")
        old.execute("UPDATE main.store SET format = ?, check_blob = ?", (request.param, proof))
        old.execute("DELETE FROM main.migration WHERE number > ?", (request.param,))
        if has_names:
            old.execute("INSERT INTO main.former_token VALUES ('FormerId')")
        old.commit()
    return path, token, has_names


def _tables(connection):
    found = connection.execute(
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY name = 'head', name = 'version', rowid"
    )
    return [name for (name,) in found.fetchall()]


def _content(path, columns=None):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        names = columns or {
            table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for table in _tables(connection)
        }
        rows = {
            table: connection.execute(f"SELECT {', '.join(cells)} FROM {table}").fetchall()
            for table, cells in names.items()
        }
    return rows, names


def test_a_store_of_an_old_format_is_read_as_it_is(old_store, master):
    """Entries, history, log and tokens: reading changes no byte of the file."""
    path, token, has_names = old_store
    before = path.read_bytes()
    with Store.open(str(path), master) as old:
        read = {
            operation: old.answer(Call(operation, *AT, key, token=token)).data
            for operation, key in (("get_entries", ""), ("get_history", "KEY"), ("get_log", ""))
        }
        (held,) = old.tokens()
        assert old.is_held_to(Token("icr_FormerId", "test", True)) == has_names
    assert (held.name, held.last_used, held.proven) == ("job" if has_names else None, None, True)
    assert read["get_entries"]["entries"] == {"KEY": "two", "OTHER": "other"}
    assert [v["change"] for v in read["get_history"]["versions"]] == ["created", "changed"]
    assert len(read["get_log"]["events"]) == 4
    assert path.read_bytes() == before


def test_the_first_write_converts_a_store_of_an_old_format(old_store, master):
    """Nothing is lost, both of two programs go on, and the new columns are append-only too."""
    path, token, _ = old_store
    _, columns = _content(path)
    columns["token"].remove("last_used")
    before, _ = _content(path, columns)
    with Store.open(str(path), master) as one, Store.open(str(path), master) as two:
        for store, number in ((one, 1), (two, 2)):
            call = Call("restore_entry", *AT, "KEY", number=number)
            assert store.answer(call).data["changed"] is True
            assert store.answer(Call("get_entries", *AT, token=token)).status == 200
        assert one.tokens()[0].last_used is not None
        assert one.verify() == []
    after, _ = _content(path, columns)
    after["version"] = after["version"][: len(before["version"])]
    after["audit"] = after["audit"][: len(before["audit"])]
    assert after.pop("store")[0][1] == opening.FORMAT
    assert [number for number, _ in after.pop("migration")] == [*range(1, opening.FORMAT + 1)]
    same = {table: rows for table, rows in before.items() if table in after and table != "head"}
    assert {table: rows for table, rows in after.items() if table != "head"} == same
    for change in ("restored = 9", "deleted = 1"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            edit(path, f"UPDATE version SET {change}")


def test_a_store_that_another_program_made_newer_is_not_written(store, store_file, put):
    """A running program of this version stops writing to it."""
    put(KEY="1")
    edit(store_file, f"UPDATE store SET format = {opening.FORMAT + 1}")
    reply = store.answer(Call("set_entry", *AT, "KEY", (WriteItem("KEY", "2"),)))
    assert reply.status == 500
    assert f"format {opening.FORMAT + 1}" in reply.data["error"]
