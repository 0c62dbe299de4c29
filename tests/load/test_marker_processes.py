"""The marker, across real processes: a tree of programs fetches once, and sees what changed."""

import json
import os
import shlex
import shutil
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import pytest

from clovrix_env import load_env
from clovrix_env.store import master_key

_STALE = " changed since this program was started: start it again to use it\n"
_STAGING = {"NAME": "staging", "LIST": "a", "LOCAL": "1"}
_NAMED = "{'project': 'backend', 'environment': 'staging'}"
_CLOVRIX = "backend/staging on Clovrix"
_WITH_TOKEN = "--pass-token backend staging"


@pytest.fixture(autouse=True)
def values(project, clovrix):
    """Clovrix has NAME and LIST in staging, and NAME in production; ``.env`` has LOCAL."""
    clovrix.put("backend", "staging", NAME="staging", LIST="a")
    clovrix.put("backend", "production", NAME="production")
    project.write(".env", "LOCAL=1\n")


class Case(NamedTuple):
    """A launcher's words, a shell's command in between, and the arguments of ``load_env()``.

    The program has ``environment`` and ``origins`` then, after so many requests; ``stale`` names
    the file of which it is told that it changed.
    """

    words: str
    between: str = "exec"
    load: str = "{}"
    environment: dict = _STAGING
    requests: int = 1
    origins: dict = {}
    stale: str = ""


_CASES = {
    # The request is the launcher's, and the program needs no token.
    "as it stands": Case("backend staging", origins={"NAME": _CLOVRIX, "LOCAL": ".env:1"}),
    **{
        f"as it stands for {load}": Case("backend staging", load=load)
        for load in (_NAMED, "{'environment': 'staging'}", "{'timeout': 3}", "{'allow': ['PATH']}")
    },
    "--set": Case("--set NAME=set --set NEW=1 backend staging", origins={"NAME": "--set"},
                  environment={**_STAGING, "NAME": "set", "NEW": "1"}),
    "-f": Case("-f other.env backend staging", environment={**_STAGING, "LOCAL": "other"}),
    "appended once": Case("-f list.env backend staging",
                          environment={"NAME": "staging", "LIST": "a,b"}),
    "loaded twice": Case(_WITH_TOKEN,
                         "sed -i 's/^environment =/load_env(); environment =/' main.py; exec"),
    "in another folder": Case("backend staging", "cd below; exec"),
    "the root is named": Case("backend staging", "cd below; exec", "{'root': '..'}"),
    "a launcher in between": Case("--set NEW=1 backend staging",
                                  "exec {launcher} backend staging --",
                                  environment={**_STAGING, "NEW": "1"}),
    # What a program in between did is its own.
    "a changed value": Case("backend staging", "exec env NAME=mine",
                            environment={**_STAGING, "NAME": "mine"},
                            origins={"NAME": "process environment"}),
    "a dropped value": Case(_WITH_TOKEN, "exec env -u NAME", _NAMED, {"LIST": "a", "LOCAL": "1"}),
    "a dropped marker": Case(_WITH_TOKEN, "exec env -u __CLOVRIX_ENV", _NAMED, requests=2,
                             origins={"NAME": f"process environment (hides {_CLOVRIX})"}),
    "a clean environment": Case("backend staging", "exec env -i {environ}", _NAMED, requests=2),
    # Another request loads anew, and what the launcher set for its own is not in its way.
    **{
        f"another request {load}": Case(_WITH_TOKEN, load=load, environment=environment, requests=2)
        for load, environment in {
            "{'environment': 'production', 'local': True}": {"NAME": "production", "LOCAL": "1"},
            "{'files': ['other.env']}": {**_STAGING, "LOCAL": "other"},
            "{'overrides': {'X': '1'}}": {**_STAGING, "X": "1"},
            "{'override': True}": _STAGING,
            "{'local': False}": {"NAME": "staging", "LIST": "a"},
            "{'only': ['N*']}": {"NAME": "staging"},
        }.items()
    },
    "another root": Case("backend staging", "cd below; exec",
                         "{'root': '.', 'remote': False, 'overrides': {'X': '1'}}", {"X": "1"}),
    "a launcher in between for another place": Case(
        _WITH_TOKEN, "exec {launcher} --local backend production --", requests=2,
        environment={"NAME": "production", "LOCAL": "1"}),
    # An edited file is loaded anew where there is a token, or nobody has to be asked.
    "edited": Case(f"--set NEW=1 {_WITH_TOKEN}", "echo EDITED=1 > .env; exec", requests=2,
                   environment={"NAME": "staging", "LIST": "a", "EDITED": "1", "NEW": "1"}),
    "edited, and appended once": Case(
        f"-f list.env {_WITH_TOKEN}", "echo 'LIST=${{LIST}},c' > list.env; exec", requests=2,
        environment={"NAME": "staging", "LIST": "a,c"}),
    "edited, and named from another folder": Case(
        f"-f other.env {_WITH_TOKEN}", "echo LOCAL=2 > other.env; cd below; exec", requests=2,
        environment={**_STAGING, "LOCAL": "2"}),
    "edited, without Clovrix": Case("--no-remote backend staging", "echo LOCAL=2 > .env; exec",
                                    environment={"LOCAL": "2"}, requests=0),
    # Else the values stand as they were, and one line says that they are old.
    **{
        edit: Case("backend staging", f"{edit}; exec", stale=file)
        for edit, file in {
            "echo LOCAL=2 > .env": ".env", "rm .env": ".env", "cp -p .env x; mv x .env": ".env",
            "echo X=1 > .env.local": ".env.local", "echo 'nonsense = 1' > .clovrix": ".clovrix",
        }.items()
    },
}  # fmt: skip


_QUICK = ("as it stands", "another request {'override': True}", "edited", "rm .env")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name, marks=[pytest.mark.slow] * (name not in _QUICK))
        for name, case in _CASES.items()
    ],
)
def test_program_below_a_launcher(programs, project, clovrix, case):
    """What it loads, from where, and how many requests it took."""
    main = (project.folder / "main.py").read_text()
    project.write_all(
        {"other.env": "LOCAL=other\n", "list.env": "LIST=${LIST},b\n", "below/main.py": main}
    )
    between = case.between.format(
        launcher=shlex.join(programs.launcher.argv()),
        environ=" ".join(f"{name}={value}" for name, value in programs.launcher.environ.items()),
    )
    inner = ("sh", "-c", f'{between} "$@"', "-")
    loaded = programs.launched(*case.words.split(), inner=inner, load=case.load)
    assert loaded.environment == case.environment
    assert case.origins.items() <= loaded.origins.items()
    assert loaded.err == (f"clovrix-env: {case.stale}{_STALE}" if case.stale else "")
    assert clovrix.requests == case.requests


def test_child_of_a_program_that_loaded_asks_nobody(programs, clovrix):
    """Whether it loaded here or there."""
    environment = load_env("backend", "staging")
    names = (*environment, "__CLOVRIX_ENV")
    programs.launcher.environ.update({name: os.environ[name] for name in names})
    assert programs.alone().environment["NAME"] == "staging"
    assert clovrix.requests == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "name"), [("exec", "staging"), ("exec {launcher} --local --", "production")]
)
def test_launchers_words_stand_above_the_project_file(programs, project, words, name):
    """For ``load_env()``; a launcher in between does not follow the marker."""
    project.declare('project = "backend"\ndefault_environment = "development"\n')
    programs.launcher.environ["CLOVRIX_ENVIRONMENT"] = "production"
    words = words.format(launcher=shlex.join(programs.launcher.argv()))
    inner = ("sh", "-c", f'{words} "$@"', "-")
    loaded = programs.launched("--pass-token", "backend", "staging", inner=inner)
    assert loaded.environment["NAME"] == name


def test_another_request_without_a_token_says_why_there_is_none(programs):
    """``--pass-token`` is the way out."""
    result = programs.launcher(
        "backend", "staging", "--", *programs.main, "{'environment': 'production'}"
    )
    assert result.returncode == 1
    assert b"clovrix-exec withholds CLOVRIX_TOKEN from the program" in result.stderr
    assert b"--pass-token" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("passes_token", [False, True])
def test_edited_file_is_explained(programs, passes_token):
    """``--explain`` below a launcher tells what a start would tell, and whose the root is."""
    inner = shlex.join(programs.launcher.argv("--explain", "--json", "backend", "staging"))
    edit = ("sh", "-c", f"echo LOCAL=2 > .env; exec {inner}")
    words = ("--pass-token",) if passes_token else ()
    told = json.loads(programs.launcher(*words, "backend", "staging", "--", *edit).stdout)
    assert [f"{note}\n" for note in told["notes"]] == ([] if passes_token else [f".env{_STALE}"])
    assert not passes_token or told["root"]["why"] == "named by the marker"


_EDIT = ("sh", "-c", 'printf "LOCAL=2\\nPAGER=less\\n" > .env; cd below; exec "$@"', "-")


@pytest.mark.slow
@pytest.mark.parametrize("reach", ["at hand", "its key is kept back", "a relative address"])
def test_edited_file_beside_an_embedded_store(programs, project, clovrix, reach):
    """It is loaded anew where the child can open the store; ``--set`` and ``--allow`` stand."""
    programs.launcher.environ["CLOVRIX_API_URL"] = clovrix.home.url
    if reach == "its key is kept back":
        os.unlink(master_key.path_of(os.environ) or "")
        programs.launcher.environ["CLOVRIX_MASTER_KEY"] = clovrix.home.master_key.line()
    elif reach == "a relative address":
        path = os.path.relpath(clovrix.home.path, project.folder)
        programs.launcher.environ["CLOVRIX_API_URL"] = f"file:{path}"
    project.write("below/main.py", (project.folder / "main.py").read_text())
    words = ("--set", "NEW=1", "--allow", "PAGER", "backend", "staging")
    loaded = programs.launched(*words, inner=_EDIT)
    anew = {"LOCAL": "2", "PAGER": "less"} if reach == "at hand" else {}
    assert loaded.environment == {**_STAGING, "NEW": "1", **anew}
    assert loaded.origins["NEW"] == "--set"
    assert loaded.err == ("" if anew else f"clovrix-env: .env{_STALE}")
    assert clovrix.requests == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edit", "told"), [("rm secrets", ""), ("echo LOCAL=2 > .env", f"clovrix-env: .env{_STALE}")]
)
def test_fifo_is_read_once(programs, project, edit, told):
    """``-f <(…)``: one that is gone has not changed, and beside it nothing can be loaded anew."""
    fifo = project.folder / "secrets"
    os.mkfifo(fifo)
    threading.Thread(target=fifo.write_text, args=("NEW=secret\n",), daemon=True).start()
    inner = ("sh", "-c", f'{edit}; exec "$@"', "-")
    loaded = programs.launched("--no-remote", "-f", ".env", "-f", "secrets", inner=inner)
    assert loaded.environment == {"LOCAL": "1", "NEW": "secret"}
    assert loaded.err == told


@pytest.mark.slow
def test_launcher_below_one_with_a_store_of_a_file_asks_another_address(programs, clovrix, project):
    """An address in the process environment is another one than a file's."""
    other = programs.launcher.environ.pop("CLOVRIX_API_URL")
    project.write(".env", "CLOVRIX_API_URL=file:store.db\n")
    for path in Path(clovrix.home.path).parent.glob("store.db*"):
        shutil.copy(path, project.folder)
    launcher = programs.launcher.argv("backend", "staging")
    for between in (("env", f"CLOVRIX_API_URL={other}"), ()):
        inner = (*between, *launcher, "--")
        programs.launched("--pass-token", "backend", "staging", inner=inner)
        assert clovrix.requests == 1


def test_marker_holds_no_value(programs, clovrix):
    """Names, layers and short digests only."""
    clovrix.put("backend", "staging", NAME="hunter2")
    script = "import os; print(os.environ['__CLOVRIX_ENV'])"
    result = programs.launcher(
        "--set", "OTHER=hunter2", "backend", "staging", "--", sys.executable, "-c", script
    )
    assert b"NAME" in result.stdout
    assert b"hunter2" not in result.stdout
    assert clovrix.home.token.encode() not in result.stdout


_LOOKS = """\
import json, os, subprocess, sys
details = json.loads(os.environ["__CLOVRIX_ENV"][2:])["names"].values()
for words in "explain", "explain --json", "doctor", "export", "run -v -- true":
    command = [sys.executable, "-m", "clovrix_env", *words.split()]
    ran = subprocess.run(command, capture_output=True, text=True)
    printed = ran.stdout + ran.stderr
    print(len(printed) > 9, [digest for *_, digest in details if digest in printed])
"""


@pytest.mark.slow
def test_no_command_prints_the_digests_of_the_marker(programs):
    """A PIN can be found from its digest by trying."""
    result = programs.launcher("backend", "staging", "--", sys.executable, "-c", _LOOKS)
    assert result.stdout.decode() == "True []\n" * 5, result.stderr
