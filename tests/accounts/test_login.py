"""``login`` and ``logout``: a token is kept for one address, privately, once Clovrix knows it."""

import fcntl
import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from accounts.person import ProcessList, bearers, files_with, interrupt

from clovrix_env import Client, ClovrixConfigError


@pytest.fixture
def nowhere(person):
    """Somebody without a project, so that a token is kept unchecked."""
    (person.folder / ".clovrix").unlink()
    return person


def test_a_token_is_checked_and_kept(person, store_home, loopback, clovrix):
    """One request; a private file; a start and ``load_env()`` use it, and Client() does not."""
    ran = person.logs_in(store_home.token + "\n")
    stored = f"stored the token for {loopback.url} in {person.tokens} "
    assert ran.out.startswith(f"{stored}(mode 0600; the system's keyring ")
    assert "Clovrix accepts it for backend/staging" in ran.err
    assert bearers(loopback) == [store_home.token]
    assert person.tokens.stat().st_mode & 0o777 == 0o600
    clovrix.set_entry("backend", "staging", "A", "1")
    assert person("--", "printenv", "A").stdout == b"1\n"
    assert bearers(loopback) == [store_home.token] * 2
    loads = "from clovrix_env import load_env; print(load_env()['A'])"
    assert person.plain(sys.executable, "-c", loads).stdout == b"1\n"
    with pytest.raises(ClovrixConfigError, match="no token for "):
        Client(base_url=loopback.url)


def test_what_is_said_of_a_token_that_is_kept(person, store_home):
    """Clovrix knows it, and it reaches another project; without a project nobody was asked."""
    store_home.project("other", "production")
    ran = person.logs_in(store_home.make_token("other"))
    assert "Clovrix knows the token, and answers backend/staging: " in ran.err
    (person.folder / ".clovrix").unlink()
    ran = person.logs_in("icr_x")
    assert "not checked because no project is named" in ran.err
    (kept,) = json.loads(person.tokens.read_text())["tokens"].values()
    assert kept == {"kept": "file", "token": "icr_x"}


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("answer", {"status": 401, "body": b'{"error": "unknown"}'}),
        ("answer", {"status": 404, "body": b"<html>"}),
        ("answer", {"status": 500, "body": b'{"error": "broken"}'}),
        ("close", {}),
    ],
)
def test_what_nobody_can_vouch_for_is_not_kept(person, loopback, kind, fault):
    """Nothing else is sent there, and the token is not shown."""
    loopback.fault(kind, **fault)
    ran = person.runs("login", "--token-stdin", typed="icr_hunter2_0123456789")
    assert ran.status == (4 if fault.get("status") == 401 else 5)
    assert "hunter2" not in ran.err + ran.out
    assert ("the token was not stored" in ran.err) == (fault.get("status") in (401, 404))
    assert len(loopback.requests) == 1
    assert not person.tokens.exists()


def test_a_token_goes_to_no_other_address(person, store_home, loopback):
    """Not even to the same server by another name; logout says for whom there is one."""
    person.logs_in(store_home.token)
    other = loopback.url.replace("127.0.0.1", "localhost")
    loopback.forget()
    result = person("--", "true", env={"CLOVRIX_API_URL": other})
    assert result.returncode == 125
    assert b"no token for " in result.stderr
    assert b"run clovrix-env login" in result.stderr
    assert loopback.requests == []
    ran = person.runs("logout", "--api-url", other)
    assert ran.status == 1
    why = f"no token is stored for {other}; there is one for {loopback.url}"
    assert ran.err == f"clovrix-env: {why}\n"


def test_logout_forgets_this_address_only(nowhere, loopback):
    """``--api-url`` names another; once more there is nothing to forget."""
    other = "https://clovrix.example"
    ran = nowhere.logs_in("icr_x", "--api-url", f"{other}/")
    assert ran.out.startswith(f"stored the token for {other} in ")
    assert f"programs here use {loopback.url}: " in ran.err
    nowhere.logs_in("icr_x")
    removed = f"removed the token for {loopback.url} from {nowhere.tokens}\n"
    assert nowhere.runs("logout").well().out == removed
    assert list(json.loads(nowhere.tokens.read_text())["tokens"]) == [other]
    assert nowhere.runs("logout").status == 1


def test_logins_at_once_are_all_kept(nowhere):
    """Each changes the file that the other has left."""
    addresses = [f"https://host-{number}.example.com" for number in range(4)]
    words = ("login", "--token-stdin", "-q", "--api-url")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda at: nowhere.runs(*words, at, typed="icr_x").well(), addresses))
    assert sorted(json.loads(nowhere.tokens.read_text())["tokens"]) == addresses


def test_the_environment_comes_before_and_files_behind(person, store_home, loopback):
    """CLOVRIX_TOKEN, then what is kept, then a ``.env``."""
    person.write(".env", "CLOVRIX_TOKEN=icr_of_the_file\n")
    person("--", "true")
    person.logs_in(store_home.token)
    person("--", "true")
    note = person.logs_in(store_home.token, env={"CLOVRIX_TOKEN": "icr_of_the_environment"})
    assert "CLOVRIX_TOKEN is set, and overrides the stored token" in note.err
    person("--", "true", env={"CLOVRIX_TOKEN": "icr_of_the_environment"})
    kept = store_home.token
    assert bearers(loopback) == ["icr_of_the_file", kept, kept, kept, "icr_of_the_environment"]


@pytest.mark.parametrize("token", ["", "hunter2 x", "hunter2\n\n", "hunter2é"])
def test_what_is_no_token_is_refused_unseen(person, store_home, loopback, token):
    """Before anybody is asked; and any that an embedded store would not need."""
    ran = person.runs("login", "--token-stdin", typed=token)
    assert "the token on stdin" in ran.err
    assert "hunter2" not in ran.err + ran.out
    assert loopback.requests == []
    unneeded = person.runs("login", "--token-stdin", "--api-url", store_home.url, typed="icr_x")
    assert "its owner needs no token" in unneeded.err
    assert (ran.status, unneeded.status) == (125, 125)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"version": 1, "tokens": {}}', "can be read by others (mode 0644)"),
        ("hunter2", "is not a valid token file"),
        ('{"version": 2, "tokens": []}', "was written by a newer version of clovrix-env"),
        ('{"version": 1, "tokens": {"x": {"kept": "file"}}}', "is not a valid token file"),
        ("[" * 100_000, "is not a valid token file"),
    ],
    ids=range(5),
)
def test_a_file_that_cannot_be_trusted_is_refused(person, text, told):
    """By every start that would use it, in one sentence that shows none of it."""
    person.tokens.parent.mkdir(parents=True, exist_ok=True)
    person.tokens.write_text(text)
    person.tokens.chmod(0o644 if "mode" in told else 0o600)
    for command in (person.argv("--", "true"), person.command("logout")):
        result = person.plain(*command)
        assert result.returncode == 125
        assert told in result.stderr.decode()
        assert b"hunter2" not in result.stderr


def test_a_link_is_not_followed(nowhere):
    """Neither to read nor to write: what it leads to is left alone."""
    nowhere.tokens.parent.mkdir(parents=True, exist_ok=True)
    target = nowhere.write("target", '{"version": 1, "tokens": {}}', 0o600)
    nowhere.tokens.symlink_to(target)
    ran = nowhere.runs("login", "--token-stdin", typed="icr_x")
    assert ran.status == 125
    assert "is a symbolic link, which is not followed" in ran.err
    assert "icr_x" not in target.read_text()


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_each_folder_that_is_made_is_private(nowhere, umask):
    """Whatever the umask: that of our files, and those above it."""
    home = nowhere.folder / "home"
    home.mkdir()
    umasked = ("sh", "-c", f'umask {umask:03o} && exec "$@"', "sh")
    command = (*umasked, *nowhere.command("login", "--token-stdin"))
    ran = nowhere.plain(*command, input=b"icr_x", stdin=None, env={"HOME": str(home)})
    assert ran.returncode == 0, ran.stderr
    for made in (home / ".config", home / ".config" / "clovrix-env"):
        assert made.stat().st_mode & 0o777 == 0o700


def test_a_lock_of_another_user_holds_nobody_up(nowhere):
    """Everybody can lock a folder; a login at work is waited for until the deadline."""
    nowhere.tokens.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(nowhere.tokens.parent, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    nowhere.logs_in("icr_x")
    os.close(descriptor)
    kept = nowhere.tokens.read_text()
    with nowhere.tokens.with_name("tokens.json.lock").open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ran = nowhere.runs("login", "--token-stdin", "--timeout", "2", typed="icr_y")
    assert ran.status == 125
    assert "tokens.json is being changed by another process" in ran.err
    assert nowhere.tokens.read_text() == kept


def test_where_there_are_no_locks_a_token_is_kept_all_the_same(nowhere):
    """As on some network file systems."""
    around = ("strace", "-f", "-o", "/dev/null", "-e", "inject=flock:error=EBADF")
    if shutil.which("strace") is None or nowhere.plain(*around, "true").returncode != 0:
        pytest.skip("strace is not installed, or may not trace here")
    command = nowhere.command("login", "--token-stdin")
    ran = nowhere.plain(*around, *command, input=b"icr_x", stdin=None)
    assert ran.returncode == 0, ran.stderr
    assert "icr_x" in nowhere.tokens.read_text()


@pytest.fixture
def typing(person, terminal):
    """A terminal at the prompt for the token, which echoes again afterwards."""
    terminal.line(*person.command("login"))
    terminal.see("Token: ")
    yield terminal
    terminal.type("echo typed=seen")
    terminal.see("echo typed=seen\n")


def test_a_prompt_hides_what_is_typed(person, store_home, typing):
    """Neither on the screen nor in a command line."""
    with ProcessList() as processes:
        typing.type(store_home.token)
        # What is typed before the prompt has ended is thrown away with it.
        screen = typing.see(r"(?s)(.*)Clovrix accepts it")[1]
        status, rest = typing.rest()
    assert (status, store_home.token in screen + rest) == (0, False)
    assert not any(store_home.token.encode() in line for line in processes.seen)
    assert any(b"clovrix_env\0login" in line for line in processes.seen)
    assert files_with(store_home.token, person.home, person.folder) == [str(person.tokens)]


def test_interrupt_at_the_prompt_keeps_nothing(person, typing):
    """Ctrl-C ends it."""
    interrupt(typing, "icr_half")
    assert "icr_half" not in typing.see(r"(.*)\n")[1]
    status, written = typing.rest()
    assert (status, "icr_half" in written) == (130, False)
    assert not person.tokens.exists()
