"""Histories equal a model, whatever is done in whatever order; a killed rollback is all or none."""

import os
import shutil
import signal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store.answer import Store

KEYS, ENVIRONMENTS = ("A", "B"), ("development", "production")
_KEY, _WHERE = st.sampled_from(KEYS), st.sampled_from(ENVIRONMENTS)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), _WHERE, _KEY, st.sampled_from(["", "x", "é"])),
        st.tuples(st.just("restore"), _WHERE, _KEY, st.integers(1, 6)),
        st.tuples(st.just("delete"), _WHERE, _KEY, st.none()),
        st.tuples(st.just("reopen"), _WHERE, _KEY, st.none()),
    ),
    max_size=25,
)


SHARED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Model:
    """Versions by environment and key: the change and the value; ``None`` for a deletion."""

    def __init__(self):
        self.versions = {(where, key): [] for where in ENVIRONMENTS for key in KEYS}

    def does(self, step, where, key, how):
        """Do the step; the status that is expected."""
        versions = self.versions[where, key]
        known = any(self.versions[other, key] for other in ENVIRONMENTS)
        if step == "set":
            versions.append(("changed" if versions else "created", how))
            return 200 if known else 201
        if step == "delete":
            if not versions or versions[-1][1] is None:
                return 404
            versions.append(("deleted", None))
            return 200
        if how > len(versions):
            return 404
        value = versions[how - 1][1]
        if value is None:
            return 422
        if value != versions[-1][1]:
            versions.append(("restored", value))
        return 200

    def entries(self, where):
        found = ((key, self.versions[where, key]) for key in KEYS)
        now = {key: versions[-1][1] for key, versions in found if versions}
        return {key: value for key, value in now.items() if value is not None}


@pytest.mark.slow
@settings(SHARED, max_examples=500)
@given(steps=STEPS)
def test_histories_equal_the_model(steps, store_file, master):
    """Entries, histories and the log, after every sequence of up to 25 steps."""
    path, model = f"{store_file}.copy", Model()
    shutil.copyfile(store_file, path)
    os.chmod(path, 0o600)
    store, written = Store.open(path, master), 0
    try:
        for step, where, key, how in steps:
            if step == "reopen":
                store.close()
                store = Store.open(path, master)
                continue
            items = (WriteItem(key, how),) if step == "set" else ()
            number = how if step == "restore" else 0
            call = Call(f"{step}_entry", "backend", where, key, items, number=number)
            before = len(model.versions[where, key])
            assert store.answer(call).status == model.does(step, where, key, how)
            written += len(model.versions[where, key]) - before
        for (where, key), versions in model.versions.items():
            reply = store.answer(Call("get_history", "backend", where, key))
            assert (reply.status == 404) == (not versions)
            found = reply.data.get("versions", [])
            assert [version["change"] for version in found] == [change for change, _ in versions]
            assert [version["number"] for version in found] == [*range(1, len(versions) + 1)]
        for where in ENVIRONMENTS:
            entries = store.answer(Call("get_entries", "backend", where)).data["entries"]
            assert entries == model.entries(where)
        events = store.answer(Call("get_log", "backend", "")).data["events"]
        assert sum(event["key"] is not None for event in events) == written
    finally:
        store.close()


ROLLBACK = """
import os, signal, sys
from clovrix_env import Client

moments = int(sys.argv[2])

def count(frame, event, function):
    global moments
    if event == "c_call" and function.__name__ == "execute":
        moments -= 1
        if moments == 0:
            os.kill(os.getpid(), signal.SIGKILL)

with Client(base_url="file:" + sys.argv[1]) as client:
    sys.setprofile(count)
    print(client.restore_entry("backend", "development", "KEY", 1))
"""


@pytest.mark.slow
def test_a_killed_rollback_is_repeated(python, put, values, rows, store, store_file):
    """Killed before any of its statements and run again, it is done once."""
    put(KEY="one")
    killed = 0
    for moment in range(1, 100):
        put(KEY="two")
        before = rows("SELECT max(number), count(*) FROM version")[0]
        process = python(ROLLBACK, store_file, moment)
        _, err = process.communicate(timeout=50)
        assert process.returncode in (0, -signal.SIGKILL), err
        killed += process.returncode != 0
        assert values()["KEY"] in ("one", "two")
        again = python(ROLLBACK, store_file, 0)
        out, err = again.communicate(timeout=50)
        assert int(out) == before[0] + 1, err
        assert values() == {"KEY": "one"}
        after = rows("SELECT max(number), count(*) FROM version")[0]
        assert after == (before[0] + 1, before[1] + 1)
        events = store.answer(Call("get_log", "backend", "development")).data["events"]
        assert [event["version"] for event in events].count(before[0] + 1) == 1
        if process.returncode == 0:
            break
    assert killed > 10
