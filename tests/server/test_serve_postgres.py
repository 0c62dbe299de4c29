"""``serve`` and ``local`` on PostgreSQL: late, lost and restarted databases, and secrets."""

import http.client
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest
from condition.container import until
from server.test_serve import server

from clovrix_env import Client, ServerError
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.store import master_key
from clovrix_env.store.location import InDatabase
from clovrix_env.store.opening import FORMAT
from clovrix_env.store.postgres import migrate
from tests.conftest import StoreHome

pytestmark = pytest.mark.slow
PASSWORD = "planted-password"
VALUE = "planted-value-1234567890"


def local(*words, **environ):
    return subprocess.run(
        [sys.executable, "-m", "clovrix_env", *words],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=50,
    )


def test_a_deadline_ends_each_wait(own):
    """For the lock of a project, a replica, a database: 503 with Retry-After, and nothing hangs."""
    import psycopg

    def status(operation, key="KEY"):
        call = Call(operation, "backend", "production", key, (WriteItem(key, "v"),))
        reply = own.store.answer(call.replaced(token=own.token), time.monotonic() + 0.5)
        assert (reply.status == 503) == (reply.retry_after == "1")
        return reply.status

    with psycopg.connect(own.url) as other:
        other.execute("SELECT 1 FROM project FOR NO KEY UPDATE")
        assert (status("set_entry"), status("get_entries")) == (503, 200)
    assert status("set_entry") == 201
    own.database.sql("ALTER SYSTEM SET synchronous_standby_names = 'absent'")
    own.database.sql("SELECT pg_reload_conf()")
    until(lambda: own.database.sql("SHOW synchronous_standby_names").strip() == "absent")
    assert (status("set_entry"), status("get_entries")) == (503, 200)
    own.database.stop("immediate")
    assert status("get_entries") == 503
    own.database.start()
    assert status("get_entries") == 200


@pytest.mark.skipif(not shutil.which("pgbouncer"), reason="needs the package pgbouncer")
def test_a_pooler_of_transactions(own, tmp_path):
    """PgBouncer gives each transaction another connection, and there are fewer than threads."""
    folder = own.database.folder
    path = os.path.join(folder, "pgbouncer.ini")
    with open(path, "w") as file:
        file.write(
            f"[databases]\npostgres = host={folder} user=postgres\n[pgbouncer]\n"
            f"listen_port = 6543\nlisten_addr =\nunix_socket_dir = {folder}\nauth_type = any\n"
            "pool_mode = transaction\ndefault_pool_size = 2\n"
        )
    words = own.database.as_user(shutil.which("pgbouncer"), "-q", path)
    location = InDatabase.named(f"{own.url}&port=6543", "the test")

    def listens():
        with suppress(ServerError):
            return location.exists()

    def use(number):
        items = (WriteItem(f"K{number}", "v"),)
        write = Call("set_entry", "backend", "production", f"K{number}", items)
        read = Call("get_entries", "backend", "production")
        return {store.answer(call).status for call in (write, read, write, read) * 5}

    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as pooler:
        try:
            until(listens)
            with location.opened(own.master_key) as store, ThreadPoolExecutor(6) as pool:
                assert set().union(*pool.map(use, range(6))) == {200, 201}
        finally:
            pooler.terminate()


def test_a_late_database_is_waited_for(own):
    """In one line; and ``/readyz`` is 503 while the store has an older format."""
    own.database.stop()
    words = [sys.executable, "-m", "clovrix_env", "serve", "--port", "0", "--store", own.url]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, env=dict(os.environ), **pipes) as process:
        try:
            line = process.stderr.readline()
            assert line.startswith("clovrix-env: waiting up to 60 s: the store postgresql:///")
            own.database.start()
            url = process.stdout.readline().strip().removeprefix("export CLOVRIX_API_URL=")
            assert ready(url)
            own.database.sql("UPDATE store SET format = format - 1")
            assert not ready(url)
            with Client(own.token, url, max_retries=0) as client, pytest.raises(ServerError):
                client.set_entry("backend", "production", "KEY", "v")
            own.database.sql("UPDATE store SET format = format + 1")
            assert ready(url)
        finally:
            process.kill()


@pytest.mark.parametrize("count", [2, pytest.param(6, marks=pytest.mark.deep)])
@pytest.mark.parametrize("before", ["empty", "late, and of the previous format"])
def test_servers_and_conversions_start_at_once(own, monkeypatch, before, count):
    """One of them creates or converts the store, and all servers become ready."""
    monkeypatch.setenv("CLOVRIX_STORE", own.database.url(own.database.new()))
    location = InDatabase.named(os.environ["CLOVRIX_STORE"], "the test")
    if before != "empty":
        with monkeypatch.context() as earlier:
            earlier.setattr(migrate, "FORMAT", FORMAT - 1)
            location.create(own.master_key)
        own.database.stop()
    with ExitStack() as stack:

        def start(*words):
            words = [sys.executable, "-m", "clovrix_env", *words]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            process = stack.enter_context(subprocess.Popen(words, **pipes))
            stack.callback(process.kill)
            return process

        conversions = [start("local", "migrate") for _ in range(count)]
        servers = [start("serve", "--port", "0", "--log-format", "off") for _ in range(count)]
        for process in conversions + servers:
            assert "waiting up to 60 s: " in process.stderr.readline()
        if before == "empty":
            conversions += [start("local", "init", "web") for _ in range(count)]
        else:
            own.database.start()
        assert [process.wait(50) for process in conversions] == [0] * len(conversions)
        for process in servers:
            url = process.stdout.readline().strip().removeprefix("export CLOVRIX_API_URL=")
            until(lambda url=url: ready(url))
    with location.opened(own.master_key) as store:
        applied = store.parts[0].read(
            lambda c: c.execute("SELECT number FROM migration").fetchall()
        )
        assert (sorted(applied), store.verify()) == ([(FORMAT - 1,), (FORMAT,)], [])


def ready(url):
    line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    line.request("GET", "/readyz")
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer.status == 200


def test_commands_use_the_database(own):
    """``local`` works on it; what needs a file says what to use instead."""
    store = {"CLOVRIX_STORE": own.url}
    ran = local("local", "init", "web", **store)
    assert ran.stdout.startswith("unchanged  master key")
    assert "unchanged  store        postgresql:///" in ran.stdout
    assert "clovrix-env serve" in ran.stdout
    assert "web" in local("local", "project", "list", **store).stdout
    assert "has format" in local("local", "migrate", "--store", own.url).stderr
    assert local("local", "verify", **store).returncode == 0
    assert local("local", "prune", "--yes", **store).returncode == 0
    refused = local("local", "backup", "copy.db", **store)
    assert (refused.returncode, "use pg_dump" in refused.stderr) == (125, True)
    elsewhere = own.database.url(own.database.new())
    none = local("local", "verify", "--store", elsewhere)
    assert "no store in postgresql:///" in none.stderr
    own.database.sql("UPDATE store SET format = 99")
    newer = local("local", "verify", **store)
    assert "format 99; this version of clovrix-env reads up to" in newer.stderr


def test_a_dump_and_its_key_open_together(own):
    """Either alone is refused with what is missing, and a dump contains no secret."""
    item = (WriteItem("KEY", VALUE),)
    own.store.answer(Call("set_entry", "backend", "production", "KEY", item))
    dump = os.path.join(own.database.folder, "clovrix.dump")
    own.database.run("pg_dump", "--format", "custom", "--file", dump, "postgres")
    text = own.database.run("pg_restore", "--file", "-", dump)
    for secret in (VALUE, own.token, own.master_key.line().split(":")[1]):
        assert secret not in text
        assert secret.encode().hex() not in text
    name, label = own.database.new(), own.master_key.label
    store = ("--store", own.database.url(name))
    key_alone = local("local", "verify", *store)
    assert (key_alone.returncode, f"/{name}\n" in key_alone.stderr) == (125, True)
    assert key_alone.stderr.startswith("clovrix-env: no store in postgresql:///")
    assert "restore a dump" in key_alone.stderr

    own.database.run("pg_restore", "--exit-on-error", "--dbname", name, dump)
    assert "every seal opens" in local("local", "verify", *store).stderr
    assert local("local", "audit", "verify", *store).returncode == 0
    restored = InDatabase.named(own.database.url(name), "the test")
    with restored.opened(own.master_key) as opened:
        read = Call("get_entries", "backend", "production", token=own.token)
        assert opened.answer(read).data == {"entries": {"KEY": VALUE}}
    absent, other = "/run/absent/master.key", master_key.generate("the test").line()
    for environ, why in (
        ({"HOME": "/nowhere"}, "CLOVRIX_MASTER_KEY is not set and /nowhere/"),
        ({"CLOVRIX_MASTER_KEY": f"file:{absent}"}, f"CLOVRIX_MASTER_KEY names {absent}, which"),
        ({"CLOVRIX_MASTER_KEY": other}, "is sealed under the master key"),
    ):
        dump_alone = local("local", "verify", *store, **environ)
        assert (dump_alone.returncode, why in dump_alone.stderr) == (125, True), dump_alone.stderr
        assert f":{label}" in dump_alone.stderr


def test_a_password_is_never_shown(own):
    """Not when it is wrong, and not in the list of processes; a file of passwords works."""
    own.database.sql(f"CREATE ROLE guarded LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
    rules = os.path.join(own.database.data, "pg_hba.conf")
    with open(rules) as file:
        rest = file.read()
    with open(rules, "w") as file:
        file.write(f"local all guarded scram-sha-256\n{rest}")
    own.database.sql("SELECT pg_reload_conf()")
    right = own.database.url(user="guarded", password=PASSWORD)
    wrong = own.database.url(user="guarded", password=f"{PASSWORD}-wrong")
    bare = own.database.url(user="guarded")
    passwords = os.path.join(os.environ["HOME"], "passwords")
    with open(os.open(passwords, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(f"*:*:*:guarded:{PASSWORD}\n")
    list_ = ("local", "project", "list")
    assert "backend" in local(*list_, CLOVRIX_STORE=right).stdout
    assert "backend" in local(*list_, "--store", bare, PGPASSFILE=passwords).stdout
    failed = [
        local(*list_, CLOVRIX_STORE=wrong),
        local(*list_, CLOVRIX_STORE=bare),
        local(*list_, "--store", right),
        local(*list_, CLOVRIX_STORE=right.replace("//guarded", "//guarded@odd/")),
        local(*list_, CLOVRIX_STORE=right.replace("@/", f":{PASSWORD}@/")),
        local(*list_, CLOVRIX_STORE=right.replace("?", "?no_such_option=1&")),
    ]
    assert [ran.returncode in (5, 125) for ran in failed] == [True] * 6
    assert not any(PASSWORD in ran.stderr + ran.stdout for ran in failed)
    assert "rejected the password of user guarded" in failed[0].stderr
    served = local("serve", "--port", "0", CLOVRIX_STORE=wrong)  # it does not wait for this
    assert (served.returncode, served.stderr.count("\n")) == (failed[0].returncode, 2)
    assert "correct it in CLOVRIX_STORE" in served.stderr
    missing = local(*list_, CLOVRIX_STORE=own.database.url("absent"))
    assert "create the database in PostgreSQL" in missing.stderr
    assert "other users of this machine can see" in failed[2].stderr


@pytest.mark.deep
def test_what_a_request_costs(own, tmp_path, monkeypatch):
    """Processor time of the server, as a multiple of that on SQLite; and projects in parallel."""
    names = [f"p{n}" for n in range(8)]
    in_file = StoreHome(tmp_path)
    for home in (own, in_file):
        for name in names:
            home.project(name, "production")
        home.token = home.make_token(*names)
    own.database.stop()
    own.database.start(fsync="on")

    def cost(home):
        """Milliseconds of processor time for each write and each read; writes in a second."""
        monkeypatch.setenv("CLOVRIX_MASTER_KEY", home.master_key.line())
        with server(home, "--log-format", "off", stderr=None) as process:
            stat = f"/proc/{process.pid}/stat"

            def used():
                with open(stat) as file:
                    return sum(map(int, file.read().rpartition(")")[2].split()[11:13])) * 10.0

            def together(places, count):
                """Each thread writes to its place; the seconds that all take."""
                start = time.monotonic()
                with ThreadPoolExecutor(len(places)) as pool:
                    list(pool.map(lambda at: write(*at, count), enumerate(places)))
                return time.monotonic() - start

            def write(number, name, count):
                with Client(home.token, process.url) as client:
                    for n in range(count):
                        client.set_entry(name, "production", f"K{number}_{n % 20}", "v" * 30)

            write(0, "p0", 40)
            start = used()
            write(0, "p0", 400)
            written = used() - start
            with Client(home.token, process.url) as client:
                start = used()
                for _ in range(1000):
                    assert len(client.get_entries("p0", "production")) == 20
                read = used() - start
            one, eight = together(["p0"] * 8, 60), together(names, 60)
            return written / 400, read / 1000, 480 / one, 480 / eight

    on_file, on_database = cost(in_file), cost(own)
    print("set_entry ms, get_entries(20) ms, writes/s to one project, to eight")
    print(
        *(" ".join(f"{figure:.2f}" for figure in each) for each in (on_file, on_database)), sep="\n"
    )
    assert on_database[0] <= 5 * on_file[0]
    assert on_database[1] <= 3 * on_file[1]
    in_file.store.close()
