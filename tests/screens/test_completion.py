"""Completion in real shells: names that this machine knows, without a request or a value."""

import shutil
import sys

import pytest
from accounts.person import Person
from screens.screen import Screen

from clovrix_env.api.messages import Call, WriteItem

pytestmark = pytest.mark.slow

_SECRET = "hunter2"
# How a shell is started, and what is typed first.
_SHELLS = {
    "bash": (
        ("bash", "--norc", "--noprofile", "-i"),
        'eval "$(clovrix-env completion bash)"; PS1="re""ady> "',
    ),
    "zsh": (
        ("zsh", "-f", "-i"),
        'autoload -U compinit && compinit -u -D; eval "$(clovrix-env completion zsh)"; '
        'PS1="re""ady> "',
    ),
    "fish": (
        ("fish", "--no-config", "-i"),
        "clovrix-env completion fish | source; set -g fish_autosuggestion_enabled 0; "
        "function fish_prompt; echo -n 're''ady> '; end",
    ),
}
# What is typed before Tab, and what the line then is.
_LINES = {
    "clovrix-exec sha": "clovrix-exec shared",
    "clovrix-exec backend dev": "clovrix-exec backend development",
    "clovrix-exec backend stag": "clovrix-exec backend staging",
    "clovrix-exec -e prod": "clovrix-exec -e production",
    "clovrix-exec --pass": "clovrix-exec --pass-token",
    "clovrix-exec backend -- printen": "clovrix-exec backend -- printenv",
    "clovrix-exec -- cat .clov": "clovrix-exec -- cat .clovrix",
    "clovrix-env run sha": "clovrix-env run shared",
    "clovrix-env get API": "clovrix-env get API_SECRET",
    "clovrix-env explain DATA": "clovrix-env explain DATABASE_URL",
    "clovrix-env local ba": "clovrix-env local backup",
}


@pytest.fixture
def typist(tmp_path, clean_environment, loopback):
    """Somebody in a shell, with both programs, a contract, ``.env`` files and a token."""
    folder = tmp_path / "project"
    typist = Person(folder, tmp_path)
    typist.command = lambda *words: list(words)
    declared = '[variables.DATABASE_URL]\nrequired_in = ["production"]\n'
    typist.declares(f'extends = ["shared"]\n{declared}', environment="development")
    typist.write(".env", f"API_SECRET={_SECRET}\n", 0o600)
    typist.write(".env.staging", f"OTHER_SECRET={_SECRET}\n", 0o600)
    for program in ("clovrix-env", "clovrix-exec"):
        run = f'#!/bin/sh\nexec "{sys.executable}" -m clovrix_env "$@"\n'
        typist.write(f"../bin/{program}", run, 0o755)
    typist.environ["PATH"] = f"{tmp_path / 'bin'}:{typist.environ['PATH']!s}"
    typist.environ["CLOVRIX_API_URL"] = loopback.url
    typist.environ["CLOVRIX_TOKEN"] = _SECRET * 4
    return typist


@pytest.mark.timeout(120)
@pytest.mark.parametrize("shell", _SHELLS)
def test_tab_completes_the_line(shell, typist, loopback):
    """Of both programs, and of the command that one of them runs."""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    argv, first = _SHELLS[shell]
    with Screen(typist, 120, *argv) as screen:
        screen.press(f"{first}\r")
        screen.shows(r"(?m)^ready> *$")
        for typed, completed in _LINES.items():
            screen.press(f"{typed}\t")
            screen.shows(rf"(?m)^ready> {completed}/? *$")
            screen.press("\x15")  # Ctrl-U empties the line
        screen.press("clovrix-exec backend \t\t")
        screen.shows(r"development\s+production\s+staging")
        assert _SECRET.encode() not in screen.written
    assert loopback.requests == []


@pytest.fixture
def offered(typist):
    """``offered(words)``: what bash is told, without a token."""

    def complete(words, **environ):
        given = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "CLOVRIX_TOKEN": None}
        shell = {"_CLOVRIX_ENV_COMPLETE": "bash_complete", **environ}
        ran = typist.plain("clovrix-env", env={**given, **shell})
        assert ran.stderr == b""
        return ran.stdout.decode().replace("plain,", "").split()

    return complete


def test_names_of_a_store(store_home, typist, offered):
    """They are not sealed: no key is read, and a store that is not the user's is not opened."""
    store_home.project("billing", "qa")
    key = {"CLOVRIX_MASTER_KEY": "not a key", "CLOVRIX_API_URL": store_home.url}
    assert offered("clovrix-env run ", **key) == ["backend", "shared", "billing"]
    assert "qa" in offered("clovrix-env run billing ", **key)
    assert offered("clovrix-env run b", CLOVRIX_API_URL="file:/nowhere") == ["backend"]
    typist.write(".env", f"CLOVRIX_API_URL={store_home.url}\n", 0o600)
    assert offered("clovrix-env run b") == ["backend"]


def test_names_of_the_store_that_a_command_opens(store_home, offered):
    """``local`` commands look at --store and CLOVRIX_STORE; a deleted key has only a history."""
    store_home.project("billing", "qa")
    create = "clovrix-env local token create "
    assert "billing" not in offered(f"{create}--project ")
    assert "billing" in offered(f"{create}--project ", CLOVRIX_STORE=store_home.url)
    assert "billing" in offered(f"{create}--store {store_home.url} --project ")
    assert "qa" in offered(f"{create}--store {store_home.url} --project billing --env ")
    assert "billing" not in offered("clovrix-env run ", CLOVRIX_STORE=store_home.url)
    for key in ("KEPT", "GONE"):
        call = Call("set_entry", "backend", "production", key, (WriteItem(key, "v"),))
        store_home.store.answer(call)
    store_home.store.answer(call.replaced(operation="delete_entry", items=()))
    for command, expected in (("get", False), ("delete", False), ("rollback", True)):
        found = offered(f"clovrix-env {command} -p backend ", CLOVRIX_API_URL=store_home.url)
        assert ("KEPT" in found, "GONE" in found) == (True, expected), command


def test_names_that_a_shell_would_run_are_not_offered(typist, offered):
    """A repository chooses the names in ``.clovrix``; a broken one completes to nothing."""
    for project in ("$(touch x)", "`x`", "a b", "-x", "a;b", "*", "é", "a'b"):
        typist.write(".clovrix", f'project = "{project}"\n')
        assert offered("clovrix-env run ") == [], project
