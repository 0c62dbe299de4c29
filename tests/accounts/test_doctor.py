"""``clovrix-env doctor``: what it sees, and what it says that helps."""

import json
import os
import sys
import time
from email.utils import formatdate
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from accounts.person import Ran
from faults.namespace import way
from loopback import serve

import clovrix_env


def seen(person, *words, status=0, **options):
    """What it observes, by what it is about."""
    ran = person.runs("doctor", "--json", *words, **options)
    assert ran.status == status, ran
    document, found = json.loads(ran.out), {}
    assert (document["version"], document["ok"]) == (2, status == 0)
    for each in document["observations"]:
        found.setdefault(each["name"], []).append(each)
    return found


def ill(found):
    """What is not well, and what would help."""
    every = [each for group in found.values() for each in group]
    return {each["name"]: each["remedy"] for each in every if not each["ok"]}


def test_all_is_well(writer, store_home, clovrix):
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


def test_people_read_a_line_each(writer):
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
    (writer.folder / ".clovrix").unlink()
    (writer.folder / ".env").mkdir()
    nothing = writer.runs("doctor", env={"PYTHONIOENCODING": "utf-8"}).out
    assert "✓ token        not needed: no project is set" in nothing
    assert ".env is a folder, which is not read" in nothing


@pytest.mark.parametrize(
    ("name", "value", "step", "told"),
    [
        ("CLOVRIX_TOKEN", None, "token", "clovrix-env login"),
        ("CLOVRIX_TOKEN", "icr_unknown_0123456789abcdefghijklmnop", "answer", "check the token"),
        ("CLOVRIX_API_URL", "http://127.0.0.1:1", "connection", "connection refused"),
        ("CLOVRIX_API_URL", "https://clovrix.invalid", "name look-up", "does not resolve"),
    ],
)
def test_the_step_that_failed_is_told(writer, name, value, step, told):
    """Those before it are well, and none after it is done."""
    writer.environ[name] = value
    found = seen(writer, "--timeout", "5", status=1)
    assert list(ill(found)) == [step]
    assert told in found[step][0]["message"] + found[step][0]["remedy"]
    assert (step == "answer") == ("answer" in found)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://clovrix.example", "its name does not resolve"),
        ("https://192.0.2.1", "network is unreachable"),
    ],
)
def test_without_a_network(writer, tmp_path, url, why):
    """The doctor and a start give the true reason, and no step is well that was not done."""
    sentence = f"cannot reach {url}: {why}"
    through = way(tmp_path)
    if through is None:
        pytest.skip("no network namespace can be made here")
    writer.environ["CLOVRIX_API_URL"] = url
    ran = Ran(writer.plain(*through, *writer.command("doctor", "--json")))
    assert ran.status == 1, ran
    steps = {each["name"]: each for each in json.loads(ran.out)["observations"]}
    assert not {"TLS", "answer"} & steps.keys()
    failed = steps["name look-up" if url.endswith("example") else "connection"]
    assert (failed["ok"], failed["message"]) == (False, sentence)
    started = Ran(writer("--", "true", through=through))
    assert started.status == 125
    assert started.err.startswith(f"clovrix-exec: backend/staging: {sentence}\n")


def test_tls(writer, store_home, authority, tmp_path):
    """Measured apart where the certificate holds, and told where it does not."""
    with serve(store_home.store, authority.context()) as secure:
        writer.environ.update(CLOVRIX_API_URL=secure.url, SSL_CERT_FILE=authority.file)
        assert seen(writer)["TLS"][0]["seconds"] > 0
        del writer.environ["SSL_CERT_FILE"]
        found = seen(writer, status=1)
        assert list(ill(found)) == ["TLS"]
        assert "certificate" in found["TLS"][0]["message"]
        writer.environ["SSL_CERT_FILE"] = str(tmp_path / "missing.pem")
        assert "PEM" in ill(seen(writer, status=1))["TLS"]


def test_a_proxy(writer):
    """It is said that all is measured as one; its address, which may hold a password, is not."""
    writer.environ["CLOVRIX_API_URL"] = "https://127.0.0.1:9"
    writer.environ["HTTPS_PROXY"] = "http://user:word-of-the-proxy@127.0.0.1:9"
    ran = writer.runs("doctor", "--timeout", "5")
    assert ran.status == 1
    assert "HTTPS_PROXY is set" in ran.out
    assert "word-of-the-proxy" not in ran.out + ran.err


def test_it_ends_in_time(writer, loopback):
    """A server that never answers costs --timeout, and the answer is what is not well."""
    loopback.fault("hang")
    assert list(ill(seen(writer, "--timeout", "0.5", status=1))) == ["answer"]


@pytest.mark.parametrize(("ahead", "well"), [(-5, True), (3600, False)])
def test_a_clock_that_is_wrong(writer, loopback, ahead, well):
    """By the answer's Date: as many seconds off as it is."""
    date = formatdate(time.time() - ahead, usegmt=True)
    loopback.fault("answer", body=b'{"entries": {}}', headers={"Date": date})
    (clock,) = seen(writer, status=0 if well else 1)["clock"]
    assert clock["ok"] == well
    assert abs(clock["seconds"] - ahead) < 10


def test_an_embedded_store(newcomer, store_home, tmp_path):
    """Its key, its file and its answer; what is missing, and what makes it."""
    newcomer.environ["CLOVRIX_API_URL"] = store_home.url
    found = seen(newcomer)
    assert store_home.master_key.label in found["master key"][0]["message"]
    assert store_home.path in found["store"][0]["message"]
    assert found["answer"][0]["ok"]
    assert "needs none" in found["token"][0]["message"]
    gone = {"CLOVRIX_API_URL": f"file:{tmp_path}/none.db"}
    assert "local init" in ill(seen(newcomer, status=1, env=gone))["store"]
    os.remove(newcomer.home / ".config" / "clovrix-env" / "master.key")
    key = f"restore to {newcomer.home}/.config/clovrix-env/master.key the key"
    assert key in ill(seen(newcomer, status=1))["master key"]


def test_files_that_others_can_read(writer):
    """The .env, by its mode and the folders above it, with the command that mends it."""
    with TemporaryDirectory(dir="/tmp") as name:  # others can reach neither pytest's nor a home
        folder = Path(name)
        folder.chmod(0o755)
        writer.folder = folder
        project = writer.declares()
        path = writer.write(".env", "A=1\n", 0o644)
        assert ill(seen(writer, status=1)) == {"mode 0644": f"chmod 600 {path}"}
        path.chmod(0o600)
        assert ill(seen(writer)) == {}
        project.chmod(0o666)
        assert "chmod go-w" in ill(seen(writer, status=1))["mode 0666"]


def test_settings_that_are_wrong(writer):
    """Every problem is a line, and the rest is looked at; without any the command that begins."""
    writer.write(".clovrix", 'project = "backend"\nenvironmnet = "staging"\n')
    found = seen(writer, "-e", "staging", status=1)
    assert "environmnet" in found["settings"][0]["message"]
    assert found["answer"][0]["ok"]
    (writer.folder / ".clovrix").unlink()
    assert "clovrix-env init" in ill(seen(writer, status=1))["settings"]
    assert writer.runs("doctor", "--root", "/no/such/folder").status == 125


def test_sources_and_where_nobody_is_to_be_asked(writer, loopback):
    """An option and a variable are named as what they are; it is said why nobody is asked."""
    writer.environ.update(CLOVRIX_ENVIRONMENT="staging", CLOVRIX_REMOTE="off")
    found = seen(writer, "-p", "backend")
    assert found["project"][0]["message"] == "backend, from argument"
    assert found["environment"][0]["message"] == "staging, from CLOVRIX_ENVIRONMENT"
    assert "CLOVRIX_REMOTE is off" in found["answer"][0]["message"]
    assert loopback.requests == []


def test_last_known_values(writer, loopback):
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


def test_below_a_launcher(writer):
    """The marker is told, and what a launcher set is not taken for the user's word."""
    ran = writer("--pass-token", "--", *writer.command("doctor", "--json"))
    assert ran.returncode == 0, ran
    found = json.loads(ran.stdout)["observations"]
    assert any(each["name"] == "launcher" and each["ok"] for each in found)
