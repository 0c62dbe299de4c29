"""``clovrix-env doctor``: what it sees, and what it says that helps."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from accounts.person import Ran
from faults.namespace import way
from loopback import serve

import clovrix_env

if TYPE_CHECKING:
    from pathlib import Path

    from accounts.person import Person
    from conftest import StoreHome
    from loopback import Authority, Loopback

    from clovrix_env import Client

Seen = dict[str, list[dict[str, Any]]]


def seen(person: Person, *words: str, status: int = 0, **options: Any) -> Seen:
    """What it observes, by what it is about."""
    ran = person.runs("doctor", "--json", *words, **options)
    assert ran.status == status, ran
    document = json.loads(ran.out)
    assert document["version"] == 2
    assert document["ok"] == (status == 0)
    found: Seen = {}
    for each in document["observations"]:
        found.setdefault(each["name"], []).append(each)
    return found


def ill(found: Seen) -> dict[str, str]:
    """What is not well, and what would help."""
    return {
        each["name"]: each["remedy"] for group in found.values() for each in group if not each["ok"]
    }


def test_all_is_well(writer: Person, store_home: StoreHome, clovrix: Client) -> None:
    """Versions, settings and their sources, each step to the answer with its time."""
    clovrix.set_entry("backend", "staging", "GREETING", "hello")
    found = seen(writer)
    assert sys.executable in found["python"][0]["message"]
    assert clovrix_env.__version__ in found["clovrix-env"][0]["message"]
    for name in ("click", "cryptography", "httpx", "python-dotenv"):
        assert f"{name} " in found["packages"][0]["message"]
    assert found["project"][0]["message"] == "backend, from .clovrix"
    assert found["address"][0]["message"].endswith(", from CLOVRIX_API_URL")
    assert found["token"][0]["message"] == "from CLOVRIX_TOKEN"
    assert found["answer"][0]["message"].startswith("backend/staging: 1 entry, ")
    for step in ("name look-up", "connection", "answer"):
        assert 0 < found[step][0]["seconds"] < 5


def test_sources_of_what_was_said(writer: Person) -> None:
    """An option and a variable are named as what they are."""
    writer.environ["CLOVRIX_ENVIRONMENT"] = "staging"
    found = seen(writer, "-p", "backend")
    assert found["project"][0]["message"] == "backend, from argument"
    assert found["environment"][0]["message"] == "staging, from CLOVRIX_ENVIRONMENT"


def test_people_read_a_line_each(writer: Person) -> None:
    """With a mark that the terminal can show, and the remedy below."""
    del writer.environ["CLOVRIX_TOKEN"]
    ran = writer.runs("doctor", env={"PYTHONIOENCODING": "utf-8"})
    assert ran.status == 1
    assert "✗ token        no token for " in ran.out
    assert "\n               → run clovrix-env login" in ran.out
    plain = writer.runs("doctor", env={"PYTHONIOENCODING": "ascii"})
    assert "!! token        no token for " in plain.out
    assert "ok python " in plain.out
    assert plain.out.isascii()


def test_no_token(person: Person) -> None:
    """It says how to get one."""
    assert "clovrix-env login" in ill(seen(person, status=1))["token"]


def test_a_token_that_clovrix_does_not_know(writer: Person) -> None:
    """The way is well, the answer is not."""
    writer.environ["CLOVRIX_TOKEN"] = "icr_unknown_0123456789abcdefghijklmnop"
    found = seen(writer, status=1)
    assert "check the token" in ill(found)["answer"]
    assert found["connection"][0]["ok"]


def test_nobody_listens(writer: Person) -> None:
    """The step that failed is told, and none after it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    writer.environ["CLOVRIX_API_URL"] = f"http://127.0.0.1:{port}"
    found = seen(writer, status=1)
    assert list(ill(found)) == ["connection"]
    assert "connection refused" in found["connection"][0]["message"]
    assert found["name look-up"][0]["ok"]
    assert "answer" not in found


def test_a_name_that_does_not_resolve(writer: Person) -> None:
    """It is the first step."""
    writer.environ["CLOVRIX_API_URL"] = "https://clovrix.invalid"
    found = seen(writer, "--timeout", "5", status=1)
    assert list(ill(found)) == ["name look-up"]


_NO_NETWORK = {
    "https://clovrix.example": "cannot reach {}: its name does not resolve",
    "https://192.0.2.1": "cannot reach {}: network is unreachable",
}


@pytest.mark.parametrize(("url", "sentence"), _NO_NETWORK.items())
def test_without_a_network(writer: Person, tmp_path: Path, url: str, sentence: str) -> None:
    """The doctor and a start give the true reason, and no step is well that was not done."""
    through = way(tmp_path)
    if through is None:
        pytest.skip("no network namespace can be made here")
    writer.environ["CLOVRIX_API_URL"] = url
    ran = Ran(writer.plain(*through, *writer.command("doctor", "--json")))
    assert ran.status == 1, ran
    steps = {each["name"]: each for each in json.loads(ran.out)["observations"]}
    assert not {"TLS", "answer"} & steps.keys()
    failed = steps["name look-up" if url.endswith("example") else "connection"]
    assert (failed["ok"], failed["message"]) == (False, sentence.format(url))
    started = Ran(writer("--", "true", through=through))
    assert started.status == 125
    assert started.err.startswith(f"clovrix-exec: backend/staging: {sentence.format(url)}\n")


def test_tls(writer: Person, store_home: StoreHome, authority: Authority, tmp_path: Path) -> None:
    """Measured apart where the certificate holds, and told where it does not."""
    with serve(store_home.store, authority.context()) as secure:
        writer.environ["CLOVRIX_API_URL"] = secure.url
        writer.environ["SSL_CERT_FILE"] = authority.file
        assert seen(writer)["TLS"][0]["seconds"] > 0
        del writer.environ["SSL_CERT_FILE"]
        found = seen(writer, status=1)
        assert list(ill(found)) == ["TLS"]
        assert "certificate" in found["TLS"][0]["message"]
        writer.environ["SSL_CERT_FILE"] = str(tmp_path / "missing.pem")
        assert "PEM" in ill(seen(writer, status=1))["TLS"]


def test_a_proxy(writer: Person) -> None:
    """It is said that all is measured as one; its address, which may hold a password, is not."""
    writer.environ["CLOVRIX_API_URL"] = "https://127.0.0.1:9"
    writer.environ["HTTPS_PROXY"] = "http://user:word-of-the-proxy@127.0.0.1:9"
    ran = writer.runs("doctor", "--timeout", "5")
    assert ran.status == 1
    assert "HTTPS_PROXY is set" in ran.out
    assert "word-of-the-proxy" not in ran.out + ran.err


def test_it_ends_in_time(writer: Person, loopback: Loopback) -> None:
    """A server that never answers costs --timeout, and the answer is what is not well."""
    loopback.fault("hang")
    assert list(ill(seen(writer, "--timeout", "0.5", status=1))) == ["answer"]


@pytest.mark.parametrize(("ahead", "well"), [(-5, True), (3600, False), (-3600, False)])
def test_a_clock_that_is_wrong(writer: Person, loopback: Loopback, ahead: int, well: bool) -> None:
    """By the answer's Date: as many seconds off as it is."""
    import time

    date = formatdate(time.time() - ahead, usegmt=True)
    loopback.fault("answer", body=b'{"entries": {}}', headers={"Date": date})
    (clock,) = seen(writer, status=0 if well else 1)["clock"]
    assert clock["ok"] == well
    assert abs(clock["seconds"] - ahead) < 10


def test_an_embedded_store(newcomer: Person, store_home: StoreHome) -> None:
    """Its key, its file and its answer."""
    newcomer.environ["CLOVRIX_API_URL"] = store_home.url
    found = seen(newcomer)
    assert store_home.master_key.label in found["master key"][0]["message"]
    assert store_home.path in found["store"][0]["message"]
    assert found["answer"][0]["ok"]
    assert "needs none" in found["token"][0]["message"]


def test_a_store_without_its_key(newcomer: Person, store_home: StoreHome) -> None:
    """What is missing, and what makes it."""
    newcomer.environ["CLOVRIX_API_URL"] = store_home.url
    os.remove(newcomer.home / ".config" / "clovrix-env" / "master.key")
    assert "local init" in ill(seen(newcomer, status=1))["master key"]


def test_a_store_that_is_missing(newcomer: Person, store_home: StoreHome, tmp_path: Path) -> None:
    """The same of the store itself."""
    newcomer.environ["CLOVRIX_API_URL"] = f"file:{tmp_path}/none.db"
    assert "local init" in ill(seen(newcomer, status=1))["store"]


def test_files_that_others_can_read(writer: Person) -> None:
    """The .env, by its mode and the folders above it, with the command that mends it."""
    path = writer.write(".env", "A=1\n", 0o644)
    opened: dict[Path, int] = {}
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            opened[folder] = stat.S_IMODE(mode)
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
    try:
        assert ill(seen(writer, status=1)) == {"mode 0644": f"chmod 600 {path}"}
        path.chmod(0o600)
        assert ill(seen(writer)) == {}
        (writer.folder / ".clovrix").chmod(0o666)
        assert "chmod go-w" in ill(seen(writer, status=1))["mode 0666"]
    finally:
        for folder, mode in opened.items():
            folder.chmod(mode)


def test_nothing_configured(newcomer: Person) -> None:
    """What a start refuses, and the command that begins."""
    (newcomer.folder / ".clovrix").unlink()
    assert "clovrix-env init" in ill(seen(newcomer, status=1))["settings"]


def test_settings_that_are_wrong(writer: Person) -> None:
    """Every problem is a line, and the rest is looked at all the same."""
    writer.write(".clovrix", 'project = "backend"\nenvironmnet = "staging"\n')
    found = seen(writer, "-e", "staging", status=1)
    assert "environmnet" in found["settings"][0]["message"]
    assert found["answer"][0]["ok"]


def test_where_nobody_is_to_be_asked(writer: Person, loopback: Loopback) -> None:
    """It is said why, and nobody is asked."""
    writer.environ["CLOVRIX_REMOTE"] = "off"
    assert "CLOVRIX_REMOTE is off" in seen(writer)["answer"][0]["message"]
    assert loopback.requests == []


def test_last_known_values(writer: Person, loopback: Loopback) -> None:
    """How they stand: none yet, usable, too old; a remembered refusal is obeyed."""
    writer.environ["CLOVRIX_CACHE"] = "max_age=0s,stale_if_error=24h"
    assert seen(writer)["cache"][0]["message"] == "backend/staging: none"
    assert writer("--", "true").returncode == 0
    assert "usable until" in seen(writer)["cache"][0]["message"]
    writer.environ["CLOVRIX_CACHE"] = "max_age=0s,stale_if_error=0s"
    assert "too old" in seen(writer, status=1)["cache"][0]["message"]
    headers = {"Retry-After": "600"}
    loopback.fault("answer", status=429, body=b'{"error": "no"}', headers=headers)
    writer("--timeout", "2", "--", "true")
    before = len(loopback.requests)
    assert "HTTP 429" in seen(writer, status=1)["answer"][0]["message"]
    assert len(loopback.requests) == before


def test_below_a_launcher(writer: Person) -> None:
    """The marker is told, and what a launcher set is not taken for the user's word."""
    ran = writer("--pass-token", "--", *writer.command("doctor", "--json"))
    assert ran.returncode == 0, ran
    found = json.loads(ran.stdout)["observations"]
    assert any(each["name"] == "launcher" and each["ok"] for each in found)


def test_no_secret_is_shown(writer: Person, clovrix: Client, store_home: StoreHome) -> None:
    """Neither the token nor a value, for people or for programs."""
    clovrix.set_entry("backend", "staging", "PASSWORD", "word-of-the-entry")
    writer.write(".env", "LOCAL=word-of-the-file\n", 0o600)

    def shown(ran: Ran) -> str:
        return ran.well().out + ran.err

    text = shown(writer.runs("doctor")) + shown(writer.runs("doctor", "--json"))
    for secret in (store_home.token, "word-of-the-entry", "word-of-the-file"):
        assert secret not in text


def test_there_is_no_root(writer: Person) -> None:
    """Where it cannot look at all the status is 125."""
    assert writer.runs("doctor", "--root", "/no/such/folder").status == 125
