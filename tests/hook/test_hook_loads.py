"""The start-up hook where all is well: what a program sees that knows nothing of Clovrix."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hook.interpreter import HOOK, PTH, PYTHONPATH, SEES, TOP, WAYS

if TYPE_CHECKING:
    from hook.interpreter import Interpreter
    from resolve.surroundings import Clovrix

_LOADS = (
    "import json; from clovrix_env import load_env; environment = load_env(); "
    "print(json.dumps(dict(environment)))"
)


@pytest.mark.parametrize("way", WAYS)
def test_program_has_the_values_before_it_starts(
    loaded: Interpreter, clovrix: Clovrix, way: str
) -> None:
    """One request, though ``.pth`` lines run twice in a virtual environment."""
    assert loaded.hooked(way).sees()["NAME"] == "staging"
    assert clovrix.requests == 1


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_loaded_while_the_switch_is_off(
    loaded: Interpreter, clovrix: Clovrix, way: str
) -> None:
    """No request, no value, and no module of ours."""
    del loaded.environ["CLOVRIX_AUTOLOAD"]
    ran = loaded.hooked(way).run("-c", "import sys; print(*sys.modules)")
    assert not [name for name in ran.stdout.split() if name.startswith("clovrix_env")]
    assert "NAME" not in loaded.sees()
    assert clovrix.requests == 0


def test_off_imports_nothing_at_all(interpreter: Interpreter) -> None:
    """The same modules as without it, but for its own."""
    names = "import sys; print(*sorted(sys.modules))"
    without = interpreter.run("-c", names).stdout.split()
    for way in WAYS:
        found = interpreter.hooked(way).run("-c", names).stdout.split()
        assert set(found) - set(without) <= {"sitecustomize"}


def test_both_ways_together_ask_once(loaded: Interpreter, clovrix: Clovrix) -> None:
    """``.pth`` and ``PYTHONPATH`` in one interpreter."""
    assert loaded.hooked(PTH).hooked(PYTHONPATH).sees()["NAME"] == "staging"
    assert clovrix.requests == 1


def test_process_environment_wins(loaded: Interpreter, clovrix: Clovrix) -> None:
    """As with every door."""
    assert loaded.hooked(PTH).sees(env={"NAME": "mine"})["NAME"] == "mine"


def test_no_file_is_looked_for(loaded: Interpreter, clovrix: Clovrix) -> None:
    """Neither ``.clovrix`` nor ``.env`` of the working directory says anything to the hook."""
    (loaded.work / ".clovrix").write_text("no toml")
    (loaded.work / ".env").write_text("NAME=file\nOTHER=1\n")
    seen = loaded.hooked(PTH).sees(env={"CLOVRIX_ROOT": str(loaded.work)})
    assert seen["NAME"] == "staging"
    assert "OTHER" not in seen


def test_project_of_a_file_does_not_count(loaded: Interpreter, clovrix: Clovrix) -> None:
    """The working directory may be anybody's."""
    (loaded.work / ".clovrix").write_text(
        'project = "backend"\ndefault_environment = "production"\n'
    )
    del loaded.environ["CLOVRIX_PROJECT"]
    ran = loaded.hooked(PTH).run("-c", SEES)
    assert ran.returncode == 78
    assert clovrix.requests == 0


def test_child_asks_nobody(loaded: Interpreter, clovrix: Clovrix) -> None:
    """The marker is inherited with the values."""
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SEES!r}], check=True)"
    ran = loaded.hooked(PTH).run("-c", code)
    assert json.loads(ran.stdout)["NAME"] == "staging"
    assert clovrix.requests == 1


def test_child_with_a_clean_environment_loads_anew(loaded: Interpreter, clovrix: Clovrix) -> None:
    """``env -i`` takes marker and values away together."""
    kept = {n: v for n, v in loaded.environ.items() if n != "NAME"}
    code = (
        "import subprocess, sys; "
        f"subprocess.run([sys.executable, '-c', {SEES!r}], check=True, env={kept!r})"
    )
    ran = loaded.hooked(PTH).run("-c", code)
    assert json.loads(ran.stdout)["NAME"] == "staging"
    assert clovrix.requests == 2


def test_child_with_another_place_loads_anew(loaded: Interpreter, clovrix: Clovrix) -> None:
    """And what was loaded for the first place gives way."""
    clovrix.put("backend", "staging", ONLY_HERE="1")
    code = (
        "import os, subprocess, sys; os.environ['CLOVRIX_ENVIRONMENT'] = 'production'; "
        f"subprocess.run([sys.executable, '-c', {SEES!r}], check=True)"
    )
    ran = loaded.hooked(PTH).run("-c", code)
    seen = json.loads(ran.stdout)
    assert seen["NAME"] == "production"
    assert "ONLY_HERE" not in seen
    assert clovrix.requests == 2


def test_program_that_loads_by_itself_asks_nobody(loaded: Interpreter, clovrix: Clovrix) -> None:
    """Neither ``.clovrix`` nor ``.env``: the hook is a launcher to it."""
    ran = loaded.hooked(PTH).run("-c", _LOADS)
    assert json.loads(ran.stdout) == {"NAME": "staging"}, ran.stderr
    assert clovrix.requests == 1


@pytest.mark.parametrize(
    ("file", "text"), [(".env", "LOCAL=1\n"), (".clovrix", '[select]\nonly = ["NAME"]\n')]
)
def test_program_that_finds_a_file_loads_anew(
    loaded: Interpreter, clovrix: Clovrix, file: str, text: str
) -> None:
    """The hook did not look for it, so its marker does not cover the call."""
    clovrix.put("backend", "staging", OTHER="1")
    (loaded.work / file).write_text(text)
    ran = loaded.hooked(PTH).run("-c", _LOADS)
    seen = json.loads(ran.stdout)
    assert seen["NAME"] == "staging"
    assert ("LOCAL" in seen) == (file == ".env")
    assert ("OTHER" in seen) == (file == ".env")
    assert clovrix.requests == 2


def test_file_that_is_not_read_is_told_by_the_program(
    loaded: Interpreter, clovrix: Clovrix
) -> None:
    """It changes nothing, so the values stand; that it lies there is told, as by every load."""
    clovrix.put("backend", "production", NAME="production")
    (loaded.work / ".env").write_text("NAME=file\n")
    ran = loaded.hooked(PTH).run("-c", _LOADS, env={"CLOVRIX_ENVIRONMENT": "production"})
    assert json.loads(ran.stdout) == {"NAME": "production"}
    assert ran.stderr == "clovrix-env: .env not read in production (local=True reads it)\n"
    assert clovrix.requests == 1


@pytest.mark.parametrize("place", [{}, {"CLOVRIX_ENVIRONMENT": "production"}])
def test_below_a_launcher_the_values_stand(
    loaded: Interpreter, clovrix: Clovrix, place: dict[str, str]
) -> None:
    """What the command line named counts, above what the environment says; one request in all."""
    loaded.hooked(PTH).environ.update(place)
    ran = loaded.run(
        "-c",
        "from clovrix_env.cli.exec import main; main()",
        *("backend", "staging", "--", loaded.python, "-c", SEES),
        env={"CLOVRIX_AUTOLOAD": "1", "CLOVRIX_DISABLED": "1"},
    )
    assert "NAME" not in json.loads(ran.stdout)
    script = loaded.work / "clovrix-exec"
    script.write_text("from clovrix_env.cli.exec import main; main()\n")
    ran = loaded.run(str(script), "backend", "staging", "--", loaded.python, "-c", SEES)
    assert json.loads(ran.stdout)["NAME"] == "staging", ran.stderr
    assert clovrix.requests == 1


@pytest.mark.parametrize("off", [{"CLOVRIX_DISABLED": "1"}, {"CLOVRIX_REMOTE": "off"}])
def test_who_asks_nobody_needs_nothing(interpreter: Interpreter, off: dict[str, str]) -> None:
    """An image build sets one of them, and has neither project nor token."""
    assert "NAME" not in interpreter.hooked(PTH).on(**off).sees()


def test_last_known_place_survives_fork_and_spawn(loaded: Interpreter, clovrix: Clovrix) -> None:
    """A pool of four by spawn is a tree of interpreters with one request."""
    (loaded.work / "pool.py").write_text(
        "import multiprocessing, os\n"
        "def name(_): return os.environ['NAME']\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(4) as pool:\n"
        "        print(pool.map(name, range(8)))\n"
    )
    ran = loaded.hooked(PTH).run("pool.py")
    assert ran.stdout == f"{['staging'] * 8}\n", ran.stderr
    assert clovrix.requests == 1


def test_interpreter_that_inherits_the_folder_is_left_alone(
    loaded: Interpreter, clovrix: Clovrix
) -> None:
    """A system's Python has no clovrix-env of its own: not even where PYTHONPATH names that too."""
    (loaded.packages / "a_tree.pth").unlink()
    loaded.environ["PYTHONPATH"] = f"{HOOK}:{TOP}"
    assert "NAME" not in loaded.sees()
    assert clovrix.requests == 0


def test_interpreter_whose_own_folder_is_inherited_too_loads(
    loaded: Interpreter, clovrix: Clovrix
) -> None:
    """``sys.path`` names a folder once; its own ``.pth`` names it all the same."""
    loaded.environ["PYTHONPATH"] = f"{HOOK}:{TOP}"
    assert loaded.sees()["NAME"] == "staging"


def test_link_to_the_folder_is_the_folder(loaded: Interpreter, clovrix: Clovrix) -> None:
    """A path that stays the same while versions of Python change, as an image has it."""
    (loaded.work / "hook").symlink_to(HOOK)
    assert loaded.sees(env={"PYTHONPATH": str(loaded.work / "hook")})["NAME"] == "staging"


def test_subinterpreter_takes_what_stands(loaded: Interpreter, clovrix: Clovrix) -> None:
    """It may set no signal handlers, and a failure in it would end the whole program."""
    code = (
        "try:\n    import _interpreters as interpreters\n"
        "except ImportError:\n    import _xxsubinterpreters as interpreters\n"
        f"interpreters.run_string(interpreters.create(), {SEES!r})"
    )
    ran = loaded.hooked(PTH).run("-c", code)
    assert json.loads(ran.stdout)["NAME"] == "staging", ran.stderr
    assert clovrix.requests == 1


def test_entry_that_takes_over_python_is_refused(loaded: Interpreter, clovrix: Clovrix) -> None:
    """The guard counts here too; its remedy is one that the hook knows."""
    clovrix.put("backend", "staging", PYTHONSTARTUP="/evil.py")
    ran = loaded.hooked(PTH).run("-c", SEES)
    assert ran.returncode == 78
    assert ran.stderr.endswith("; CLOVRIX_ALLOW=PYTHONSTARTUP lets it pass\n")


def test_signals_are_as_python_had_them(loaded: Interpreter) -> None:
    """What the hook needs while it waits is put back."""
    code = "import signal; print(signal.getsignal(2), signal.getsignal(15), flush=True)"
    with_hook = loaded.hooked(PTH).run("-c", code)
    del loaded.environ["CLOVRIX_AUTOLOAD"]
    assert with_hook.stdout == loaded.run("-c", code).stdout


def test_interrupt_while_it_asks_ends_it_by_that_signal(
    loaded: Interpreter, clovrix: Clovrix
) -> None:
    """No traceback, and the shell knows why it ended."""
    clovrix.loopback.fault("hang")
    process = subprocess.Popen(
        [loaded.hooked(PTH).python, "-c", SEES],
        env=loaded.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while not clovrix.requests:
        assert process.poll() is None
    process.send_signal(2)
    out, err = process.communicate(timeout=5)
    clovrix.loopback.heal()
    assert (process.returncode, out, err) == (-2, b"", b"")


def test_it_is_no_sitecustomize_by_itself() -> None:
    """In the wheel it lies under a name of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", "import sitecustomize_hook; print(sitecustomize_hook.__name__)"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "sitecustomize_hook\n"
    assert not list(TOP.glob("sitecustomize.py"))
