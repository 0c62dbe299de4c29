"""A store is copied between files and databases: all of it, once, whenever the copy is killed."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest
from repeated import repeated

from clovrix_env import ClovrixConfigError
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.cli.main import cli
from clovrix_env.store import audit_log, copy_rows, master_key, rotate_data, rotate_master
from clovrix_env.store.copy import copy
from clovrix_env.store.location import InDatabase, InFile
from clovrix_env.store.opening import FORMAT
from clovrix_env.store.prune import Rule
from tests.conftest import StoreHome

PLACES = [(project, place) for project in ("backend", "shop") for place in ("production", "qa")]
TABLES = (
    *("store", "setting", "project", "data_key", "environment", "entry", "token", "token_scope"),
    *("former_token", "version", "head", "audit", "audit_chain"),
)
KILLED = """
import os, signal, sys
from clovrix_env.cli.main import cli
import clovrix_env.cli.local
from clovrix_env.store import copy_rows
command, at, done = sys.modules["clovrix_env.cli.local.copy"], int(sys.argv[1]), 0
copy, copy_rows._PAGE = command.copy_rows, 7
def step(frame, *_):
    global done
    if "/store/" in frame.f_code.co_filename or "psycopg" in frame.f_code.co_filename:
        if done == at:
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1
def counted(*arguments):
    sys.setprofile(step)
    try:
        return copy(*arguments)
    finally:
        sys.setprofile(None)
command.copy_rows = counted
cli.main(["local", "copy", *sys.argv[2:], "-q"], standalone_mode=False)
print(done)
"""


def located(url):
    return InFile(url[5:]) if url.startswith("file:") else InDatabase.named(url, "the test")


def write(store, place, key, value, token=None):
    item = WriteItem(key, value, is_secret=len(value) % 2 == 0)
    reply = store.answer(Call("set_entry", *place, key, (item,), token=token))
    assert reply.status in (200, 201), reply.data


def fill(home):
    """Everything that a store can have. Returns tokens: valid, revoked, expired and pruned ones."""
    store = home.store
    home.project("backend", "qa")
    home.project("shop", "production", "qa")
    tokens = [
        home.token,
        home.make_token("backend", "shop", role="read", name="both"),
        home.make_token("shop", environments=["qa"], expires_at=4_000_000_000),
        home.make_token("backend", expires_at=1),
        home.make_token("backend"),
    ]
    for number in range(3):
        for place in PLACES:
            for key in ("A", "B", "C_LONG"):
                write(store, place, key, f"{place}é\0{key}{number}" * (1 + 300 * (key > "C")))
    write(store, PLACES[0], "A", "by a token", tokens[0])
    store.answer(Call("delete_entry", *PLACES[1], "B"))
    store.answer(Call("restore_entry", *PLACES[2], "A", number=1))
    store.prune(Rule(2, before=2))
    store.revoke_token(tokens[4])
    rotate_data.rotate(*store.parts, "shop")
    store.audits_reads = True
    store.answer(Call("get_entries", *PLACES[0], token=tokens[1]))
    store.audits_reads = False
    new = master_key.generate("new")
    rotate_master.begin(*store.parts, home.master_key, new)
    store.billing = "restricted"
    store.billing = "active"
    return tokens


def state(store, tokens):
    """All that the store answers, and all of its rows."""
    answers = []
    for token in (None, *tokens):
        for place in PLACES:
            calls = [Call("get_entries", *place), Call("get_log", *place)]
            for key in ("A", "B", "C_LONG", "D"):
                calls += [Call("get_entry", *place, key), Call("get_history", *place, key)]
            answers += [store.answer(call.replaced(token=token)) for call in calls]
    with store.parts[0].reading() as rows:
        found = [
            sorted(rows.execute(f"SELECT {columns(name)} FROM {name}").fetchall(), key=repr)
            for name in TABLES
        ]
    events = audit_log.newest(store.parts[0], None, 1000)
    return answers, found, store.projects(), store.tokens(), store.billing, events, store.verify()


def columns(name):
    known = {table.name: table for table in (copy_rows.SETTING, *copy_rows.TABLES)}
    return ", ".join(known[name].columns if name in known else ("id", "format", "check_blob"))


@pytest.fixture
def places(tmp_path, request, monkeypatch):
    """``places(kind)``: the address of a new file, or of a new database."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(copy_rows, "_PAGE", 7)
    numbers = iter(range(100))

    def new(kind):
        if kind == "file":
            return f"file:{tmp_path}/copy{next(numbers)}.db"
        server = request.getfixturevalue("postgres")
        return server.url(server.new())

    return new


@pytest.fixture
def home(tmp_path, monkeypatch):
    made = StoreHome(tmp_path)
    monkeypatch.setenv("CLOVRIX_MASTER_KEY", made.master_key.line())
    yield made
    made.store.close()


def check_equal(url, home, before, tokens):
    with located(url).opened(home.master_key) as store:
        assert state(store, tokens) == before
        assert state(store, [])[-1] == []


@pytest.mark.parametrize(
    "kinds", [("file", "file"), pytest.param(("base", "file", "base", "base"), marks=pytest.mark.slow)]
)
def test_everything_arrives_once(home, places, kinds, capsys):
    """Every answer and every row are equal; a second copy writes nothing; new ids are higher."""
    tokens = fill(home)
    state(home.store, tokens)  # the last use of each token is written
    before, source = state(home.store, tokens), home.url
    for kind in kinds:
        target = places(kind)
        done = copy(located(source), located(target))
        assert (done.was_begun, done.written) == (False, sum(done.rows.values()))
        check_equal(target, home, before, tokens)
        again = copy(located(source), located(target))
        assert (again.rows, again.written, again.has_changed) == (done.rows, 0, False)
        source = target
    with located(source).opened(home.master_key) as store:
        assert store.create_project("new")
        assert store.create_environment("new", "production")
        write(store, ("new", "production"), "A", "value")
        write(store, PLACES[0], "NEW", "value")
        store.revoke_token(tokens[0])
        assert (store.verify(), len(store.projects())) == ([], 3)
    with pytest.raises(ClovrixConfigError, match=r"changed since, in: project, data_key, .*audit"):
        copy(located(home.url), located(source))


def run(*words, at=-1):
    """Copy in a process of its own, which is killed at a step. Returns the number of its steps."""
    command = [sys.executable, "-c", KILLED, str(at), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == (0 if at < 0 else -signal.SIGKILL), done.stderr
    return int(done.stdout or 0)


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [("file", "base"), ("base", "file"), ("file", "file")], ids="-".join)
@pytest.mark.parametrize("moments", repeated(2, deep=25))
def test_a_copy_killed_at_any_moment_goes_on(home, places, kinds, moments, capsys):
    """No program opens a part of it, and the next run completes it: all once, and equal."""
    tokens = fill(home)
    for number in range(100):
        write(home.store, PLACES[number % 4], "A", f"{number}")
    source = home.url
    if kinds[0] == "base":
        source = places("base")
        copy(located(home.url), located(source))
    before = state(home.store, tokens)
    found = {"absent": 0, "incomplete": 0, "complete": 0}
    total = run(source, places(kinds[1]))
    for number in range(moments):
        target = places(kinds[1])
        run(source, target, at=total * (2 * number + 1) // (2 * moments))
        try:
            located(target).opened(home.master_key).close()
            outcome = "complete"
        except ClovrixConfigError as error:
            outcome = "absent" if "no store" in error.problems[0] else "incomplete"
            assert ("run clovrix-env local copy again" in error.remedy) == (outcome == "incomplete")
        found[outcome] += 1
        run(source, target)
        check_equal(target, home, before, tokens)
    print(f"{total} steps, {moments} kills: {found}")
    assert found["incomplete"]


@contextlib.contextmanager
def interrupted(monkeypatch, after):
    """A copy in this process fails after so many batches."""
    from clovrix_env.store.copy import _Copy

    batch, count = _Copy._batch, iter(range(after))

    def limited(self, unfinished):
        if next(count, None) is None:
            raise ZeroDivisionError
        return batch(self, unfinished)

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(_Copy, "_batch", limited)
        yield


@pytest.mark.parametrize("kind", ["file", pytest.param("base", marks=pytest.mark.slow)])
def test_a_copy_goes_on_with_the_present_state(home, places, kind, monkeypatch, capsys):
    """Written, pruned, revoked and rotated meanwhile; nothing opens the part; others end."""
    fill(home)
    target = places(kind)
    with interrupted(monkeypatch, 25):
        copy(located(home.url), located(target))
    for words in (["verify"], ["init", "backend"], ["migrate"]):
        with pytest.raises(ClovrixConfigError, match="is incomplete: a copy to it has not fin"):
            monkeypatch.setenv("CLOVRIX_STORE", target)
            cli.main(["local", *words], standalone_mode=False)
    other = StoreHome(home_folder(home, "other"))
    with pytest.raises(ClovrixConfigError, match="is an unfinished copy of another store"):
        copy(located(other.url), located(target))
    other.store.close()
    home.store.prune(Rule(1, before=4_000_000_000))
    rotate_data.rotate(*home.store.parts, "backend")
    with interrupted(monkeypatch, 12):
        copy(located(home.url), located(target))
    write(home.store, PLACES[0], "A", "later")
    done = copy(located(home.url), located(target))
    assert done.was_begun
    assert 0 < done.written < sum(done.rows.values())
    check_equal(target, home, state(home.store, []), [])


def home_folder(home, name):
    folder = os.path.join(os.path.dirname(home.path), name)
    os.mkdir(folder)
    from pathlib import Path

    return Path(folder)
