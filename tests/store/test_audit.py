"""The audit: one row for each act, chained, so that a change to any of them is found."""

import contextlib
import json
import sqlite3
import time

import pytest

from clovrix_env import ClovrixConfigError
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store import audit_log, audit_prune, master_key, rotate_master
from clovrix_env.store.answer import Store
from clovrix_env.store.audit_log import newest, since
from clovrix_env.store.prune import Rule

AT = ("backend", "development")
BACKEND = "chain = 1 AND position"
# A change to the file by somebody without the master key, and the problem that is found.
CHANGES = {
    f"UPDATE audit SET key = 'OTHER' WHERE {BACKEND} = 3": "of backend: row 3",
    f"UPDATE audit SET at = at + 1 WHERE {BACKEND} = 3": "of backend: row 3",
    f"UPDATE audit SET token_id = 'another1' WHERE {BACKEND} = 4": "of backend: row 4",
    f"UPDATE audit SET mac = x'00' WHERE {BACKEND} = 4": "of backend: row 4",
    f"UPDATE audit SET status = CAST(status AS BLOB) WHERE {BACKEND} = 4": "of backend: row 4",
    f"DELETE FROM audit WHERE {BACKEND} = 4": "of backend: row 4 was removed",
    f"DELETE FROM audit WHERE {BACKEND} = 4; "
    f"UPDATE audit SET position = position - 1 WHERE {BACKEND} > 4": "of backend: row 4",
    f"DELETE FROM audit WHERE {BACKEND} > 4": "of backend: row 5 and those after it were removed",
    "DELETE FROM audit WHERE chain = 1; UPDATE audit_chain SET position = 0, mac = x'', "
    "proof = (SELECT proof FROM audit_chain WHERE chain = 2) WHERE chain = 1": "backend: its end",
    f"DELETE FROM audit WHERE {BACKEND} > 4; UPDATE audit_chain SET position = 4, "
    f"mac = (SELECT mac FROM audit WHERE {BACKEND} = 4) WHERE chain = 1": "of backend: its end",
    "DELETE FROM audit WHERE chain = 1; DELETE FROM audit_chain WHERE chain = 1": "its end was rem",
    "DELETE FROM audit; DELETE FROM audit_chain": "the audit: its end was removed",
    "INSERT INTO audit (at, action, project, status, chain, position, mac) SELECT at, action, "
    f"project, status, 1, 9, mac FROM audit WHERE {BACKEND} = 8": "of backend: row 9 (",
    "INSERT INTO audit (at, action, project, status) VALUES (1, 'set_entry', 'backend', 200)": (
        "the audit: the 0 rows from before format 4 were changed"
    ),
    f"UPDATE audit SET position = 0 WHERE {BACKEND} = 3; UPDATE audit SET position = 3 WHERE "
    f"{BACKEND} = 4; UPDATE audit SET position = 4 WHERE {BACKEND} = 0": "of backend: row 3",
    f"UPDATE audit SET id = 1000 WHERE {BACKEND} = 3": "of backend: row 4",
    f"UPDATE audit SET chain = 2, position = 3 WHERE {BACKEND} = 3": "backend: row 3 was removed",
    "UPDATE audit SET key = 'x' WHERE action = 'create_token'": "the audit: row 4",
    "UPDATE project SET name = 'renamed' WHERE id = 2": "project other was created",
}


def problems(database, keys):
    return list(audit_log.problems(database, keys))


@pytest.fixture
def acts(place, master):
    """A store with 8 rows in the chain of backend, and a token."""
    with place.location.opened(master) as store:
        token = store.create_token(["backend"], role="write")
        store.answer(Call("set_entries", *AT, items=tuple(WriteItem(key, "1") for key in "ABC")))
        store.answer(Call("set_entry", *AT, "A", (WriteItem("A", "2"),), token))
        store.answer(Call("delete_entry", *AT, "A"))
        store.prune(Rule(1))
        yield store


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_a_change_to_the_audit_is_found(acts, place, master, change):
    """Only that one is reported, by the place of the first row, and the other chains are sound."""
    assert problems(*acts.parts) == []
    assert newest(acts.parts[0], None, 1)[1][1] == 8
    place.edit(place.unlocked + change)
    found = problems(*acts.parts)
    assert found, change
    assert CHANGES[change] in found[0]
    assert set(found) <= set(acts.verify())
    with place.location.opened(master) as another:
        assert problems(*another.parts) == found


def test_a_write_does_not_hide_a_change(acts, place, master):
    """A process that did not see the end of the chain before refuses to write after it."""
    place.edit("UPDATE audit_chain SET position = 4 WHERE chain = 1")
    write = Call("set_entry", *AT, "B", (WriteItem("B", "2"),))
    with place.location.opened(master) as other:
        reply = other.answer(write)
        assert (reply.status, "audit" in reply.data["error"]) == (500, True)
        assert other.answer(Call("get_entry", *AT, "B")).data["value"] == "1"
        assert problems(*other.parts) == ["the audit of backend: its end was changed"]


def test_an_undone_write_leaves_the_chain_as_it_was(acts):
    """An error after the row was written; then another process, and this one, go on."""

    def undone(connection):
        acts._keys.chains.append(connection, 1, [(1, None, "x", None, None, None, None, 200)])
        raise ZeroDivisionError

    (outcome,) = acts._database.write_together([undone])
    with pytest.raises(ZeroDivisionError):
        outcome()
    assert acts.answer(Call("set_entry", *AT, "A", (WriteItem("A", "after"),))).status == 200
    assert problems(*acts.parts) == []


def test_two_processes_write_one_chain(place, master):
    """Each continues from the rows of the other."""
    with place.location.opened(master) as one, place.location.opened(master) as two:
        for number in range(6):
            writer = (one, two)[number % 2]
            item = WriteItem("KEY", str(number))
            assert writer.answer(Call("set_entry", *AT, "KEY", (item,))).status in (200, 201)
        assert problems(*one.parts) == problems(*two.parts) == []


def test_a_read_is_in_the_audit_before_it_is_answered(put, store_file, master, rows):
    """With ``audit_reads``, and not in the log of the project; a refused one leaves no row."""
    put(KEY="value")
    calls = [
        Call("get_entries", *AT),
        Call("get_entry", *AT, "KEY"),
        Call("get_log", "backend", ""),
    ]
    with Store.open(str(store_file), master) as store:
        store.audits_reads = True
        token = store.create_token(["other"], role="read")
        statuses = [store.answer(call).status for call in calls]
        assert statuses == [200] * 3
        assert store.answer(calls[0].replaced(token=token)).status == 404
        actions = {event["action"] for event in store.answer(calls[2]).data["events"]}
        assert actions == {"create_project", "create_environment", "set_entries"}
        assert store.verify() == []
    read = "SELECT action, environment, key, version, status FROM audit WHERE action LIKE 'get%'"
    assert rows(read) == [
        ("get_entries", "development", None, None, 200),
        ("get_entry", "development", "KEY", None, 200),
        *[("get_log", None, None, None, 200)] * 2,
    ]


def test_a_read_that_cannot_be_audited_is_refused(put, store_file, master):
    """A lock of another program, and a full disk: 503, and no value."""
    put(KEY="value")
    call = Call("get_entries", *AT)
    with Store.open(str(store_file), master, busy_ms=1) as store:
        store.audits_reads = True
        with contextlib.closing(sqlite3.connect(store_file)) as other:
            other.execute("BEGIN IMMEDIATE")
            locked = store.answer(call)
        with store._database.reading() as connection:
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count={pages}")
        full = next(
            reply for reply in (store.answer(call) for _ in range(200)) if reply.status != 200
        )
    for reply in (locked, full):
        assert reply.status == 503
        assert "cannot be audited" in reply.data["error"]
        assert "value" not in json.dumps(reply.data)


def test_events_are_followed_by_chain(acts):
    """What one call returns is where the next one begins, for one project and for all."""
    token = acts.tokens()[0].id
    events, seen = newest(acts.parts[0], "backend", 100)
    assert [(event.action, event.token) for event in events][-3:] == [
        ("set_entry", token),
        ("delete_entry", None),
        ("prune_versions", None),
    ]
    acts.answer(Call("set_entries", *AT, "", (WriteItem("A", "new"),)))
    acts.answer(Call("set_entry", "other", "development", "A", (WriteItem("A", "1"),)))
    assert [event.project for event in since(acts.parts[0], None, seen)[0]] == ["backend", "other"]
    (new,), after = since(acts.parts[0], "backend", seen)
    assert (new.action, new.key, new.version, new.status) == ("set_entries", "A", 4, 200)
    assert since(acts.parts[0], None, after)[0] == []


@pytest.fixture
def pruned(acts, monkeypatch):
    """That store much later, without the first rows of both projects, and two rows after them."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 1000)
    acts.answer(Call("set_entry", *AT, "A", (WriteItem("A", "later"),)))
    assert audit_prune.prunable(acts.parts[0], int(now) + 500) == {"backend": 8, "other": 2}
    assert audit_prune.prune(*acts.parts, int(now) + 500) == {"backend": 8, "other": 2}
    return acts


def test_the_oldest_rows_of_the_audit_are_pruned(pruned, place, master):
    """The rest is verified, also after a write of another process and with a new master key."""
    database, keys = pruned.parts
    assert problems(database, keys) == []
    assert audit_prune.pruned(database) == {"backend": 8, "other": 2}
    events = [(event.action, event.version) for event in newest(database, "backend", 100)[0]]
    assert events == [("create_project", None), ("set_entry", 4), ("prune_audit", 8)]
    with place.location.opened(master) as other:
        assert other.answer(Call("set_entry", *AT, "A", (WriteItem("A", "2"),))).status == 200
        assert audit_prune.prune(*other.parts, 0) == {}
    rotate_master.begin(database, keys, master, master_key.generate("new"))
    assert (pruned.verify(), len(pruned.tokens())) == ([], 1)


PRUNED_CHANGES = {
    "UPDATE audit_chain SET begun = 9 WHERE chain = 1": "of backend: its end was changed",
    "UPDATE audit_chain SET begun_mac = mac WHERE chain = 1": "of backend: its end was changed",
    "UPDATE audit_chain SET begun = 0, begun_mac = x'' WHERE chain = 1": "backend: its end was",
    f"DELETE FROM audit WHERE {BACKEND} = 9": "of backend: row 9 was removed",
    f"DELETE FROM audit WHERE {BACKEND} > 8": "of backend: row 9 and those after it were removed",
}


@pytest.mark.parametrize("change", PRUNED_CHANGES, ids=range(len(PRUNED_CHANGES)))
def test_a_change_to_a_pruned_audit_is_found(pruned, place, change):
    """And nothing more is removed from it."""
    place.edit(place.unlocked + change)
    assert [PRUNED_CHANGES[change] in problem for problem in problems(*pruned.parts)] == [True]
    with pytest.raises(ClovrixConfigError, match="the audit was changed, so nothing was removed"):
        audit_prune.prune(*pruned.parts, 2**40)


@pytest.mark.slow
def test_the_audit_on_the_command_line(acts, place, python):
    """``list``, which needs no name, ``--json``, ``--follow`` and ``verify``."""
    script = "from clovrix_env.cli.main import main; main()"

    def run(*words):
        return python(f"import sys; sys.argv[1:1] = ['local', 'audit']; {script}", *words, **at)

    at = {"CLOVRIX_STORE": place.url}
    out, err = run("backend", "--last", "1").communicate()
    assert ("prune_versions  backend/development" in out, err) == (True, "")
    events = json.loads(run("--json").communicate()[0])["events"]
    assert {event["project"] for event in events} == {"backend", "other", None}
    follower = run("other", "--follow", "--json")
    for _ in range(3):  # of before
        follower.stdout.readline()
    acts.answer(Call("set_entry", "other", "development", "NEW", (WriteItem("NEW", "1"),)))
    assert json.loads(follower.stdout.readline())["key"] == "NEW"
    assert run("verify", "-q").communicate() == ("", "")
    script = f"import time; now = time.time(); time.time = lambda: now + 864000; {script}"
    pruning = ("prune", "--older-than", "9d", "--yes")
    assert run(*pruning).communicate() == ("removed 11 rows of 2 projects\n", "")
    assert run(*pruning).communicate() == ("nothing to remove\n", "")
    out, err = run("verify").communicate()
    assert out.startswith("the audit of backend: the first 8 rows were pruned\nthe audit of other")
    assert err == "clovrix-env: the audit is unchanged\n"
    place.edit(place.unlocked + "DELETE FROM audit WHERE chain = 1 AND position = 9")
    verify = run("verify")
    assert "the audit of backend: row 9" in verify.communicate()[0]
    assert verify.wait() == 1
    assert "no project 'nowhere'" in run("nowhere").communicate()[1]
