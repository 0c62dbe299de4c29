"""The marker, across real processes: a tree of programs fetches once, and sees what changed."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import load_env
from clovrix_env.store import master_key

if TYPE_CHECKING:
    from conftest import Programs  # type: ignore[attr-defined]
    from resolve.surroundings import Clovrix, Project

_STALE = ".env changed since this program was started: start it again to use it\n"


@pytest.fixture(autouse=True)
def values(project: Project, clovrix: Clovrix) -> None:
    """Clovrix has NAME and LIST in staging, and NAME in production; ``.env`` has LOCAL."""
    clovrix.put("backend", "staging", NAME="staging", LIST="a")
    clovrix.put("backend", "production", NAME="production")
    project.write(".env", "LOCAL=1\n")


def test_launched_program_that_loads_asks_nobody(programs: Programs, clovrix: Clovrix) -> None:
    """One request, the launcher's; the program needs no token."""
    loaded = programs.launched("backend", "staging")
    assert loaded.environment == {"NAME": "staging", "LIST": "a", "LOCAL": "1"}
    assert loaded.origins["NAME"] == "backend/staging on Clovrix"
    assert loaded.origins["LOCAL"] == ".env:1"
    assert loaded.err == ""
    assert clovrix.requests == 1


def test_child_of_a_program_that_loaded_asks_nobody(programs: Programs, clovrix: Clovrix) -> None:
    """Whether it loaded here or there."""
    environment = load_env("backend", "staging")
    names = (*environment, "__CLOVRIX_ENV")
    programs.launcher.environ.update({name: os.environ[name] for name in names})
    assert programs.alone().environment["NAME"] == "staging"
    assert clovrix.requests == 1


@pytest.mark.parametrize(
    "load",
    [
        "{'project': 'backend', 'environment': 'staging'}",
        "{'environment': 'staging'}",
        "{'timeout': 3}",
        "{'allow': ['PATH']}",
    ],
)
def test_same_request_in_other_words_asks_nobody(
    programs: Programs, clovrix: Clovrix, load: str
) -> None:
    """What the call does not name is the marker's."""
    programs.launched("backend", "staging", load=load)
    assert clovrix.requests == 1


def test_launchers_words_stand_above_the_project_file(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """``load_env()`` under ``clovrix-exec backend staging`` does not load development."""
    project.declare('project = "backend"\ndefault_environment = "development"\n')
    programs.launcher.environ["CLOVRIX_ENVIRONMENT"] = "production"
    loaded = programs.launched("backend", "staging")
    assert loaded.environment["NAME"] == "staging"
    assert clovrix.requests == 1


def test_another_request_loads_anew(programs: Programs, clovrix: Clovrix) -> None:
    """What the launcher set for its own is not the process's wish."""
    load = "{'environment': 'production', 'local': True}"
    loaded = programs.launched("--pass-token", "backend", "staging", load=load)
    assert loaded.environment == {"NAME": "production", "LOCAL": "1"}
    assert clovrix.requests == 2


def test_another_request_without_a_token_says_why_there_is_none(
    programs: Programs, clovrix: Clovrix
) -> None:
    """``--pass-token`` is the way out."""
    result = programs.launcher(
        "backend", "staging", "--", *programs.main, "{'environment': 'production'}"
    )
    assert result.returncode == 1
    assert b"clovrix-exec withholds CLOVRIX_TOKEN from the program" in result.stderr
    assert b"--pass-token" in result.stderr


def test_appended_value_is_appended_once(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """``LIST=${LIST},b`` over a value of Clovrix, in launcher and program, edited or not."""
    project.write(".env", "LIST=${LIST},b\n")
    assert programs.launched("backend", "staging").environment["LIST"] == "a,b"
    edit = ("sh", "-c", 'echo "LIST=\\${LIST},c" > .env; exec "$@"', "-")
    loaded = programs.launched("--pass-token", "backend", "staging", inner=edit)
    assert loaded.environment["LIST"] == "a,c"


def test_loading_twice_under_a_launcher_asks_nobody(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """It has not loaded by itself, so the second is like the first."""
    project.write(
        "main.py",
        "from clovrix_env import load_env\nload_env()\n" + (project.folder / "main.py").read_text(),
    )
    assert programs.launched("--pass-token", "backend", "staging").environment["LIST"] == "a"
    assert clovrix.requests == 1


def test_set_values_stand_in_the_program(programs: Programs, clovrix: Clovrix) -> None:
    """``--set`` is part of what the launcher was asked for."""
    loaded = programs.launched("--set", "NAME=set", "--set", "NEW=1", "backend", "staging")
    assert loaded.environment == {"NAME": "set", "LIST": "a", "LOCAL": "1", "NEW": "1"}
    assert loaded.origins["NAME"] == "--set"
    assert clovrix.requests == 1


def test_named_files_stand_in_the_program(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """``-f`` too: ``load_env()`` does not read the default ones after all."""
    project.write("other.env", "LOCAL=other\n")
    loaded = programs.launched("-f", "other.env", "backend", "staging")
    assert loaded.environment["LOCAL"] == "other"
    assert clovrix.requests == 1


def test_value_that_a_program_between_changed_is_theirs(
    programs: Programs, clovrix: Clovrix
) -> None:
    """The environment says what is; the origin is the process."""
    loaded = programs.launched("backend", "staging", inner=("env", "NAME=mine"))
    assert loaded.environment["NAME"] == "mine"
    assert loaded.origins["NAME"] == "process environment"
    assert clovrix.requests == 1


def test_edited_file_is_loaded_anew_where_there_is_a_token(
    programs: Programs, clovrix: Clovrix
) -> None:
    """The new value is there, and what nobody defines any more is not."""
    edit = ("sh", "-c", 'echo EDITED=1 > .env; exec "$@"', "-")
    loaded = programs.launched("--pass-token", "--set", "NEW=1", "backend", "staging", inner=edit)
    assert loaded.environment == {"NAME": "staging", "LIST": "a", "EDITED": "1", "NEW": "1"}
    assert loaded.err == ""
    assert clovrix.requests == 2


@pytest.mark.parametrize(
    "edit",
    [
        "echo LOCAL=2 > .env",
        "rm .env",
        "echo X=1 > .env.local",
        "cp -p .env x; mv x .env",
        "echo 'nonsense = 1' > .clovrix",
    ],
)
def test_edited_file_is_told_where_there_is_no_token(
    programs: Programs, clovrix: Clovrix, edit: str
) -> None:
    """The values stand as they were, and one line says that they are old."""
    inner = ("sh", "-c", f'{edit}; exec "$@"', "-")
    loaded = programs.launched("backend", "staging", inner=inner)
    assert loaded.environment == {"NAME": "staging", "LIST": "a", "LOCAL": "1"}
    assert loaded.err.startswith("clovrix-env: .")
    assert loaded.err.count("\n") == 1
    assert loaded.err.endswith(_STALE[_STALE.index(" changed") :])
    assert clovrix.requests == 1


def _explained_after_an_edit(programs: Programs, *options: str) -> dict[str, Any]:
    """What ``--explain`` tells below a launcher, when ``.env`` was edited in between."""
    inner = " ".join(programs.launcher.argv("--explain", "--json", "backend", "staging"))
    edit = ("sh", "-c", f"echo LOCAL=2 > .env; exec {inner}")
    told: dict[str, Any] = json.loads(
        programs.launcher(*options, "backend", "staging", "--", *edit).stdout
    )
    return told


def test_edited_file_is_explained_where_there_is_no_token(
    programs: Programs, clovrix: Clovrix
) -> None:
    """``--explain`` tells what a start would tell."""
    told = _explained_after_an_edit(programs)
    assert [f"{note}\n" for note in told["notes"]] == [_STALE]


def test_edited_file_is_loaded_anew_where_nobody_has_to_be_asked(
    programs: Programs, clovrix: Clovrix
) -> None:
    """Files alone need no token."""
    edit = ("sh", "-c", 'echo LOCAL=2 > .env; exec "$@"', "-")
    loaded = programs.launched("--no-remote", "backend", "staging", inner=edit)
    assert loaded.environment == {"LOCAL": "2"}
    assert clovrix.requests == 0


def test_edited_file_is_loaded_anew_from_an_embedded_store(
    programs: Programs, clovrix: Clovrix
) -> None:
    """A ``file:`` address is at hand in the child too; ``--set`` and ``--allow`` still stand."""
    programs.launcher.environ["CLOVRIX_API_URL"] = clovrix.home.url
    edit = ("sh", "-c", 'printf "LOCAL=2\\nPAGER=less\\n" > .env; exec "$@"', "-")
    loaded = programs.launched(
        "--set", "NEW=1", "--allow", "PAGER", "backend", "staging", inner=edit
    )
    assert loaded.environment == {
        "NAME": "staging",
        "LIST": "a",
        "LOCAL": "2",
        "PAGER": "less",
        "NEW": "1",
    }
    assert loaded.origins["NEW"] == "--set"
    assert clovrix.requests == 0


def test_edited_file_is_told_where_the_stores_key_was_kept_back(
    programs: Programs, clovrix: Clovrix
) -> None:
    """The master key of the launcher's environment is not the program's, as its token is not."""
    os.unlink(master_key.path_of(os.environ) or "")
    programs.launcher.environ["CLOVRIX_API_URL"] = clovrix.home.url
    programs.launcher.environ["CLOVRIX_MASTER_KEY"] = clovrix.home.master_key.line()
    edit = ("sh", "-c", 'echo LOCAL=2 > .env; exec "$@"', "-")
    loaded = programs.launched("backend", "staging", inner=edit)
    assert loaded.environment == {"NAME": "staging", "LIST": "a", "LOCAL": "1"}
    assert loaded.err == f"clovrix-env: {_STALE}"


def test_edited_file_is_told_where_the_store_is_out_of_reach(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """Its address was relative to the folder that the launcher was started in."""
    store = os.path.relpath(clovrix.home.url.removeprefix("file:"), project.folder)
    programs.launcher.environ["CLOVRIX_API_URL"] = f"file:{store}"
    project.write("below/main.py", (project.folder / "main.py").read_text())
    edit = ("sh", "-c", 'echo LOCAL=2 > .env; cd below; exec "$@"', "-")
    loaded = programs.launched("backend", "staging", inner=edit)
    assert loaded.environment == {"NAME": "staging", "LIST": "a", "LOCAL": "1"}
    assert loaded.err == f"clovrix-env: {_STALE}"


def test_named_files_are_read_again_from_wherever_the_program_is(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """They were relative to the launcher's folder."""
    project.write("other.env", "LOCAL=other\n")
    project.write("below/main.py", (project.folder / "main.py").read_text())
    edit = ("sh", "-c", 'echo LOCAL=2 > other.env; cd below; exec "$@"', "-")
    loaded = programs.launched("--pass-token", "-f", "other.env", "backend", "staging", inner=edit)
    assert loaded.environment["LOCAL"] == "2"


def _fifo(project: Project, text: str) -> None:
    """``secrets``, which gives a text to who reads it first."""
    fifo = project.folder / "secrets"
    os.mkfifo(fifo)
    threading.Thread(target=fifo.write_text, args=(text,), daemon=True).start()


def test_fifo_that_is_gone_has_not_changed(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """``-f <(…)`` gives what it holds once: the values stand, though they could be asked for."""
    _fifo(project, "LOCAL=secret\n")
    gone = ("sh", "-c", 'rm secrets; exec "$@"', "-")
    loaded = programs.launched("--no-remote", "-f", "secrets", inner=gone)
    assert loaded.environment == {"LOCAL": "secret"}
    assert loaded.err == ""


def test_edited_file_beside_a_fifo_is_told(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """Nobody writes into it a second time, so that nothing can be loaded anew."""
    _fifo(project, "NEW=secret\n")
    edit = ("sh", "-c", 'echo LOCAL=2 > .env; exec "$@"', "-")
    loaded = programs.launched("--no-remote", "-f", ".env", "-f", "secrets", inner=edit)
    assert loaded.environment == {"LOCAL": "1", "NEW": "secret"}
    assert loaded.err == f"clovrix-env: {_STALE}"


def test_program_in_another_folder_is_covered(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """The root is the marker's; one that the call names has to be the same."""
    project.write("below/main.py", (project.folder / "main.py").read_text())
    inner = ("sh", "-c", 'cd below; exec "$@"', "-")
    assert programs.launched("backend", "staging", inner=inner).environment["LOCAL"] == "1"
    programs.launched("backend", "staging", inner=inner, load="{'root': '..'}")
    assert clovrix.requests == 2
    load = "{'root': '.', 'remote': False, 'overrides': {'X': '1'}}"
    assert programs.launched("backend", "staging", inner=inner, load=load).environment == {"X": "1"}


def test_launcher_below_a_launcher_takes_the_same_as_it_stands(
    programs: Programs, clovrix: Clovrix
) -> None:
    """Without a token, and with what the outer one ``--set``."""
    inner = (*programs.launcher.argv("backend", "staging"), "--")
    loaded = programs.launched("--set", "NEW=1", "backend", "staging", inner=inner)
    assert loaded.environment["NEW"] == "1"
    assert clovrix.requests == 1


def test_root_of_a_load_anew_is_the_markers(programs: Programs, clovrix: Clovrix) -> None:
    """Nobody said ``--root``, and ``--explain`` does not say so."""
    told = _explained_after_an_edit(programs, "--pass-token")
    assert told["root"]["why"] == "named by the marker"


def test_launcher_below_a_launcher_loads_another_place_anew(
    programs: Programs, clovrix: Clovrix
) -> None:
    """What the outer one injected does not stand in its way."""
    inner = (*programs.launcher.argv("--local", "backend", "production"), "--")
    loaded = programs.launched("--pass-token", "backend", "staging", inner=inner)
    assert loaded.environment == {"NAME": "production", "LOCAL": "1"}
    assert clovrix.requests == 2


def test_launcher_below_a_launcher_takes_its_place_from_its_own_words(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """Unlike ``load_env()`` it does not follow the marker: ``.clovrix`` says production."""
    project.declare('project = "backend"\ndefault_environment = "production"\n')
    inner = (*programs.launcher.argv("--local"), "--")
    loaded = programs.launched("--pass-token", "backend", "staging", inner=inner)
    assert loaded.environment["NAME"] == "production"


def test_launcher_below_one_with_a_store_of_a_file_asks_another_address(
    programs: Programs, clovrix: Clovrix, project: Project
) -> None:
    """An address in the process environment is another one than a file's."""
    other = programs.launcher.environ.pop("CLOVRIX_API_URL")
    project.write(".env", f"CLOVRIX_API_URL=file:{os.path.basename(clovrix.home.path)}\n")
    for name in ("store.db", "store.db-wal", "store.db-shm"):
        path = os.path.join(os.path.dirname(clovrix.home.path), name)
        if os.path.exists(path):
            shutil.copy(path, project.folder / name)
    launcher = programs.launcher.argv("backend", "staging")
    inner = ("env", f"CLOVRIX_API_URL={other}", *launcher, "--")
    programs.launched("--pass-token", "backend", "staging", inner=inner)
    assert clovrix.requests == 1
    programs.launched("--pass-token", "backend", "staging", inner=(*launcher, "--"))
    assert clovrix.requests == 1


def test_clean_environment_drops_marker_and_values_together(
    programs: Programs, clovrix: Clovrix
) -> None:
    """``env -i`` in between: loads anew."""
    kept = [f"{name}={value}" for name, value in programs.launcher.environ.items()]
    loaded = programs.launched(
        "backend",
        "staging",
        inner=("env", "-i", *kept),
        load="{'project': 'backend', 'environment': 'staging'}",
    )
    assert loaded.environment["NAME"] == "staging"
    assert clovrix.requests == 2


def test_marker_that_would_not_fit_is_not_left(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """Two thousand names: the program loads anew, and nothing breaks."""
    project.write(
        ".env", "".join(f"NAME_THAT_IS_RATHER_LONG_{'X' * 60}_{n}=1\n" for n in range(1200))
    )
    loaded = programs.launched(
        "--pass-token",
        "backend",
        "staging",
        load="{'project': 'backend', 'environment': 'staging'}",
    )
    assert len(loaded.environment) == 1202
    assert clovrix.requests == 2


def test_marker_holds_no_value(programs: Programs, clovrix: Clovrix) -> None:
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
def test_no_command_prints_the_digests_of_the_marker(programs: Programs) -> None:
    """A PIN can be found from its digest by trying."""
    result = programs.launcher("backend", "staging", "--", sys.executable, "-c", _LOOKS)
    assert result.stdout.decode() == "True []\n" * 5, result.stderr


@pytest.mark.parametrize(
    ("dropped", "origin", "requests"),
    [("__CLOVRIX_ENV", "process environment", 2), ("NAME", "", 1)],
)
def test_command_in_between_that_drops_marker_or_value(
    programs: Programs, clovrix: Clovrix, dropped: str, origin: str, requests: int
) -> None:
    """Without the marker a value counts as the user's; a value that was taken away stays away."""
    loaded = programs.launched(
        *("--pass-token", "backend", "staging"),
        inner=("env", "-u", dropped),
        load="{'project': 'backend', 'environment': 'staging'}",
    )
    assert loaded.origins.get("NAME", "").partition(" (")[0] == origin
    assert clovrix.requests == requests


@pytest.mark.parametrize(
    "load",
    [
        "{'files': ['other.env']}",
        "{'overrides': {'X': '1'}}",
        "{'override': True}",
        "{'local': False}",
        "{'only': ['N*']}",
        "{'project': 'backend', 'environment': 'production'}",
    ],
)
def test_argument_that_asks_for_more_than_a_place_is_another_request(
    programs: Programs, project: Project, clovrix: Clovrix, load: str
) -> None:
    """Files, overrides, selection and their like, when given, load anew."""
    project.write("other.env", "LOCAL=other\n")
    programs.launched("--pass-token", "backend", "staging", load=load)
    assert clovrix.requests == 2
