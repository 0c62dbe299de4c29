"""Other programs read every document that is written: a key is added, and never renamed."""

import json
import os
import sys
import time

import pytest
from click.testing import CliRunner

from clovrix_env import load_env
from clovrix_env.api.messages import Failure
from clovrix_env.auth import stored_tokens
from clovrix_env.auth.endpoint import Endpoint
from clovrix_env.auth.token import Token
from clovrix_env.cache.folder import CacheFolder
from clovrix_env.cache.refusal import RefusalFile
from clovrix_env.cache.sealed_file import SealedFile
from clovrix_env.cli.main import cli

ORIGIN = Endpoint("https://clovrix.example", "test", Token("icr_" + "a" * 40, "test"))
_PROJECT_FILE = 'project = "backend"\ndefault_environment = "staging"\n[select]\nexclude = ["B"]\n'


def keys(document):
    """The keys of a document in their order, and behind each those of what it contains."""
    shown = []
    for name, value in document.items():
        first = value[0] if isinstance(value, list) and value else value
        shown.append(f"{name}({keys(first)})" if isinstance(first, dict) else name)
    return " ".join(shown)


@pytest.fixture
def here(project, store_home, monkeypatch):
    """A project with an entry, a ``.env``, a name that is left out and one that is missing."""
    monkeypatch.setenv("CLOVRIX_API_URL", store_home.url)
    (project.folder / ".clovrix").write_text(_PROJECT_FILE)
    (project.folder / ".env").write_text("A=1\nB=2\n")
    (project.folder / "app.py").write_text("import os\n\nprint(os.environ['NEEDED'])\n")
    for value in ("w", "x"):
        printed("set", "A", "--value", value, "--plain", "-q")
    return project


def printed(*words):
    """What a command prints with ``--json``."""
    ran = CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=True)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return json.loads(ran.stdout) if ran.stdout else None


_TOKEN = "id name role scopes created_at expires_at revoked_at last_used state proven"
PRINTED = {
    "explain": (
        "version root(path why) project environment address variables(name value "
        "from(kind source line) age hides(kind source line) type secret description notes) "
        "unset dropped(name place why) notes"
    ),
    "doctor": "version ok observations(name ok message remedy seconds)",
    "get A": "version key value is_secret",
    "list": ("version project environment names(name state secret declared_secret required)"),
    "set A --value y --plain": "version key created changed is_secret",
    "diff staging production": "version a b names(name state missing_in)",
    "import .env --yes": ("version project environment names(name state secret from) written"),
    "whoami": ("version address address_source token_source only_reads token_is_ignored is_store"),
    "check": (
        "version environments "
        "findings(rule file line source name sentence remedy environments) notes"
    ),
    "local token list": f"version tokens({_TOKEN})",
    "local token create --project backend --role read": f"version token {_TOKEN}",
    "local token revoke ID": "version id",
    "local project create billing --env qa": "version project created environments(name created)",
    "local environment create backend qa": "version project environment created",
    "local verify": "version problems",
    "local prune --keep 1 --dry-run": (
        "version removed versions(project environment keys versions) tokens data_keys bytes_freed"
    ),
    "history A": ("version project environment key versions(number at token change restored) more"),
    "rollback A --to 1 --yes": "version key number changed",
    "delete A --yes": "version key number",
    "log": "version project environment events(id at token action environment key version)",
    "copy staging production --dry-run": (
        "version from(project environment) to(project environment) "
        "names(name state secret target_secret selected) written"
    ),
    "local project list": "version projects(name environments)",
    "local billing": "version billing",
    "cache status": (
        "version folder files bytes oldest asked_for_by max_age stale_if_error why_nothing "
        "places refused_until refused_with"
    ),
    "cache clear": "version folder removed",
    "version": "version clovrix_env python",
}


@pytest.mark.parametrize("command", PRINTED)
def test_keys_that_a_command_prints(here, store_home, command):
    """``--json`` prints these keys, in this order."""
    words = command.replace("ID", store_home.token[4:12]).split()
    assert keys(printed(*words, "--json")) == PRINTED[command]


def test_keys_of_the_marker(here, monkeypatch):
    """``__CLOVRIX_ENV`` has these keys; files and names are lists, to be short."""
    for name in ("A", "__CLOVRIX_ENV"):  # both are gone after the test
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    load_env()
    version, _, text = os.environ["__CLOVRIX_ENV"].partition(":")
    document = json.loads(text)
    assert version == "2"
    assert " ".join(document) == (
        "address address_from_file project environment only exclude root root_is_named said "
        "files_named override local allow remote offline files names places"
    )
    path, *state = document["files"][0]
    found = os.stat(here.folder / ".env")
    assert path == str(here.folder / ".env")
    assert state == [found.st_size, found.st_mtime_ns, found.st_ino]
    index, line, digest = document["names"]["A"]
    assert document["places"][index] == ["file", ".env", str(here.folder)]
    assert line == 1
    assert len(digest) == 8


def test_fields_of_cached_values(tmp_path, monkeypatch):
    """Under the seal are a time, whether Clovrix refused, a tag, and names with their values."""
    sealed = []
    monkeypatch.setattr(
        "clovrix_env.system.seal.seal", lambda _key, _id, _place, plain: sealed.append(plain) or b""
    )
    with CacheFolder(str(tmp_path / "cache")) as folder:
        SealedFile(folder, ORIGIN, "backend", "staging").write(1, {"A": "x", "B": "\0é"})
    assert sealed[0] == b"\xff".join([b"1", b"0", b"", b"A", b"x", b"B", "\0é".encode()])


def test_keys_of_a_remembered_refusal(tmp_path):
    """A refusal is a time from, a time until, and a status."""
    path = tmp_path / "cache"
    with CacheFolder(str(path)) as folder:
        RefusalFile(folder, ORIGIN, after_failures=True).remember(Failure("no route", sent=False))
    [file] = path.glob("*.refused")
    document = json.loads(file.read_text())
    assert list(document) == ["at", "until", "status"]
    assert document["at"] <= time.time_ns() < document["until"] + 2_000_000_000
    assert document["status"] == 0


def test_keys_of_stored_tokens(clean_environment, monkeypatch):
    """``tokens.json`` has a version, and of each address where its token is kept."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    stored_tokens.keep(ORIGIN.address, Token("icr_abc", "test"), os.environ, time.monotonic() + 5)
    path = clean_environment / ".config" / "clovrix-env" / "tokens.json"
    assert json.loads(path.read_text()) == {
        "version": 1,
        "tokens": {"https://clovrix.example": {"kept": "file", "token": "icr_abc"}},
    }
