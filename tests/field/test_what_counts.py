"""A name, a file or a variable of ours that does not count as its writer meant."""

import os
import sys

import pytest

from clovrix_env import ClovrixConfigError, load_env, resolve_env
from clovrix_env.handoff import check_sizes


def test_on_windows_names_that_differ_in_case_are_one(project, answers, monkeypatch):
    """cpython#91017: in every layer, references, the contract and the result. Told by a fake."""
    project.declare('[variables.port]\ntype = "int"\n[variables.with_default]\ndefault = "d"\n')
    project.write(".env", "db_url=file\nHost=one\nHOST=two\nAt=${hOST}:${Port}\nSKIP_me=1\n")
    monkeypatch.setenv("LOCALAPPDATA", str(project.folder))
    monkeypatch.setenv("DB_URL", "process")
    client = answers(backend={"Port": "80", "host": "remote"})
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        found = resolve_env(
            "backend", "staging", client=client, exclude=["skip_*"], overrides={"Over": "1"}
        )
    values = {"DB_URL": "process", "HOST": "two", "AT": "two:80", "PORT": "80"}
    assert dict(found) == {**values, "WITH_DEFAULT": "d", "OVER": "1"}
    assert (found["db_url"], found.typed("Port"), "over" in found) == ("process", 80, True)
    assert str(found.origin("host")) == ".env:3 (hides .env:2, backend/staging on Clovrix)"


def test_guarded_name_with_the_value_of_the_process_is_not_refused(project, refused, monkeypatch):
    """An editor that reads ``.env`` for its terminals has set it there."""
    project.write(".env", "PYTHONPATH=./src\n")
    monkeypatch.setenv("PYTHONPATH", "./src")
    assert str(resolve_env().origin("PYTHONPATH")).startswith("process environment")
    assert "PYTHONPATH" in refused(override=True)[0]
    monkeypatch.setenv("PYTHONPATH", "./other")
    assert "PYTHONPATH" in refused()[0]


@pytest.mark.parametrize(
    ("name", "meant"),
    [*(("CLOVRIX_ENVIROMENT", "CLOVRIX_ENVIRONMENT"), ("CLOVRIX_API_URI", "CLOVRIX_API_URL")),
     *(("CLOVIRX_TOKEN", "CLOVRIX_TOKEN"), ("CLOVRIX_PORT", ""), ("CLOVRIX_PORT_443_TCP", "")),
     ("CLOVER_TOKEN_OF_OURS", "")],
)  # fmt: skip
def test_misspelled_variable_is_warned_of(project, monkeypatch, capfd, name, meant):
    """Within two letters of a known name; never what Kubernetes sets for a Service ``clovrix``."""
    project.write(".env", "A=1\n")
    monkeypatch.setenv(name, "icr_hunter2")
    resolve_env()
    line = f"clovrix-env: {name} is not known: did you mean {meant}?\n" if meant else ""
    assert capfd.readouterr().err == line


def test_launcher_and_commands_warn_too(project, launched, output):
    """One line in front of the program; where a command looks at the settings, there."""
    project.write(".env", "A=1\n")
    launched.environ["CLOVRIX_ENVIROMENT"] = "production"
    line = "CLOVRIX_ENVIROMENT is not known: did you mean CLOVRIX_ENVIRONMENT?"
    assert launched("--", "true").stderr.decode() == f"clovrix-exec: {line}\n"
    for words in (("explain",), ("doctor",), ("check",), ("list", "-p", "backend", "-e", "x")):
        assert line in " ".join(output(*words).split()), words


_LOAD = "from clovrix_env import load_env; load_env(environment='production')"
_COMMAND = (sys.executable, "-m", "clovrix_env")
_ENTRIES = {
    "load_env": (sys.executable, "-c", _LOAD),
    "explain": (*_COMMAND, "explain", "NEED", "-e", "production"),
    "check": (*_COMMAND, "check", "-e", "production"),
}


@pytest.fixture
def needs(project):
    project.declare("[variables.NEED]\nrequired = true\n")
    project.write(".env", "OTHER=1\nNEED=hunter2\nSAME=process\n")
    return project


@pytest.mark.parametrize("entry", ["exec", *_ENTRIES])
def test_required_name_that_only_an_ignored_file_sets(needs, launched, entry):
    """The sentence says where it is set, and the file is reported in front of the failure too."""
    argv = _ENTRIES.get(entry, (*launched.argv("-e", "production", "--", "true"),))
    ran = launched.plain(*argv)
    local = "local=True" if entry == "load_env" else "--local"
    said = (ran.stdout + ran.stderr).decode()
    assert ran.returncode != 0
    sets = f".env:2 sets it, but .env is not read in production ({local} reads it)"
    assert f"is required and not set. {sets}." in " ".join(said.split())
    if entry != "explain":  # which shows what is known of that name only
        assert f".env not read in production ({local} reads it)" in said
    assert "hunter2" not in said


def test_explain_says_where_an_ignored_file_and_the_process_agree(needs, launched):
    """python-dotenv#249: another reader of ``.env`` in the program would explain the value."""
    launched.environ.update(SAME="process", OTHER="another", NEED="x")
    shown = launched("-e", "production", "--explain")
    text = " ".join(shown.stdout.decode().split())
    note = "SAME: the process environment has the value of .env, which is not read in production"
    assert note in text
    assert "OTHER .env:1 is not read in production (--local reads it)" in text


def test_an_ignored_fifo_is_not_opened(needs, launched):
    """Its writer would be told that it was read."""
    (needs.folder / ".env").unlink()
    os.mkfifo(needs.folder / ".env")
    ran = launched("-e", "production", "--", "true", timeout=10)
    assert b"NEED is required and not set (declared in .clovrix:1)" in ran.stderr


_CONTRACT = """\
[variables.PORT]
type = "port"
[variables.A]
required = true
[variables.NEED]
required = true
[variables.WHO]
type = "int"
default = 5
"""
_DOTENV = "PORT=abc\nX=${UNDEF}\nA: 1\nLD_PRELOAD=x\nSEES_A=${A}\nQ='open\n"
_LOCAL = "Y=${\nSEES_Y=${Y}\nLD_AUDIT=x\n"
_PLACES = [".clovrix:5", ".env:1", ".env:2", ".env:3", ".env:4", ".env:6", ".env.local:1",
           ".env.local:3"]  # fmt: skip
# Clovrix is a source and is not asked: who knows what it would have given?
_UNKNOWN = {".clovrix:5", ".env:2"}


@pytest.mark.parametrize("project_name", [None, "backend"])
def test_all_kinds_of_problem_in_one_run(project, refused, project_name):
    """In the order of files and lines, each once; no problem follows from another one."""
    project.declare(_CONTRACT)
    project.write(".env", _DOTENV)
    project.write(".env.local", _LOCAL)
    expected = _PLACES
    if project_name is not None:
        expected = [*(place for place in _PLACES if place not in _UNKNOWN), "no token for"]
    told = refused(project_name, project_name and "staging")
    assert len(told) == len(expected), told
    assert all(place in sentence for sentence, place in zip(told, expected)), told


def test_each_problem_has_its_remedy_and_names_that_share_one_are_one_command(project, launched):
    """Below the problems that share it; a name is never shown that may be a part of a value."""
    project.declare("[variables.PORT]\ntype = 'port'\n")
    project.write(".env", "LD_PRELOAD=x\nPORT=abc\nsecretpart: more\nLD_AUDIT=x\n")
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env()
    first, port, line, last = caught.value.problems
    allow = "allow=['LD_PRELOAD', 'LD_AUDIT'] or CLOVRIX_ALLOW=LD_PRELOAD,LD_AUDIT lets them pass"
    remedies = caught.value.remedies
    assert remedies[0] == remedies[3] == allow
    shown = str(caught.value)
    assert shown.splitlines() == [first, last, allow, port, remedies[1], line]
    assert "secretpart" not in shown
    stderr = launched("--", "true").stderr.decode()
    assert "--allow LD_PRELOAD --allow LD_AUDIT or" in stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has the limit")
def test_load_env_names_one_large_value(project, capfd, monkeypatch):
    """Set in this process it works; then not even ``true`` can be started."""
    monkeypatch.setenv("LARGE", "")
    size = 32 * os.sysconf("SC_PAGE_SIZE")
    load_env(overrides={"LARGE": "x" * size})
    assert capfd.readouterr().err == (
        f"clovrix-env: LARGE takes {size + 7:,} bytes with its name; the limit is {size:,}: "
        "programs started from here fail\n"
    )


def test_the_limit_of_one_string_is_linuxs(monkeypatch):
    """macOS has none, and 64-KiB pages have more."""
    monkeypatch.setattr(sys, "platform", "darwin")
    check_sizes([b"x" * 200_000], {b"A": b"x" * 200_000})
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 65536, "SC_ARG_MAX": 2**21}.__getitem__)
    check_sizes([b"x" * 200_000], {b"A": b"x" * 200_000})
