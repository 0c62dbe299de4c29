"""``clovrix-env local``: what the owner sees and keeps of a store."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from store.conftest import edit

import clovrix_env
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.store import backup
from clovrix_env.store.answer import Store
from clovrix_env.system import private_file

_TOP = str(Path(clovrix_env.__file__).parents[1])  # the code that the tests import
SECRET = "planted-backup-secret"
DAMAGE = "UPDATE version SET sealed = CAST(substr(sealed, 1, 20) || 'changed' AS BLOB)"


def owner(home, *words, **options):
    """``clovrix-env local WORDS``, run on the store."""
    return command(home, "local", *words, **options)


def command(home, *words, status=0, around=(), **variables):
    """``clovrix-env WORDS`` with these variables; ``around`` is a command in front."""
    if home is not None:
        variables["CLOVRIX_API_URL"] = home.url
    environ = {**os.environ, "PYTHONPATH": _TOP, "COLUMNS": "80", **variables}
    words = [*around, sys.executable, "-m", "clovrix_env", *words]
    ran = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=20)
    assert ran.returncode == status, (ran.returncode, ran.stderr)
    return ran


def traced(*options):
    """The words of strace in front of a command; without strace the test is skipped."""
    around = ("strace", "-f", "-o", "/dev/null", *options)
    if shutil.which("strace") is None or subprocess.run([*around, "true"]).returncode != 0:
        pytest.skip("strace is not installed, or may not trace here")
    return around


def test_projects_and_environments(store_home):
    """Made once, found the second time, and told with their environments."""
    for words, done in (
        (("project", "create", "billing", "--env", "qa"), "created"),
        (("project", "create", "billing"), "unchanged"),
        (("environment", "create", "billing", "live"), "created"),
    ):
        assert owner(store_home, *words).stdout.startswith(done)
    found = json.loads(owner(store_home, "project", "list", "--json").stdout)["projects"]
    assert {"name": "billing", "environments": ["live", "qa"]} in found
    assert "billing  live, qa" in owner(store_home, "project", "list").stdout


def test_init_of_an_existing_store_creates_none(store_home):
    """It adds an environment; where the volume is not mounted, nothing is created."""
    words = ("init", "backend", "--env", "qa", "--existing", "-q")
    owner(store_home, *words)
    assert "qa" in store_home.store.projects()["backend"]
    folder = os.path.dirname(store_home.path)
    for mounted in (True, False):
        os.unlink(store_home.path) if mounted else shutil.rmtree(folder)
        first, remedy = owner(store_home, *words, status=125).stderr.splitlines()
        assert first == f"clovrix-env: no store at {store_home.path}, and --existing creates none"
        assert remedy.startswith("clovrix-env: mount the volume of the store")
        assert not os.path.exists(store_home.path)


@pytest.mark.parametrize(
    ("file", "text", "noted"),
    [
        (None, "", True),
        (".env", "A=1\n", False),
        (".clovrix", "[variables.A]\n", True),
        (".clovrix", "[variables.A]\nrequired = true\n", True),
        (".clovrix", '[variables.A]\ndefault = "1"\n', False),
    ],
)
def test_start_with_an_empty_environment(store_home, tmp_path, monkeypatch, file, text, noted):
    """It is noted in one line, unless a file sets a variable or the contract needs none."""
    monkeypatch.chdir(tmp_path)
    if file is not None:
        (tmp_path / file).write_text(text)
    status = 125 if "required" in text else 0
    ran = command(store_home, "run", "backend", "staging", "--", "true", status=status)
    line = f"backend/staging has no entries at {store_home.url}, and no file sets any\n"
    assert (line in ran.stderr) is noted
    assert status != 0 or ran.stderr.count("\n") == noted


def test_environment_of_the_project_of_the_folder(store_home, tmp_path, monkeypatch):
    """The command that a missing environment names needs no project where .clovrix has one."""
    monkeypatch.chdir(tmp_path)
    ran = command(store_home, "list", "-p", "backend", "-e", "qa", status=3)
    assert "clovrix-env local environment create PROJECT NAME" in ran.stderr
    unnamed = owner(store_home, "environment", "create", "qa", status=125)
    assert "no project is named" in unnamed.stderr
    (tmp_path / ".clovrix").write_text('project = "backend"\n')
    assert owner(store_home, "environment", "create", "qa").stdout[:7] == "created"
    assert command(store_home, "list", "-p", "backend", "-e", "qa").stdout == ""
    owner(store_home, "environment", "create", status=2)


def test_an_environment_of_a_project_that_is_not_there(store_home):
    """One sentence that names the project, and one the command that makes it."""
    ran = owner(store_home, "environment", "create", "nowhere", "qa", status=125)
    sentence, remedy = ran.stderr.splitlines()
    assert sentence == "clovrix-env: the store has no project 'nowhere'"
    assert "clovrix-env local project create" in remedy


def test_tokens_are_told_by_id_and_end_when_revoked(store_home):
    """The list knows id, name, role, scope, expiry, last use and state, and never the token."""
    words = ("--project", "backend", "--env", "staging", "--role", "read")
    words += ("--name", "nightly job", "--expires", "2099-01-31")
    token = owner(store_home, "token", "create", *words).stdout.strip()
    listed = owner(store_home, "token", "list")
    public_id = token[4:12]
    head, *_, last = (re.split("  +", line) for line in listed.stdout.splitlines())
    assert head == ["ID", "NAME", "ROLE", "SCOPE", "EXPIRES", "LAST USED", "STATE"]
    shown = [public_id, "nightly job", "read", "backend/staging", "2099-01-31"]
    assert last == [*shown, "never", "valid"]
    assert token not in listed.stdout + owner(store_home, "token", "list", "--json").stdout
    call = Call("get_entries", "backend", "staging", token=token)
    assert store_home.store.answer(call).status == 200
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert [*shown, today, "valid"] == re.split("  +", _last_line(store_home))
    owner(store_home, "token", "revoke", public_id)
    assert store_home.store.answer(call).status == 401
    assert "revoked" in owner(store_home, "token", "list").stdout
    for unknown in ("unknown1", "\udcff"):
        ran = owner(store_home, "token", "revoke", unknown, status=125)
        first, remedy = ran.stderr.splitlines()
        assert first == "clovrix-env: no token has this public id"
        assert remedy == "clovrix-env: run clovrix-env local token list for the ids"


def _last_line(home):
    return owner(home, "token", "list").stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("option", "text", "refusal"),
    [
        *(("--expires", text, "would have expired already") for text in ("0d", "2020-01-31")),
        *(("--expires", text, "write an age as 90d") for text in ("2099-02-30", "9999999999d")),
        ("--name", " ", "the name of the token is empty"),
        ("--name", "a\nb", "must be one line of at most 100 characters"),
    ],
)
def test_a_token_that_cannot_be_as_asked(store_home, option, text, refusal):
    """A wrong expiry or name is one sentence, and no token is made."""
    before = len(store_home.store.tokens())
    words = ("token", "create", "--project", "backend", "--role", "read", option, text)
    assert refusal in owner(store_home, *words, status=2 if option == "--expires" else 125).stderr
    assert len(store_home.store.tokens()) == before


def test_a_token_with_a_changed_role_is_told(store_home):
    """Whoever can write the file gives no token another role or name unseen."""
    owner(store_home, "token", "create", "--project", "backend", "--role", "read", "--name", "job")
    for change in ("role = 'write'", "role = 'read', name = NULL", "name = 'jobs'"):
        edit(store_home.path, f"UPDATE token SET {change} WHERE name LIKE 'job%' OR name IS NULL")
        assert _last_line(store_home).endswith("damaged")


DSN = "postgresql://owner:planted@db/store"


@pytest.mark.parametrize(
    ("option", "variables", "outcome"),
    [
        ("file:A", {"CLOVRIX_STORE": "file:B", "CLOVRIX_API_URL": "file:C"}, "A"),
        ("", {"CLOVRIX_STORE": "file:B", "CLOVRIX_API_URL": "https://c.example"}, "B"),
        ("", {"CLOVRIX_STORE": "FILE:~/B", "CLOVRIX_API_URL": "file:C"}, "~/B"),
        ("", {"CLOVRIX_API_URL": "file:C"}, "C"),
        ("", {}, "/of/config"),
        ("A", {}, "--store does not start with file:"),
        (DSN, {}, "--store contains a password, which other users of this machine can see"),
        ("", {"CLOVRIX_STORE": f"{DSN}?x=y"}, "CLOVRIX_STORE is not a valid address of a Postgre"),
        ("", {"CLOVRIX_STORE": "", "CLOVRIX_API_URL": "file:C"}, "CLOVRIX_STORE does not start"),
        ("", {"CLOVRIX_API_URL": "https://c.example"}, "add --store file:PATH, or set"),
    ],
)
def test_the_first_that_names_a_store_counts(
    clean_environment, monkeypatch, option, variables, outcome
):
    """The option, the variable, the address, the configuration; a wrong one is not repeated."""
    config = clean_environment / ".config" / "clovrix-env" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('api_url = "file:/of/config"\n')
    monkeypatch.chdir(clean_environment)
    named = ("--store", option) if option else ()
    ran = owner(None, "verify", *named, status=125, **variables)
    if len(outcome.split()) > 1:
        assert outcome in ran.stderr
    else:
        path = os.path.join(clean_environment, outcome.replace("~", str(clean_environment)))
        assert f"no store at {path}\n" in ran.stderr
    assert "planted" not in ran.stderr


def test_billing(store_home):
    """Told, set, and every call is a 402 until it is active again."""
    assert owner(store_home, "billing").stdout == "active\n"
    owner(store_home, "billing", "restricted")
    assert owner(store_home, "billing").stdout == "restricted\n"
    assert store_home.store.answer(Call("get_entries", "backend", "staging")).status == 402
    owner(store_home, "billing", "active")
    assert store_home.store.answer(Call("get_entries", "backend", "staging")).status == 200
    owner(store_home, "billing", "unpaid", status=2)
    with pytest.raises(ClovrixConfigError, match="active, pending_payment, restricted"):
        store_home.store.billing = "unpaid"


def test_old_versions_are_listed_and_removed(store_home):
    """Nothing without an answer; the file gets smaller, and a second run finds nothing."""
    for number in range(8):
        put(store_home.store, number)
    path, before = Path(store_home.path), Path(store_home.path).read_bytes()
    dry = owner(store_home, "prune", "--keep", "2", "--dry-run").stdout.splitlines()
    assert re.split("  +", dry[1]) == ["backend/staging", "20", "120"]
    assert dry[2] == "would remove 120 versions"
    assert "add --yes" in owner(store_home, "prune", "--keep", "2", status=2).stderr
    assert "add --yes or --dry-run" in owner(store_home, "prune", "--json", status=2).stderr
    owner(store_home, "prune", "--keep", "0", status=2)
    assert path.read_bytes() == before
    document = json.loads(owner(store_home, "prune", "--keep", "2", "--yes", "--json").stdout)
    freed = len(before) - path.stat().st_size
    pruned = {"project": "backend", "environment": "staging", "keys": 20, "versions": 120}
    others = {"tokens": [], "data_keys": 0, "bytes_freed": freed}
    assert document == {"version": 1, "removed": True, "versions": [pruned], **others}
    assert freed > 0
    assert owner(store_home, "prune", "--keep", "2").stdout == "nothing to remove\n"


def put(store, number):
    items = tuple(WriteItem(f"KEY_{at}", f"{SECRET}-{number}") for at in range(20))
    assert store.answer(Call("set_entries", "backend", "staging", items=items)).status == 200


def test_a_backup_is_the_store_at_one_moment(store_home, tmp_path):
    """While somebody writes: private, whole, of one moment, and nothing in it in clear."""
    put(store_home.store, 0)
    over = threading.Event()

    def write():
        number = 0
        while not over.is_set():
            number += 1
            put(store_home.store, number)

    writer = threading.Thread(target=write)
    writer.start()
    file = tmp_path / "backups" / "store.db"
    file.parent.mkdir()
    try:
        owner(store_home, "backup", str(file))
    finally:
        over.set()
        writer.join()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SECRET.encode() not in file.read_bytes()
    with Store.open(str(file), store_home.master_key) as copy:
        data = copy.answer(Call("get_entries", "backend", "staging")).data
    assert len(data["entries"]) == 20
    assert len(set(data["entries"].values())) == 1
    assert os.listdir(file.parent) == ["store.db"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mine", "{} exists already"),
        ("link", "{} exists already"),
        ("/proc/backup.db", "{} cannot be written: "),
        ("config/clovrix-env/backup.db", "beside its master key"),
    ],
)
def test_a_backup_is_refused(store_home, tmp_path, monkeypatch, name, sentence):
    """What has the name keeps it, a link is not followed, and who copies a folder gets no key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    store_home.save_key()
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    ran = owner(store_home, "backup", str(tmp_path / name), status=125)
    assert sentence.format(tmp_path / name) in ran.stderr
    assert not (tmp_path / "elsewhere").exists()
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_backup_under_a_name_that_is_no_utf_8(store_home, tmp_path):
    """A file name is bytes."""
    file = tmp_path / os.fsdecode(b"backup-\xff.db")
    owner(store_home, "backup", str(file))
    Store.open(str(file), store_home.master_key).close()


FULL = 'mount -t tmpfs -o size=16k,mode=700 none "$0" && "$@"; status=$?; ls -A "$0"; exit $status'


def test_a_backup_to_a_disk_that_is_full(store_home, tmp_path):
    """The file and its disk are named, not the store; nothing of it is left."""
    folder = tmp_path / "disk"
    folder.mkdir()
    around = ("unshare", "-m", "sh", "-c", FULL, str(folder))
    if subprocess.run([*around, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing can be mounted here")
    ran = owner(store_home, "backup", str(folder / "copy.db"), status=125, around=around)
    assert ran.stderr.splitlines() == [
        f"clovrix-env: {folder}/copy.db cannot be written: no space left on device",
        f"clovrix-env: free space on {folder}, or name a file on another disk",
    ]
    assert ran.stdout == ""


def test_what_a_killed_backup_left_is_swept(store_home, tmp_path):
    """Beside the store and the backup of that name, once nothing was written to it for a minute."""
    put(store_home.store, 0)
    folder, target = Path(store_home.path).parent, tmp_path / "elsewhere"
    target.mkdir()
    old = [target / "c.db.0123abcd.new", folder / "store.db.0123abcd.new.4567abcd.new"]
    others = [target / "d.db.0123abcd.new", target / "c.db.1123abcd.new"]
    for path in (*old, *others):
        path.write_bytes(b"half")
    for path in (*old, others[0]):
        os.utime(path, (0, 0))
    owner(store_home, "backup", str(target / "c.db"))
    owner(store_home, "backup", str(target / "c.db"), status=125)
    owner(store_home, "backup", str(target / "none" / "c.db"), status=125)
    assert sorted(target.iterdir()) == sorted([target / "c.db", *others])
    assert not list(folder.glob("*.new"))


def test_a_backup_that_has_its_name_is_finished(store_home, tmp_path):
    """Where the folder itself cannot be synced (EINVAL on some file systems)."""
    around = traced("-P", str(tmp_path), "-e", "inject=fsync:error=EINVAL")
    file = tmp_path / "copy.db"
    owner(store_home, "backup", str(file), around=around)
    assert file.stat().st_size > 0


def test_term_leaves_nothing_of_a_backup(store_home, tmp_path):
    """It ends by that signal, after the unfinished file is removed."""
    around = traced("-D", "-e", "inject=fsync:signal=STOP:when=1")
    target = tmp_path / "target"
    target.mkdir()
    folders = (target, Path(store_home.path).parent)
    words = (sys.executable, "-m", "clovrix_env", "local", "backup", str(target / "copy.db"))
    environ = {**os.environ, "CLOVRIX_API_URL": store_home.url, "PYTHONPATH": _TOP}
    program = subprocess.Popen([*around, *words], env=environ, stderr=subprocess.PIPE)
    os.waitid(os.P_PID, program.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert [path for folder in folders for path in folder.glob("*.new*")]
    program.terminate()
    program.send_signal(signal.SIGCONT)
    program.communicate(timeout=20)
    assert program.returncode == -signal.SIGTERM
    assert not [path for folder in folders for path in folder.glob("*.new*")]
    assert os.listdir(target) == []


@pytest.mark.slow
# A file that was opened just before the signal is closed by the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_before_any_instruction_leaves_nothing_of_a_backup(store_home, tmp_path):
    """Of the code that creates, fills and names the two files: nothing, or the whole backup."""
    store, target = Path(store_home.path), tmp_path / "copy.db"
    sizes = []
    for number in itertools.count():
        with _interrupted_before(number) as reached, contextlib.suppress(KeyboardInterrupt):
            store_home.store.backup(str(target))
        assert not [name for name in os.listdir(store.parent) if ".new" in name], number
        assert [path.name for path in tmp_path.glob("*copy.db*")] in ([], ["copy.db"]), number
        if target.exists():
            sizes.append(target.stat().st_size)
            target.unlink()
        if not reached:
            break
    assert number > 200
    assert len(set(sizes)) == 1


@contextlib.contextmanager
def _interrupted_before(number):
    """Raise ``KeyboardInterrupt`` before an instruction of the code that writes a backup."""
    left, reached = itertools.count(number, -1), []

    def trace(frame, event, _):
        if frame.f_code.co_filename not in (backup.__file__, private_file.__file__):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and next(left) == 0:
            reached.append(frame.f_lineno)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield reached
    finally:
        sys.settrace(before)


def test_a_token_that_could_not_be_printed_is_revoked(store_home):
    """No one has it."""
    around = ("sh", "-c", '"$@" > /dev/full', "sh")
    words = ("token", "create", "--project", "backend", "--role", "write")
    ran = owner(store_home, *words, status=125, around=around)
    assert ran.stderr == "clovrix-env: stdout cannot be written: No space left on device\n"
    assert store_home.store.tokens()[-1].revoked_at is not None


def test_a_damaged_value_is_named_and_can_be_set(store_home, tmp_path):
    """By verify and by backup; old versions, deletions and tokens are opened too."""
    at = ("backend", "staging")
    for value in ("1", "2"):
        store_home.store.answer(Call("set_entry", *at, "KEY", (WriteItem("KEY", value),)))
    store_home.store.answer(Call("set_entry", *at, "GONE", (WriteItem("GONE", "3"),)))
    store_home.store.answer(Call("delete_entry", *at, "GONE"))
    assert owner(store_home, "verify").stderr == "clovrix-env: every seal opens\n"
    assert owner(store_home, "verify", "-q").stderr == ""
    owner(store_home, "backup", str(tmp_path / "whole.db"))
    edit(store_home.path, DAMAGE)
    edit(store_home.path, "UPDATE token SET role = 'read'")
    found = [
        *(f"backend/staging: KEY: version {number} does not open" for number in (1, 2)),
        *(f"backend/staging: GONE: version {number} does not open" for number in (1, 2)),
    ]
    listed = owner(store_home, "verify", status=1).stdout.splitlines()
    assert listed[0].endswith(": its rights were changed in the file")
    assert [line.rpartition(": ")[0] for line in listed[1:]] == found
    document = json.loads(owner(store_home, "verify", "--json", status=1).stdout)
    assert document == {"version": 1, "problems": listed}
    copied = owner(store_home, "backup", str(tmp_path / "copy.db"), status=1).stderr
    assert all(line in copied for line in listed)
    words = ("-p", "backend", "-e", "staging")
    refused = command(store_home, "get", "KEY", *words, status=125)
    assert "run clovrix-env local verify" in refused.stderr
    done = command(store_home, "set", "KEY", "--value", "4", "--plain", *words)
    assert done.stdout.startswith("KEY updated"), done.stderr
    assert command(store_home, "get", "KEY", *words).stdout == "4\n"


def test_commands_that_compare_replace_a_damaged_value(store_home, tmp_path, monkeypatch):
    """It counts as changed for import, copy and edit; the other values stay as they are."""
    items = tuple(WriteItem(key, "1") for key in ("A", "B", "C", "SAME"))
    store_home.store.answer(Call("set_entries", "backend", "staging", items=items))
    those = "entry_id IN (SELECT id FROM entry WHERE key IN ('A', 'B', 'C'))"
    edit(store_home.path, f"{DAMAGE} WHERE {those}")
    store_home.store.answer(Call("set_entries", "backend", "production", items=items[1:2]))
    (tmp_path / "values").write_text("A=1\nSAME=1\n")
    editor = tmp_path / "editor"
    appends = """grep -q '^# The value of C is damaged' "$1" && echo C=1 >> "$1"\n"""
    editor.write_text(f"#!/bin/sh\n{appends}")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    at = ("-p", "backend", "-e", "staging")
    for words, printed in (
        (("import", str(tmp_path / "values"), "--yes", *at), "0 new, 1 changed, 1 unchanged"),
        (("copy", "production", "staging", *at[:2], "--yes"), "0 new, 1 different, 0 the same"),
        (("edit", *at), "updated in backend/staging: C"),
    ):
        ran = command(store_home, *words)
        assert printed in ran.stdout, ran.stderr
    reply = store_home.store.answer(Call("get_entries", "backend", "staging"))
    assert reply.data == {"entries": dict.fromkeys(("A", "B", "C", "SAME"), "1")}
