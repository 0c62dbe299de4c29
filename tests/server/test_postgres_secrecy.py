"""On PostgreSQL: the database learns no secret, and no value is read without a row in the audit."""

import subprocess

import pytest
from postgres import running
from secrecy.search import Search
from server.raw import ENTRIES, Line, head
from server.test_fire import at_once
from server.test_serve import server

from clovrix_env import Client, ClovrixConfigError, ClovrixError
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.server.in_thread import serving
from clovrix_env.store import audit_log, master_key, rotate_data, rotate_master
from clovrix_env.store.prune import Rule
from tests.conftest import StoreHome

pytestmark = pytest.mark.slow
VALUE = "planted-value-1234567890"
LEAK = "planted-leak-1234567890"
AT = ("backend", "production")
# The database does not insert a row of the audit: it refuses, its disk is full, or it undoes the
# transaction.
REFUSALS = [
    "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"{act} END $$; CREATE TRIGGER refuse BEFORE INSERT ON audit "
    "FOR EACH ROW EXECUTE FUNCTION refuse()"
    for act in (
        "RAISE EXCEPTION 'no';",
        "RAISE EXCEPTION USING ERRCODE = '53100';",
        "RAISE EXCEPTION USING ERRCODE = '40001';",
    )
]


def test_the_database_has_no_secret(tmp_path):
    """Not in a dump, in its log at its most talkative, or in its statistics of statements."""
    talkative = {"log_statement": "all", "log_min_messages": "debug5"}
    preload = {"shared_preload_libraries": "pg_stat_statements"}
    with running(log_parameter_max_length="-1", **talkative, **preload) as database:
        database.sql("CREATE EXTENSION pg_stat_statements")
        home = StoreHome(tmp_path, database.url())
        database.sql("ALTER TABLE version ADD CHECK (number < 9)")
        revoked, new = home.make_token("backend"), master_key.generate("new")
        home.store.audits_reads = True
        calls = [
            *(("set_entry", *AT, "KEY", VALUE) for _ in range(8)),
            ("set_entries", *AT, [{"key": "ONE", "value": VALUE}]),
            *(("delete_entry", *AT, "ONE"), ("restore_entry", *AT, "ONE", 1)),
            *(("get_entries", *AT), ("get_history", *AT, "KEY"), ("get_log", "backend")),
        ]
        refused = [
            ("set_entry", *AT, "KEY", VALUE),  # by the database, which logs the row
            ("get_entries", home.token, "production"),
            ("get_entries", "backend", home.token),
            ("get_entry", *AT, VALUE),
        ]
        with serving(home.store) as url, Client(home.token, url, max_retries=0) as client:
            for operation, *words in calls:
                getattr(client, operation)(*words)
            for operation, *words in refused:
                with pytest.raises(ClovrixError):
                    getattr(client, operation)(*words)
        home.store.revoke_token(revoked)
        with pytest.raises(ClovrixConfigError):
            home.store.revoke_token(home.token[4:])  # its beginning was lost
        stored, keys = home.store.parts
        secret = {
            "audit": stored.read(keys.check_content).hex(),
            "data key": data_key(stored, keys),
        }
        rotate_master.begin(stored, keys, home.master_key, new)
        assert rotate_data.rotate(stored, keys, "backend").versions == 11
        rotate_master.finish(stored, keys)
        home.store.prune(Rule(1))
        tokens = {"value": VALUE, "token": home.token, "revoked": revoked, "leak": LEAK}
        lines = {"old": home.master_key.line(), "new": new.line(), "new key": new.key.hex()}
        search = Search({**secret, **tokens, **lines})
        with stored.reading() as connection:
            connection.execute("SELECT ?::text", (LEAK,))
        search.text("statements", database.sql("SELECT query FROM pg_stat_statements"))
        search.text("dump", database.run("pg_dump", "postgres"))
        with open(database.log) as file:
            log = file.read()
            search.text("log", log)
        home.store.close()
    assert search.hits() == ["leak in log"]
    assert home.token[4:12] in log
    assert log.count("DEBUG:  ") > 100


def data_key(database, keys):
    """The data key of the first project."""

    def found(connection):
        statement = "SELECT key_id, sealed FROM data_key WHERE project_id = 1"
        key_id, sealed = connection.execute(statement).fetchone()
        return keys.unseal_with(connection, keys.place(1, key_id), sealed).hex()

    return database.read(found)


def test_reads_are_audited_by_two_servers(own):
    """At once; the chain holds, and a read that the database does not record gets no value."""
    own.store.answer(Call("set_entry", *AT, "KEY", (WriteItem("KEY", VALUE),)))
    options, log = ("--audit-reads", "--log-format", "json"), subprocess.PIPE
    with server(own, *options, stderr=log) as one, server(own, *options, stderr=log) as other:

        def use(number):
            with Client(own.token, (one, other)[number % 2].url, max_retries=0) as client:
                for n in range(10):
                    client.set_entry(*AT, f"K{number}", str(n))
                    assert client.get_entries(*AT)["KEY"] == VALUE

        at_once(8, use)
        assert own.store.verify() == []
        events, _ = audit_log.newest(own.store.parts[0], "backend", 1000)
        actions = [event.action for event in events]
        assert (actions.count("get_entries"), actions.count("set_entry")) == (80, 81)
        for refusal in REFUSALS:
            own.database.sql(refusal)
            line = Line(one.url).send(head("GET", ENTRIES, own.token))
            status, _, document = line.answer()
            line.close()
            assert (status, document) == (503, {"error": "the store is busy"})
            own.database.sql("DROP TRIGGER refuse ON audit")
        with Client(own.token, other.url) as client:
            assert client.get_entries(*AT)["KEY"] == VALUE
        logged = one.end()[1] + other.end()[1]
    assert (VALUE in logged, logged.count("the read cannot be audited")) == (False, len(REFUSALS))
    assert len(audit_log.newest(own.store.parts[0], "backend", 1000)[0]) == len(events) + 1
    assert own.store.verify() == []
