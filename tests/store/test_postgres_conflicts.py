"""What PostgreSQL undoes because of another transaction is repeated, and nothing is done twice."""

import threading

import pytest
from launch.launcher import until

from clovrix_env import ServerError
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store import audit_log, master_key, projects, rotate_data, rotate_master
from clovrix_env.store.location import InDatabase
from clovrix_env.store.postgres import migrate
from clovrix_env.store.postgres.connection import Connection
from clovrix_env.store.prune import Rule
from tests.conftest import StoreHome

psycopg = pytest.importorskip("psycopg")
pytestmark = pytest.mark.slow
AT = ("backend", "production")
NEW = master_key.generate("new")


def call(home, operation, value="v", **more):
    items = (WriteItem("KEY", value),)
    reply = home.store.answer(Call(operation, *AT, "KEY", items, home.token, **more))
    if reply.status == 503:
        raise ServerError(reply.data["error"], 503)
    return reply.status, reply.data


def rotated_master(home):
    rotate_master.begin(*home.store.parts, home.master_key, NEW)
    return rotate_master.pending(home.store.parts[0])


def bill(home):
    home.store.billing = "restricted"


# Each act, and a table that its first transaction uses after that of the store.
READS = {
    "get_entries": (lambda home: call(home, "get_entries"), "project"),
    "tokens": (lambda home: len(home.store.tokens()), "token"),
    "verify": (lambda home: home.store.verify(), "version"),
    "audit": (lambda home: len(audit_log.newest(home.store.parts[0], None, 99)[0]), "audit"),
}
WRITES = {
    "set_entry": (lambda home: call(home, "set_entry"), "project"),
    "restore_entry": (lambda home: call(home, "restore_entry", number=1), "project"),
    "create_project": (lambda home: home.store.create_project("new"), "audit_chain"),
    "create_environment": (lambda home: home.store.create_environment("backend", "e"), "project"),
    "create_token": (lambda home: len(home.make_token("backend")), "token"),
    "revoke_token": (lambda home: home.store.revoke_token(home.token), "token"),
    "prune": (lambda home: len(home.store.prune(Rule(1)).versions), "version"),
    "billing": (bill, "setting"),
    "rotate master": (rotated_master, "data_key"),
    "rotate data": (lambda home: rotate_data.rotate(*home.store.parts, "backend"), "data_key"),
    "migrate": (lambda home: migrate.convert(home.location.address), "audit"),
}
ACTS = {**READS, **WRITES}
OFTEN = ("get_entries", "set_entry", "create_token", "rotate master", "migrate")
WAITING = (
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
    " WHERE datname = current_database() AND NOT granted"
)
# Undoes the first transactions that change a table, at their COMMIT.
AGAIN = """
    CREATE SEQUENCE again;
    CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('again') <= {most} THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER again AFTER INSERT OR UPDATE ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION again();
"""


@pytest.fixture(scope="module")
def template(postgres, tmp_path_factory):
    """The database of a store with three versions of a key."""
    name = postgres.new()
    home = StoreHome(tmp_path_factory.mktemp("home"), postgres.url(name))
    for value in "123":
        call(home, "set_entry", value)
    home.store.close()
    return name, home


class Copy:
    """A copy of that store. ``rows`` counts the rows of each table, ``sql`` is a superuser's."""

    def __init__(self, postgres, template, act):
        source, home = template
        self.name = postgres.new(source)
        self.master_key, self.token, self.make_token = home.master_key, home.token, self._token
        self.url = postgres.url(self.name)
        self.location = InDatabase.named(self.url, "the test")
        self.sql = lambda statement: postgres.sql(statement, self.name).strip()
        if act == "migrate":
            self.sql("DROP TRIGGER audit_is_not_deleted ON audit; DROP TABLE audit_chain")
            self.sql("ALTER TABLE audit DROP chain, DROP position, DROP mac")
            self.sql("UPDATE store SET format = 3; DELETE FROM migration WHERE number = 4")
        self.sql(f"ALTER DATABASE {self.name} SET deadlock_timeout = '20ms'")
        self.sql(f"ALTER DATABASE {self.name} SET default_transaction_isolation = serializable")
        self.store = self.location.opened(self.master_key)

    def _token(self, project):
        return self.store.create_token([project], role="write")

    def rows(self):
        tables = self.sql("SELECT relname FROM pg_stat_user_tables ORDER BY 1").split()
        return {table: self.sql(f"SELECT count(*) FROM {table}") for table in tables}


@pytest.fixture
def copies(postgres, template):
    """Equal copies for an act."""
    made = []

    def make(act, count):
        made.extend(Copy(postgres, template, act) for _ in range(count))
        return made

    yield make
    for copy in made:
        copy.store.close()
        postgres.drop(copy.name)


def often(acts):
    """A few of these acts, and all of them in the deep tier."""
    return [name if name in OFTEN else pytest.param(name, marks=pytest.mark.deep) for name in acts]


def deadlocks(postgres):
    with open(postgres.log) as file:
        return file.read().count("deadlock detected")


@pytest.mark.parametrize("name", often(ACTS))
def test_a_deadlock_is_repeated(postgres, copies, monkeypatch, name):
    """Another program locks two tables in the other order: the act is undone, then done once."""
    (act, table), (one, other) = ACTS[name], copies(name, 2)
    expected, before = act(other), deadlocks(postgres)
    with psycopg.connect(one.url) as session:
        session.execute("SET LOCAL deadlock_timeout = '1h'")
        session.execute(f"LOCK TABLE {table}")

        def lock():
            session.execute("LOCK TABLE store")
            session.rollback()

        locking = threading.Thread(target=lock)

        def then_lock(read):
            def wrapped(*arguments):
                result = read(*arguments)
                if locking.ident is None:
                    locking.start()
                    until(lambda: one.sql(WAITING) == "1")
                return result

            return wrapped

        for owner, name in ((Connection, "begin"), (migrate, "_format")):  # they read the store
            monkeypatch.setattr(owner, name, then_lock(getattr(owner, name)))
        assert act(one) == expected
        locking.join()
    assert one.rows() == other.rows()
    assert deadlocks(postgres) == before + 1


@pytest.mark.parametrize("name", often(WRITES))
def test_a_conflict_at_the_commit_is_repeated_a_few_times(copies, name):
    """After five the sixth attempt is done once; an act that never succeeds is a 503 and undone."""
    act, (one, other, never) = WRITES[name][0], copies(name, 3)
    table = {"billing": "setting", "migrate": "migration"}.get(name, "audit")
    one.sql(AGAIN.format(most=5, table=table))
    never.sql(AGAIN.format(most=999, table=table))
    assert act(one) == act(other)
    assert one.rows() == other.rows()
    before = never.rows()
    with pytest.raises(ServerError, match="is busy") as refused:
        act(never)
    assert refused.value.status_code == 503
    assert never.rows() == before
    assert never.sql("SELECT last_value FROM again") == "6"


def test_a_rotation_waits_for_the_acts_that_have_begun(copies):
    """A data key that one of them sealed with the old key is sealed again before that is gone."""
    (copy,) = copies("rotate", 1)
    stored = copy.store.parts

    def rotate():
        rotate_master.begin(*stored, copy.master_key, NEW)
        rotate_master.finish(*stored)

    rotation = threading.Thread(target=rotate)
    with copy.location.opened(copy.master_key) as other:
        database, keys = other.parts

        def create(connection):
            projects.create_project(connection, keys, "new")
            rotation.start()
            until(lambda: copy.sql(WAITING) == "1")

        database.write(create)
    rotation.join()
    with copy.location.opened(NEW) as store:
        store.create_environment("new", "e")
        assert (
            store.answer(Call("set_entry", "new", "e", "K", (WriteItem("K", "v"),))).status == 201
        )
        assert store.verify() == []
