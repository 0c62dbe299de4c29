"""``clovrix-env local``: what it makes, what it keeps, what it refuses."""

import os
import re
import shlex
from itertools import product

import pytest
from click.testing import CliRunner

from clovrix_env.api.messages import Call
from clovrix_env.cli.local import local
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import identity, master_key, sqlite
from clovrix_env.store.answer import Store

COMMAND = "from clovrix_env.cli.main import main; main()"
STORE = "home/.local/share/clovrix-env/store.db"
KEY = "home/.config/clovrix-env/master.key"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The parent of an empty HOME, which is the working directory."""
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
    """From nothing to a private store that answers: what to keep, what comes next, and no key."""
    out = run("init", "my project", "--env", "stg/eu")
    with opened(home / STORE) as store:
        assert status(store, "my project", "stg/eu") == 200
    for path in (KEY, STORE):
        assert (home / path).stat().st_mode & 0o777 == 0o600
        assert (home / path).parent.stat().st_mode & 0o777 == 0o700
        assert str(home / path) in out
    assert out.count("created ") == 4
    assert "Keep a copy of the master key" in out
    assert (home / KEY).read_text().strip() not in out
    assert f"export CLOVRIX_API_URL=file:{home / STORE}" in out
    assert "clovrix-exec 'my project' stg/eu -- " in out


def test_init_keeps_what_is_there_and_adds_to_it(home):
    """The same command again changes neither file; it tells what it found from what it made."""
    run("init", "backend")
    before = [(home / path).read_bytes() for path in (KEY, STORE)]
    out = run("init", "backend")
    assert [(home / path).read_bytes() for path in (KEY, STORE)] == before
    assert (out.count("unchanged "), out.count("created ")) == (4, 0)
    out = run("init", "backend", "--env", "production", "--env", "staging", "--env", "staging")
    assert (out.count("unchanged "), out.count("created ")) == (3, 2)
    run("init", "shared", "--env", "production")
    with opened(home / STORE) as store:
        for environment in ("development", "production", "staging"):
            assert status(store, "backend", environment) == 200
        assert status(store, "shared", "production") == 200
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


_ANY_KEY = master_key.generate("test").line()
_KEY_FOLDER = "home/.config/clovrix-env"


@pytest.mark.parametrize(
    ("address", "key", "sentence"),
    [
        ("https://app.clovrix.com", None, "com, which does not name a store in a file"),
        ("", None, "is empty, which does not name a store in a file"),
        ("file:~/.config/clovrix-env/store.db", None, "beside its master key"),
        ("file:link/store.db", None, "beside its master key"),
        ("file:new.db", _ANY_KEY[:-8] + "00000000", "is damaged"),
        ("file:file", _ANY_KEY, "is not a store"),
        ("file:file/store.db", _ANY_KEY, "not a directory"),
        (f"file:{'s' * 300}", _ANY_KEY, f"/{'s' * 300} cannot be created: file name too long"),
    ],
    ids=range(8),
)
def test_init_refuses_what_cannot_be_a_store(home, monkeypatch, address, key, sentence):
    """In one sentence; nothing is made, and another program's file stays as it is."""
    (home / "file").write_text("mine")
    (home / "file").chmod(0o600)
    (home / _KEY_FOLDER).mkdir(parents=True)
    (home / "link").symlink_to(home / _KEY_FOLDER)
    before = sorted(home.rglob("*"))
    monkeypatch.setenv("CLOVRIX_API_URL", address)
    if key:
        monkeypatch.setenv("CLOVRIX_MASTER_KEY", key)
    with pytest.raises(ClovrixConfigError) as caught:
        run("init", "backend")
    assert sentence in str(caught.value)
    assert sorted(home.rglob("*")) == before
    assert (home / "file").read_text() == "mine"


@pytest.mark.parametrize("name", ["", ".", "..", "x" * 2000])
def test_init_refuses_a_bad_name_before_it_makes_anything(home, name):
    """Neither key nor store is made for a name that no call can ask for."""
    for arguments in (("init", name), ("init", "backend", "--env", name)):
        with pytest.raises(ClovrixConfigError, match=r"the (project|environment)"):
            run(*arguments)
    assert os.listdir(home / "home") == []


def test_init_gives_an_old_store_no_other_key(home, monkeypatch):
    """Neither a new one where its own is gone, nor that of the variable."""
    run("init", "backend")
    (home / KEY).unlink()
    with pytest.raises(ClovrixConfigError, match="no master key"):
        run("init", "backend")
    assert not (home / KEY).exists()
    monkeypatch.setenv("CLOVRIX_MASTER_KEY", _ANY_KEY)
    with pytest.raises(ClovrixConfigError, match="is sealed under the master key"):
        run("init", "other")


def crash(*arguments):
    raise OSError(28, "No space left on device")


def test_a_crash_between_key_and_store_loses_nothing(home, monkeypatch):
    """The key is there first; the next init uses it."""
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
    monkeypatch.setattr(identity, "write", crash)
    with pytest.raises(ClovrixConfigError, match="no space left"):
        run("init", "backend")
    assert os.listdir((home / STORE).parent) == []


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
        for place in product(("backend", "shared", "other"), ("production", "staging")):
            reached = place in (("backend", "production"), ("shared", "production"))
            assert (status(store, *place, token) == 200) == reached
