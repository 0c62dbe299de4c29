"""A store in PostgreSQL does what a store in a file does, also under several writers at once."""

import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgres import running
from server.test_fire import at_once

from clovrix_env import ClovrixConfigError, ClovrixError, ServerError
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store import audit_log, master_key, rotate_data, rotate_master
from clovrix_env.store.location import InDatabase
from clovrix_env.store.opening import FORMAT
from clovrix_env.store.prune import Rule
from tests.conftest import StoreHome


@pytest.fixture
def home(postgres, tmp_path):
    """A store in a database of its own."""
    made = StoreHome(tmp_path, postgres.url(postgres.new()))
    yield made
    made.store.close()


def put(home, key, value, token=None):
    items = (WriteItem(key, value),)
    return home.store.answer(Call("set_entry", "backend", "production", key, items, token=token))


def test_a_store_in_a_database(home, postgres):
    """Written, read, revoked, verified, opened again; what may not change cannot."""
    assert [put(home, "KEY", value, home.token).status for value in ("1", "2")] == [201, 200]
    database = home.url.partition("@/")[2].partition("?")[0]
    for statement in (
        "UPDATE version SET number = 3",
        *("DELETE FROM version", "TRUNCATE version CASCADE"),
        *("UPDATE audit SET at = 0", "DELETE FROM audit", "TRUNCATE audit"),
    ):
        with pytest.raises(subprocess.CalledProcessError) as caught:
            postgres.sql(statement, database)
        assert "is append-only" in caught.value.stderr
    home.store.revoke_token(home.token)
    with InDatabase.named(home.url, "the test").opened(home.master_key) as store:
        read = Call("get_entries", "backend", "production")
        assert store.answer(read).data == {"entries": {"KEY": "2"}}
        assert store.answer(read.replaced(token=home.token)).status == 401
        assert (store.verify(), store.prune(Rule(1)).versions[0][5]) == ([], 1)


_NAME, _KEY = st.sampled_from(["a", "b"]), st.sampled_from(["A", "B", "C"])
_KEYS = st.lists(_KEY, min_size=1)
_WHO, _NUMBER = st.integers(0, 4), st.integers(0, 5)
_VALUE = st.sampled_from(["", "x", "é\0\u2028", "y" * 32768])
STEPS = st.one_of(
    st.tuples(st.just("project"), _NAME),
    st.tuples(st.just("environment"), _NAME, _NAME),
    st.tuples(st.just("token"), _NAME, st.lists(_NAME, max_size=2), st.sampled_from("rw")),
    st.tuples(st.just("revoke"), _WHO),
    st.tuples(st.just("prune"), st.integers(1, 3)),
    st.tuples(st.just("reopen")),
    *(
        st.tuples(
            st.just(operation), _WHO, _NAME, _NAME, st.lists(_KEY, min_size=1), _VALUE, _NUMBER
        )
        for operation in (
            *("set_entry", "set_entries", "get_entry", "get_entries"),
            *("get_history", "restore_entry", "delete_entry", "get_log"),
        )
    ),
)


class Side:
    """One of the two stores. Names begin with ``prefix``, so that each example is on its own."""

    def __init__(self, home, prefix):
        self.home, self.prefix, self.tokens = home, prefix, [None]

    def does(self, kind, *rest):
        """The outcome of a step, equal for equal stores."""
        try:
            return getattr(self, f"do_{kind}", self.call)(*rest, **self.operation(kind))
        except ClovrixError as error:
            return str(error)

    def operation(self, kind):
        return {} if hasattr(self, f"do_{kind}") else {"operation": kind}

    def do_project(self, name):
        return self.home.store.create_project(self.prefix + name)

    def do_environment(self, project, name):
        return self.home.store.create_environment(self.prefix + project, name)

    def do_token(self, project, environments, role):
        role = {"r": "read", "w": "write"}[role]
        make = self.home.store.create_token
        self.tokens.append(make([self.prefix + project], environments, role=role))

    def do_revoke(self, who):
        return self.home.store.revoke_token(self.tokens[who % len(self.tokens)] or "\0")

    def do_prune(self, keep):
        return [row[:3] + row[5:] for row in self.home.store.prune(Rule(keep)).versions]

    def do_reopen(self):
        self.home.store.close()
        location = self.home.location
        self.home.store = location.opened(self.home.master_key)

    def call(self, who, project, environment, keys, value, number, operation):
        items = tuple(WriteItem(key, value, number > 3) for key in keys)
        items = items[:1] if operation == "set_entry" else items
        call = Call(operation, self.prefix + project, environment, keys[0], items, number=number)
        reply = self.home.store.answer(call.replaced(token=self.tokens[who % len(self.tokens)]))
        data = dict(reply.data)
        for each in [*data.get("versions", ()), *data.get("events", ())]:
            each.update(at=0, id=0, token=self.named(each["token"]))
            if each.get("action", "").endswith("_token"):
                each["key"] = self.named(each["key"])
        return reply.status, data

    def named(self, public_id):
        known = [token and token[4:12] for token in self.tokens]
        return known.index(public_id)

    def state(self):
        tokens = [(token.role, token.scopes, token.state(0)) for token in self.home.store.tokens()]
        return self.home.store.projects(), tokens, self.home.store.verify()


def compare(postgres, tmp_path, examples):
    homes = StoreHome(tmp_path), StoreHome(tmp_path, postgres.url(postgres.new()))
    count = 0

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(STEPS, min_size=50, max_size=50))
    def run(steps):
        nonlocal count
        count += 1
        sides = [Side(home, f"{count}-") for home in homes]
        for step in steps:
            left, right = (side.does(*step) for side in sides)
            assert left == right, step
        left, right = (side.state() for side in sides)
        assert left == right

    run()
    for home in homes:
        home.store.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_both_databases_agree(postgres, tmp_path):
    """After every one of 50 steps, in 20 runs."""
    compare(postgres, tmp_path, 20)


@pytest.mark.deep
@pytest.mark.timeout(3000)
def test_both_databases_agree_always(tmp_path):
    """The same in 200 runs, each commit on the disk."""
    with running(fsync="on") as server:
        compare(server, tmp_path, 200)


@pytest.mark.slow
def test_one_of_several_creates(postgres, home):
    """Of six at the same moment one creates a store, a project, an environment and an entry."""
    name = postgres.new()
    location = InDatabase.named(postgres.url(name), "the test")
    # What one has committed while another waited has to be seen.
    postgres.sql(f"ALTER DATABASE {name} SET default_transaction_isolation = serializable")
    key = master_key.generate("the test")
    assert sorted(at_once(6, lambda _: location.create(key))) == [False] * 5 + [True]
    for number in range(10):
        made = at_once(6, lambda _, n=number: home.store.create_project(f"p{n}"))
        assert sorted(made) == [False] * 5 + [True]
        made = at_once(6, lambda _, n=number: home.store.create_environment("backend", f"e{n}"))
        assert sorted(made) == [False] * 5 + [True]
        written = at_once(6, lambda _, n=number: put(home, f"K{n}", "v").status)
        assert sorted(written) == [200] * 5 + [201]
        rows = home.store.answer(Call("get_history", "backend", "production", f"K{number}"))
        assert [row["number"] for row in rows.data["versions"]] == [1, 2, 3, 4, 5, 6]


@pytest.mark.slow
def test_an_older_format_is_converted_once(postgres, monkeypatch, tmp_path):
    """By four at the same moment; before that it can be read and not written."""
    from clovrix_env.store.postgres import migrate

    url = postgres.url(postgres.new())
    location, key = InDatabase.named(url, "the test"), master_key.generate("the test")
    with monkeypatch.context() as earlier:
        earlier.setattr(migrate, "FORMAT", 3)
        location.create(key)
    with location.opened(key) as store:
        assert (store.format, store.projects()) == (3, {})
        with pytest.raises(ServerError, match="has format 3: run clovrix-env local migrate"):
            store.create_project("backend")
        at_once(4, lambda _: migrate.convert(location.address))
        assert store.create_project("backend")
        assert (store.format, store.why_not_ready(), store.verify()) == (FORMAT, "", [])


@pytest.mark.slow
def test_the_limit_of_a_project_is_exact(home):
    """Eight writers of 100 new keys each: five succeed."""

    def write(number):
        items = tuple(WriteItem(f"K{number}_{n}", "v") for n in range(100))
        return home.store.answer(Call("set_entries", "backend", "production", items=items)).status

    assert sorted(at_once(8, write)) == [200] * 5 + [422] * 3


@pytest.mark.slow
def test_nothing_is_written_after_a_revocation(home):
    """Readers and writers get 200 or 401, and no version is added once it has returned."""
    put(home, "KEY", "0")

    def versions():
        found = home.store.answer(Call("get_history", "backend", "production", "KEY")).data
        return found["versions"][-1]["number"]

    for _ in range(20):
        token = home.make_token("backend")
        working = threading.Barrier(7)

        def use(number, token=token, working=working):
            read = Call("get_entries", "backend", "production", token=token)
            seen = []
            while 401 not in seen:
                seen.append(
                    put(home, "KEY", "v", token).status
                    if number % 2
                    else home.store.answer(read).status
                )
                if len(seen) == 3:
                    working.wait()
            return set(seen)

        with ThreadPoolExecutor(6) as pool:
            users = [pool.submit(use, number) for number in range(6)]
            working.wait()
            home.store.revoke_token(token)
            last = versions()
            assert [user.result() for user in users] == [{200, 401}] * 6
        assert versions() == last


@pytest.mark.slow
def test_no_text_reaches_the_driver_that_it_cannot_send(home):
    """A NUL or a lone surrogate in a name or a token is answered as on SQLite."""
    for odd in ("a\0", "\ud800"):
        for call in (Call("get_entries", odd, "production"), Call("get_entries", "backend", odd)):
            assert home.store.answer(call).status == 404
        token = home.token[:8] + odd + home.token[8 + len(odd) :]
        assert home.store.answer(Call("get_entries", *"ab", token=token)).status == 401
        for act in (home.store.revoke_token, home.store.create_project):
            with pytest.raises(ClovrixConfigError):
                act(odd)


def test_the_audit_and_new_keys(home, postgres):
    """Chains that eight threads write, a read in the audit, a removed row, and both rotations."""
    home.store.audits_reads = True
    read = Call("get_entries", "backend", "production")
    assert {reply.status for reply in at_once(8, lambda n: put(home, "KEY", str(n)))} == {200, 201}
    assert {reply.status for reply in at_once(8, lambda _: home.store.answer(read))} == {200}
    tokens = at_once(8, lambda _: home.store.create_token(["backend"], role="read"))
    assert home.store.verify() == []
    new = master_key.generate("new")
    with InDatabase.named(home.url, "the test").opened(home.master_key) as other:
        rotate_master.begin(*other.parts, home.master_key, new)
        assert rotate_data.rotate(*other.parts, "backend").versions == 8
        rotate_master.finish(*other.parts)
        with pytest.raises(ClovrixConfigError, match="sealed under the master key"):
            InDatabase.named(home.url, "the test").opened(home.master_key)
        assert other.verify() == []
    with InDatabase.named(home.url, "the test").opened(new) as store:
        assert {store.answer(read.replaced(token=token)).status for token in tokens} == {200}
        database = home.url.partition("@/")[2].partition("?")[0]
        events, seen = audit_log.newest(store.parts[0], "backend", 100)
        assert {"set_entry", "get_entries", "rotate_data"} <= {event.action for event in events}
        postgres.sql("ALTER TABLE audit DISABLE TRIGGER ALL", database)
        postgres.sql("DELETE FROM audit WHERE chain = 1 AND position = 5", database)
        assert list(audit_log.problems(*store.parts)) == ["the audit of backend: row 5 was removed"]
        assert audit_log.since(store.parts[0], None, seen)[0] == []
