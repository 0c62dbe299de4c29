"""``clovrix-env hook``: one line in one interpreter's packages, and what really runs there."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hook.interpreter import HOOK, PTH, PYTHONPATH, TOP, Interpreter

from clovrix_env.cli.hook import LINE, NAME

if TYPE_CHECKING:
    from pathlib import Path

    from resolve.surroundings import Clovrix


# Without `-m`, which would put the working directory first.
_COMMAND = f"import sys; sys.path[0] = {str(TOP)!r}; from clovrix_env.__main__ import main; main()"


def _hook(
    *words: str, env: dict[str, str] | None = None, cwd: Path = TOP
) -> subprocess.CompletedProcess[str]:
    """``clovrix-env hook …`` by the interpreter of the tests, on another one."""
    return subprocess.run(
        [sys.executable, "-c", _COMMAND, "hook", *words],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def _status(interpreter: Interpreter, status: int) -> dict[str, Any]:
    ran = _hook("status", "--python", interpreter.python, "--json", env=interpreter.environ)
    assert ran.returncode == status, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def test_path_is_the_folder() -> None:
    """Alone in a line, as a shell's substitution wants it."""
    assert _hook("path").stdout == f"{HOOK}\n"


def test_installed_it_loads_and_removed_it_does_not(loaded: Interpreter, clovrix: Clovrix) -> None:
    """One file, which says only one line."""
    ran = _hook("install", "--python", loaded.python)
    file = loaded.packages / NAME
    assert ran.stdout == f"installed {file}; set CLOVRIX_AUTOLOAD=1 to use it\n", ran.stderr
    assert file.read_text().count("\n") == 1
    assert loaded.sees()["NAME"] == "staging"
    assert _hook("install", "-q", "--python", loaded.python).stdout == ""
    assert _hook("uninstall", "--python", loaded.python).stdout == f"removed {file}\n"
    assert "NAME" not in loaded.sees()
    assert _hook("uninstall", "--python", loaded.python).stdout == f"{file} does not exist\n"


def test_installed_under_a_narrow_umask_every_user_can_read_it(interpreter: Interpreter) -> None:
    """Python passes over a .pth file that it cannot read, and says nothing."""
    before = os.umask(0o077)
    try:
        ran = _hook("install", "--python", interpreter.python)
    finally:
        os.umask(before)
    assert ran.returncode == 0, ran.stderr
    assert stat.S_IMODE((interpreter.packages / NAME).stat().st_mode) == 0o644


def test_status_tells_what_really_ran(interpreter: Interpreter, clovrix: Clovrix) -> None:
    """By starting that interpreter, which loads nothing meanwhile."""
    told = _status(interpreter, 1)
    assert (told["runs"], told["by"], told["file"]) == (False, [], None)
    told = _status(interpreter.hooked(PTH), 0)
    assert (told["runs"], told["by"]) == (True, [NAME])
    assert told["file"] == str(interpreter.packages / NAME)
    assert told["clovrix_env"] == str(TOP / "clovrix_env")
    (interpreter.packages / "sitecustomize.py").write_text("")
    told = _status(interpreter.hooked(PYTHONPATH), 0)
    assert told["by"] == [NAME, "sitecustomize"]
    assert told["next_sitecustomize"] == str(interpreter.packages / "sitecustomize.py")
    assert clovrix.requests == 0


def test_status_runs_nothing_of_the_working_directory(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    """``python -c`` would import its json from there."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "json.py").write_text("open('ran', 'w')\n")
    words = "status", "--python", interpreter.hooked(PTH).python
    ran = _hook(*words, env=interpreter.environ, cwd=here)
    assert ran.returncode == 0, ran.stderr
    assert os.listdir(here) == ["json.py"]


def test_status_in_words(interpreter: Interpreter) -> None:
    """A line each."""
    ran = _hook("status", "--python", interpreter.hooked(PTH).python, env=interpreter.environ)
    assert f"the hook     runs, by {NAME}\n" in ran.stdout
    assert "here         CLOVRIX_AUTOLOAD is not set\n" in ran.stdout


def test_file_that_is_left_behind_says_nothing(interpreter: Interpreter) -> None:
    """After ``pip uninstall clovrix-env``, with the switch on and off."""
    interpreter.hooked(PTH)
    (interpreter.packages / "a_tree.pth").unlink()
    for env in ({}, {"CLOVRIX_AUTOLOAD": "1"}):
        ran = interpreter.run("-c", "print('ran')", env=env)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ran\n", "")
    told = _status(interpreter, 1)
    assert (told["file"], told["clovrix_env"]) == (str(interpreter.packages / NAME), None)


def test_file_that_cannot_be_read_is_passed_over(interpreter: Interpreter) -> None:
    """As Python does: no traceback, the program runs, and another way to the hook still works."""
    for name in (NAME, *(f"{number}_of_another.pth" for number in range(16))):
        (interpreter.packages / name).symlink_to("gone")
    interpreter.environ["PYTHONPATH"] = f"{HOOK}:{TOP}"
    assert _status(interpreter, 0)["by"] == ["sitecustomize"]
    ran = _hook("status", "--python", interpreter.python, env=interpreter.environ)
    assert f"{NAME} (not readable: Python ignores it)\n" in ran.stdout
    ran = interpreter.run("-c", "print('ran')", env={"CLOVRIX_DISABLED": "1"})
    assert (ran.stdout, ran.stderr) == ("ran\n", "")


def test_interpreter_without_clovrix_env_is_refused(interpreter: Interpreter) -> None:
    """The line would do nothing there, in silence."""
    (interpreter.packages / "a_tree.pth").unlink()
    ran = _hook("install", "--python", interpreter.python)
    assert ran.returncode == 125
    assert "clovrix-env is not installed for " in ran.stderr
    assert not (interpreter.packages / NAME).exists()


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_externally_managed_interpreter_is_refused(interpreter: Interpreter, command: str) -> None:
    """What a system's packages own is changed by nobody else."""
    interpreter.hooked(PTH)
    (interpreter.packages.parent / "EXTERNALLY-MANAGED").write_text("")
    ran = _hook(command, "--python", interpreter.python)
    assert ran.returncode == 125
    assert "is externally managed" in ran.stderr
    assert (interpreter.packages / NAME).read_text() == LINE


def test_virtual_environment_of_a_managed_python_is_its_owners(tmp_path: Path) -> None:
    """The mark of the base interpreter does not count there."""
    system = "/usr/bin/python3"
    try:
        made = Interpreter(tmp_path / "venv", system)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no system Python that makes virtual environments")
    ran = _hook("install", "--python", made.python)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/true", "/bin/false", "/bin/ls"])
def test_what_is_no_python_is_said(python: str) -> None:
    """Its name, and why, and not the code that it was asked by."""
    ran = _hook("status", "--python", python)
    assert ran.returncode == 125
    assert f"{python} does not run as a Python interpreter" in ran.stderr
    assert "import" not in ran.stderr
