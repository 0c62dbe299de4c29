"""``clovrix-env local``: what it makes, what it keeps, what it refuses."""

from __future__ import annotations

import os
import re
import shlex

import pytest
from click.testing import CliRunner

from clovrix_env.api.messages import Call
from clovrix_env.cli.local import local
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import master_key, sqlite
from clovrix_env.store.answer import Store

COMMAND = "from clovrix_env.cli.main import main; main()"
STORE = "home/.local/share/clovrix-env/store.db"
KEY = "home/.config/clovrix-env/master.key"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's environment with nothing of ours in it."""
    for name in list(os.environ):
        if name.startswith(("CLOVRIX_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    return tmp_path


def run(*arguments):
    """The command's output; its error is raised."""
    result = CliRunner().invoke(local, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def opened(path):
    return Store.open(str(path), master_key.find(os.environ))


def status(store, project, environment, token=None):
    return store.answer(Call("get_entries", project, environment, token=token)).status


def test_init_makes_key_store_project_and_environment(home):
    """One command from nothing to a store that answers, all of it private."""
    out = run("init", "backend")
    with opened(home / STORE) as store:
        assert status(store, "backend", "development") == 200
    for path in (KEY, STORE):
        assert (home / path).stat().st_mode & 0o777 == 0o600
        assert (home / path).parent.stat().st_mode & 0o777 == 0o700
        assert str(home / path) in out
    assert out.count("created ") == 4


def test_init_says_what_to_keep_and_what_comes_next(home):
    """The key must be kept; the export line works as it stands; the key itself is not shown."""
    out = run("init", "my project", "--env", "stg/eu")
    key = (home / KEY).read_text().strip()
    assert "Keep a copy of the master key" in out
    assert key not in out
    assert f"export CLOVRIX_API_URL=file:{home / STORE}" in out
    assert "clovrix-exec 'my project' stg/eu -- " in out


def test_init_a_second_time_keeps_everything(home):
    """The same command again finds all and changes neither file's identity."""
    run("init", "backend")
    before = [(home / path).read_bytes() for path in (KEY, STORE)]
    out = run("init", "backend")
    assert [(home / path).read_bytes() for path in (KEY, STORE)] == before
    assert (out.count("unchanged "), out.count("created ")) == (4, 0)


def test_init_adds_to_a_store(home):
    """Projects and environments are added; what was found is told apart from what was made."""
    run("init", "backend")
    out = run("init", "backend", "--env", "production", "--env", "staging", "--env", "staging")
    assert (out.count("unchanged "), out.count("created ")) == (3, 2)
    run("init", "shared", "--env", "production")
    with opened(home / STORE) as store:
        for project, environment in (
            ("backend", "development"),
            ("backend", "production"),
            ("backend", "staging"),
            ("shared", "production"),
        ):
            assert status(store, project, environment) == 200
        assert status(store, "shared", "development") == 404


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("file:dev.clovrix", "dev.clovrix"),
        ("file:a/b/dev.clovrix", "a/b/dev.clovrix"),
        ("file:~/dev.clovrix", "home/dev.clovrix"),
        ("file:a%20b ?#", "a%20b ?#"),
    ],
)
def test_init_follows_the_address(home, monkeypatch, address, path):
    """``CLOVRIX_API_URL=file:`` says where; the export line names the whole path."""
    monkeypatch.setenv("CLOVRIX_API_URL", address)
    out = run("init", "backend")
    assert (home / path).is_file()
    (line,) = re.findall("export (.*)", out)
    assert shlex.split(line) == [f"CLOVRIX_API_URL=file:{home / path}"]


def test_init_uses_the_key_of_the_variable(home, monkeypatch):
    """With the variable set no key file is made."""
    key = master_key.generate("test")
    monkeypatch.setenv("CLOVRIX_MASTER_KEY", key.line())
    out = run("init", "backend")
    assert f"unchanged  master key   in CLOVRIX_MASTER_KEY ({key.label})" in out
    assert not (home / KEY).exists()
    opened(home / STORE).close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://app.clovrix.com", "is https://app.clovrix.com"),
        ("http://127.0.0.1:8420", "is http://127.0.0.1:8420"),
        ("", "is empty"),
    ],
)
def test_init_works_on_files_only(home, monkeypatch, address, said):
    """An address of a service is told, and nothing is made."""
    monkeypatch.setenv("CLOVRIX_API_URL", address)
    with pytest.raises(ClovrixConfigError, match="which does not name a store in a file") as caught:
        run("init", "backend")
    assert said in str(caught.value)
    assert os.listdir(home / "home") == []


def test_init_keeps_key_and_store_apart(home, monkeypatch):
    """A folder with both is a copy with both; links do not hide it."""
    (home / "home/.config/clovrix-env").mkdir(parents=True)
    os.symlink(home / "home/.config/clovrix-env", home / "link")
    for folder in ("~/.config/clovrix-env", "link"):
        monkeypatch.setenv("CLOVRIX_API_URL", f"file:{folder}/store.db")
        with pytest.raises(ClovrixConfigError, match="beside its master key"):
            run("init", "backend")
    assert os.listdir(home / "link") == []


@pytest.mark.parametrize("name", ["", ".", "..", "x" * 2000])
def test_init_refuses_a_bad_name_before_it_makes_anything(home, name):
    """Neither key nor store is made for a name that no call can ask for."""
    for arguments in (("init", name), ("init", "backend", "--env", name)):
        with pytest.raises(ClovrixConfigError, match=r"the (project|environment)"):
            run(*arguments)
    assert os.listdir(home / "home") == []


def test_init_makes_no_new_key_for_an_old_store(home):
    """A store whose key is gone is not given another one."""
    run("init", "backend")
    (home / KEY).unlink()
    with pytest.raises(ClovrixConfigError, match="no master key"):
        run("init", "backend")
    assert not (home / KEY).exists()


def test_init_refuses_a_key_that_is_not_the_stores(home, monkeypatch):
    """Nothing is added under a wrong key."""
    run("init", "backend")
    monkeypatch.setenv("CLOVRIX_MASTER_KEY", master_key.generate("test").line())
    with pytest.raises(ClovrixConfigError, match="is sealed under the master key"):
        run("init", "other")


def test_init_refuses_a_damaged_key(home, monkeypatch):
    """No store is made under a key that cannot be what it says."""
    line = master_key.generate("test").line()
    monkeypatch.setenv("CLOVRIX_MASTER_KEY", line[:-8] + "00000000")
    with pytest.raises(ClovrixConfigError, match="is damaged"):
        run("init", "backend")
    assert not (home / STORE).exists()


def test_init_refuses_what_is_no_store(home, monkeypatch):
    """A file of somebody else is not written over."""
    (home / "file").write_text("mine")
    (home / "file").chmod(0o600)
    monkeypatch.setenv("CLOVRIX_API_URL", "file:file")
    monkeypatch.setenv("CLOVRIX_MASTER_KEY", master_key.generate("test").line())
    with pytest.raises(ClovrixConfigError, match="is not a store"):
        run("init", "backend")
    assert (home / "file").read_text() == "mine"


def test_a_crash_between_key_and_store_loses_nothing(home, monkeypatch):
    """The key is there first; the next init uses it."""

    def crash(path, key):
        raise OSError(28, "No space left on device", path)

    with monkeypatch.context() as patched:
        patched.setattr(sqlite, "create", crash)
        with pytest.raises(ClovrixConfigError, match=r"store\.db cannot be created: no space left"):
            run("init", "backend")
    key = (home / KEY).read_text()
    out = run("init", "backend")
    assert (home / KEY).read_text() == key
    assert "unchanged  master key" in out
    assert "created    store" in out


def test_no_half_made_file_is_left(home, monkeypatch):
    """A failure while the store is filled leaves nothing with its name, and no rest."""

    def crash(connection, key):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(sqlite, "_lay_out", crash)
    with pytest.raises(ClovrixConfigError, match="input/output error"):
        run("init", "backend")
    assert os.listdir((home / STORE).parent) == []


def test_a_place_that_cannot_be_made_is_a_sentence(home, monkeypatch):
    """A file where a folder is needed."""
    (home / "file").write_text("")
    monkeypatch.setenv("CLOVRIX_API_URL", "file:file/store.db")
    with pytest.raises(ClovrixConfigError, match="not a directory"):
        run("init", "backend")


def test_a_file_that_cannot_be_made_is_told_by_its_own_name(home, monkeypatch):
    """Not by the one that it has until it is whole; and with the way out."""
    name = "s" * 300
    monkeypatch.setenv("CLOVRIX_API_URL", f"file:{name}")
    with pytest.raises(ClovrixConfigError) as caught:
        run("init", "backend")
    assert caught.value.problems == (f"{home / name} cannot be created: file name too long",)
    assert "CLOVRIX_API_URL=file:PATH" in caught.value.remedy


def test_a_token_stands_alone_on_stdout(home, python):
    """The token can be piped; what it is for is told on stderr, without it."""
    run("init", "backend", "--env", "production")
    arguments = ("token", "create", "--project", "backend", "--role", "read")
    process = python(COMMAND, "local", *arguments, CLOVRIX_MASTER_KEY=None)
    out, err = process.communicate()
    assert re.fullmatch(r"icr_[0-9A-Za-z]{57}\n", out), err
    token = out.strip()
    assert "not shown again" in err
    assert token not in err
    assert token[4:].encode() not in (home / STORE).read_bytes()
    with opened(home / STORE) as store:
        assert status(store, "backend", "production", token) == 200


def test_a_token_has_the_scope_that_was_asked_for(home):
    """Projects and environments may be given several times."""
    for project in ("backend", "shared", "other"):
        run("init", project, "--env", "production", "--env", "staging")
    arguments = ("--project", "backend", "--project", "shared", "--env", "production")
    # click before 8.2 mixes stderr into the runner's stdout.
    token = run("token", "create", *arguments, "--role", "write").splitlines()[0]
    with opened(home / STORE) as store:
        reach = {
            (project, environment): status(store, project, environment, token)
            for project in ("backend", "shared", "other")
            for environment in ("production", "staging")
        }
    assert [place for place, code in reach.items() if code == 200] == [
        ("backend", "production"),
        ("shared", "production"),
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--project", "absent"), "the store has no project 'absent'"),
        (("--project", "backend", "--env", "x"), "project 'backend' has no environment 'x'"),
    ],
)
def test_a_token_for_what_is_not_there_is_refused(home, arguments, sentence):
    """Each with its sentence, and the command that helps."""
    run("init", "backend")
    with pytest.raises(ClovrixConfigError) as caught:
        run("token", "create", *arguments, "--role", "read")
    assert caught.value.problems == (sentence,)
    assert "clovrix-env local " in caught.value.remedy


def test_a_token_needs_a_store(home):
    """Without a store that is what is told, with the way out."""
    with pytest.raises(ClovrixConfigError, match="no store at"):
        run("token", "create", "--project", "backend", "--role", "read")
    assert os.listdir(home / "home") == []


def test_the_whole_way_in_real_processes(tmp_path, python):
    """init, a failure with status 125 on stderr, a token: as a user runs them."""

    def command(*arguments, **environment):
        environment = {"CLOVRIX_API_URL": "file:dev/store.db", **environment}
        process = python(COMMAND, "local", *arguments, **environment)
        out, err = process.communicate()
        return process.returncode, out, err

    code, out, err = command("init", "backend")
    assert (code, err) == (0, "")
    assert str(tmp_path / "dev/store.db") in out
    code, out, err = command("token", "create", "--project", "absent", "--role", "read")
    assert (code, out) == (125, "")
    assert err.startswith("clovrix-env: the store has no project 'absent'\n")
    code, out, err = command("init", "backend", CLOVRIX_API_URL="https://app.clovrix.com")
    assert (code, out) == (125, "")
    assert err.startswith("clovrix-env: CLOVRIX_API_URL is https://app.clovrix.com")
    code, out, err = command("token", "create", "--project", "backend", "--role", "owner")
    assert code == 2
    code, out, err = command("token", "create", "--project", "backend", "--role", "write")
    assert (code, len(out.split())) == (0, 1)


def test_two_inits_at_once_make_one_store(tmp_path, python):
    """Both succeed, with one key and one store between them."""
    environment = {"CLOVRIX_API_URL": "file:dev/store.db", "CLOVRIX_MASTER_KEY": None}
    processes = [
        python(COMMAND, "local", "init", f"project{number}", **environment) for number in range(4)
    ]
    outs = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, outs
    assert sum("created    store" in out for out, _ in outs) == 1
    assert sum("created    master key" in out for out, _ in outs) == 1
    assert sorted(os.listdir(tmp_path / "home/.config/clovrix-env")) == ["master.key"]
    assert sorted(os.listdir(tmp_path / "dev")) == ["store.db", "store.db-journal"]
