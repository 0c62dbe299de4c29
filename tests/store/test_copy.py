"""A store is copied between files and databases: all of it, once, whenever the copy is killed."""

import os
import signal
import subprocess
import sys
from importlib import import_module

import pytest
from repeated import repeated
from store.conftest import edit

from clovrix_env import Client, ClovrixConfigError, ClovrixError
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.cli.main import cli
from clovrix_env.store import (
    audit_log,
    audit_prune,
    copy_rows,
    master_key,
    rotate_data,
    rotate_master,
    sqlite,
)
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
    reply = store.answer(Call("set_entry", *place, key, (WriteItem(key, value),), token=token))
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
            text = f"{place}é\0{number}"
            items = WriteItem("A", text), WriteItem("B", text, False), WriteItem("C", text * 900)
            assert store.answer(Call("set_entries", *place, items=items)).status == 200
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
            for key in ("A", "B", "C", "D"):
                calls += [Call("get_entry", *place, key), Call("get_history", *place, key)]
            answers += [store.answer(call.replaced(token=token)) for call in calls]
    with store.parts[0].reading() as rows:
        found = [sorted(rows.execute(f"SELECT * FROM {name}"), key=repr) for name in TABLES]
    events = audit_log.newest(store.parts[0], None, 1000)
    return answers, found, store.projects(), store.tokens(), store.billing, events, store.verify()


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
    assert (all(before[1]), before[-1]) == (True, [])  # every table has rows, every seal opens
    with located(url).opened(home.master_key) as store:
        assert state(store, tokens) == before


@pytest.mark.parametrize(
    "kinds",
    [("file", "file"), pytest.param(("base", "file", "base", "base"), marks=pytest.mark.slow)],
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


def refusal(url, home):
    """Why a store cannot be opened, as one word."""
    try:
        located(url).opened(home.master_key).close()
    except ClovrixConfigError as error:
        return "incomplete" if "run clovrix-env local copy again" in error.remedy else "absent"
    return "complete"


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [("file", "base"), ("base", "file")], ids="-".join)
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
        found[refusal(target, home)] += 1
        run(source, target)
        check_equal(target, home, before, tokens)
    print(f"{total} steps, {moments} kills: {found}")
    assert found["incomplete"]


def interrupt(source, target, share):
    """Copy until this share of the work was done; at a half all rows are copied."""

    def stop(done, total):
        if done >= share * total:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        copy(located(source), located(target), stop)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "base"])
def test_a_copy_goes_on_with_the_present_state(home, places, kind, monkeypatch, tmp_path):
    """Written, pruned, revoked and rotated meanwhile; nothing opens the part; others end."""
    fill(home)
    target = places(kind)
    interrupt(home.url, target, 0.5)  # all rows are there: the next run writes none
    assert copy(located(home.url), located(target)).written == 0
    target = places(kind)
    interrupt(home.url, target, 0.4)
    monkeypatch.setenv("CLOVRIX_STORE", target)
    monkeypatch.setattr(import_module("clovrix_env.cli.local.where"), "WAIT_SECONDS", 0)
    for words in (["local", "verify"], ["local", "init", "x"], ["local", "migrate"], ["serve"]):
        with pytest.raises(ClovrixConfigError, match="is incomplete: a copy to it has not fin"):
            cli.main(words, standalone_mode=False)
    if kind == "file":
        with pytest.raises(ClovrixConfigError, match="is incomplete"):
            Client(base_url=target).get_entries("backend", "qa")
    other = tmp_path / "other.db"
    sqlite.create(str(other), home.master_key)
    with pytest.raises(ClovrixConfigError, match="is an unfinished copy of another store"):
        copy(InFile(str(other)), located(target))
    home.store.prune(Rule(1, before=4_000_000_000))
    assert audit_prune.prune(*home.store.parts, 4_000_000_000)
    rotate_data.rotate(*home.store.parts, "backend")
    interrupt(home.url, target, 0.1)
    write(home.store, PLACES[0], "A", "later")
    done = copy(located(home.url), located(target))
    assert (done.was_begun, done.written > 0) == (True, True)
    check_equal(target, home, state(home.store, []), [])


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [("file", "base"), ("base", "file")], ids="-".join)
def test_a_copy_has_one_state_of_a_store_in_use(home, places, kinds):
    """What is written meanwhile is not waited for, and is reported; a second run ends the first."""
    fill(home)
    source = home.url
    if kinds[0] == "base":
        source = places("base")
        copy(located(home.url), located(source))
    with located(source).opened(home.master_key) as store:
        before, written = state(store, []), iter("abc")

        def also_write(*_):
            for value in written:
                write(store, PLACES[0], "A", value)
                store.create_project(value)

        target = places(kinds[1])
        done = copy(located(source), located(target), also_write)
        assert (done.has_changed, store.verify()) == (True, [])
        check_equal(target, home, before, [])
        second = places(kinds[1])

        def also_copy(*_):
            if not second_runs:
                second_runs.append(copy(located(source), located(second)))

        second_runs = []
        with pytest.raises(ClovrixConfigError, match=r"another copy to .* has begun"):
            copy(located(source), located(second), also_copy)
        check_equal(second, home, state(store, []), [])


def test_a_copy_is_refused_by_name(home, places, tmp_path, capsys, monkeypatch):
    """Nothing that exists is overwritten, no password is accepted or shown, and damage is named."""
    write(home.store, PLACES[0], "A", "value")
    (tmp_path / "text").write_text("text")
    sqlite.create(str(tmp_path / "other.db"), home.master_key)
    old = tmp_path / "old.db"
    sqlite.create(str(old), home.master_key)
    edit(old, "UPDATE store SET format = 3")
    monkeypatch.setenv("ADDRESS", "postgresql://u:hunter2@127.0.0.1:1/x")
    new, text = f"file:{tmp_path}/new.db", f"file:{tmp_path}/text"
    for words, problem in {
        (f"file:{tmp_path}/none.db", new): "no store at",
        (home.url, home.url): "FROM and TO are the same store",
        (home.url, f"file:{tmp_path}/other.db"): "other.db has another store",
        (home.url, text): "is not a store|can be read by others",
        (f"file:{old}", new): f"has format 3; a copy has format {FORMAT}",
        (home.url, "postgresql://u:hunter2@db/x"): "TO contains a password",
        ("env:NONE", new): "FROM: the variable NONE is not set",
        ("env:ADDRESS", new): "postgresql://127.0.0.1:1/x cannot be reached",
        ("/srv/x", new): "FROM does not start with file: or postgresql:",
        (home.url, new, "--master-key", "env:NONE"): "--master-key: the variable NONE is not set",
    }.items():
        with pytest.raises(ClovrixError, match=problem) as refused:
            cli.main(["local", "copy", *words], standalone_mode=False)
        assert "hunter2" not in f"{refused.value!r} {capsys.readouterr()}"
        assert not os.path.exists(new[5:])
    edit(home.path, "UPDATE version SET sealed = zeroblob(60)")
    with pytest.raises(SystemExit, match="1"):
        cli.main(["local", "copy", home.url, new], standalone_mode=False)
    assert "backend/production: A: version 1 does not open" in capsys.readouterr().err
    monkeypatch.setenv("CLOVRIX_MASTER_KEY", master_key.generate("other").line())
    cli.main(["local", "copy", home.url, new], standalone_mode=False)
    assert "no seal was opened: the store" in capsys.readouterr().err


@pytest.mark.slow
def test_a_row_that_does_not_fit_is_named(home, places):
    """A text as a time, which only SQLite stores; and a row of the audit that was changed since."""
    write(home.store, PLACES[0], "A", "value")
    target = places("base")
    edit(home.path, "DROP TRIGGER version_is_not_changed; DROP TRIGGER audit_is_not_changed")
    edit(home.path, "UPDATE version SET at = 'x'")
    with pytest.raises(ClovrixConfigError, match="a row of the table version in"):
        copy(located(home.url), located(target))
    edit(home.path, "UPDATE version SET at = 1")
    interrupt(home.url, target, 0.5)
    edit(home.path, "UPDATE audit SET status = 0 WHERE id = 2")
    with pytest.raises(ClovrixConfigError, match="a row of the table audit in"):
        copy(located(home.url), located(target))
