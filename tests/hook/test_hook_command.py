"""``clovrix-env hook``: one line in one interpreter's packages, and what really runs there."""

import json
import os
import stat
import subprocess
import sys

import pytest
from hook.interpreter import HOOK, PTH, PYTHONPATH, TOP, Interpreter
from programs import finish

from clovrix_env.cli.hook import NAME

# Without `-m`, which would put the working directory first.
_COMMAND = f"import sys; sys.path[0] = {str(TOP)!r}; from clovrix_env.__main__ import main; main()"


def _hook(*words, env=None, cwd=TOP):
    """``clovrix-env hook …`` by the interpreter of the tests, on another one."""
    return finish([sys.executable, "-c", _COMMAND, "hook", *words], cwd, env)


def _status(interpreter, status):
    ran = _hook("status", "--python", interpreter.python, "--json", env=interpreter.environ)
    assert ran.returncode == status, ran.stderr
    return json.loads(ran.stdout)


def test_installed_it_loads_and_removed_it_does_not(loaded, clovrix):
    """One file of one line, which every user can read whatever the umask is."""
    file, words = loaded.packages / NAME, ("--python", loaded.python)
    before = os.umask(0o077)
    try:
        ran = _hook("install", *words)
    finally:
        os.umask(before)
    assert ran.stdout == f"installed {file}; set CLOVRIX_AUTOLOAD=1 to use it\n", ran.stderr
    assert file.read_text().count("\n") == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert loaded.sees()["NAME"] == "staging"
    assert _hook("install", "-q", *words).stdout == ""
    assert _hook("uninstall", *words).stdout == f"removed {file}\n"
    assert "NAME" not in loaded.sees()
    assert _hook("uninstall", *words).stdout == f"{file} does not exist\n"
    assert _hook("path").stdout == f"{HOOK}\n"


def test_status_tells_what_really_ran(interpreter, clovrix):
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


def test_status_in_words_runs_nothing_of_the_working_directory(interpreter, tmp_path):
    """A line each; nothing of the working directory runs, from where ``-c`` would import json."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "json.py").write_text("open('ran', 'w')\n")
    words = "status", "--python", interpreter.hooked(PTH).python
    ran = _hook(*words, env=interpreter.environ, cwd=here)
    assert f"the hook     runs, by {NAME}\n" in ran.stdout
    assert "here         CLOVRIX_AUTOLOAD is not set\n" in ran.stdout
    assert os.listdir(here) == ["json.py"]


def test_file_that_is_left_behind_says_nothing(interpreter):
    """After ``pip uninstall clovrix-env``, with the switch on and off."""
    interpreter.hooked(PTH)
    (interpreter.packages / "a_tree.pth").unlink()
    for env in ({}, {"CLOVRIX_AUTOLOAD": "1"}):
        ran = interpreter.run("-c", "print('ran')", env=env)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ran\n", "")
    told = _status(interpreter, 1)
    assert (told["file"], told["clovrix_env"]) == (str(interpreter.packages / NAME), None)


def test_file_that_cannot_be_read_is_passed_over(interpreter):
    """As Python does: no traceback, the program runs, and another way to the hook still works."""
    for name in (NAME, *(f"{number}_of_another.pth" for number in range(16))):
        (interpreter.packages / name).symlink_to("gone")
    interpreter.environ["PYTHONPATH"] = f"{HOOK}:{TOP}"
    assert _status(interpreter, 0)["by"] == ["sitecustomize"]
    ran = _hook("status", "--python", interpreter.python, env=interpreter.environ)
    assert f"{NAME} (not readable: Python ignores it)\n" in ran.stdout
    ran = interpreter.run("-c", "print('ran')", env={"CLOVRIX_DISABLED": "1"})
    assert (ran.stdout, ran.stderr) == ("ran\n", "")


@pytest.mark.parametrize(
    ("command", "gone", "made", "told"),
    [("install", "a_tree.pth", "", "clovrix-env is not installed for "),
     ("install", NAME, "../EXTERNALLY-MANAGED", "is externally managed"),
     ("uninstall", "", "../EXTERNALLY-MANAGED", "is externally managed")],
)  # fmt: skip
def test_interpreter_that_is_refused_is_left_as_it_was(interpreter, command, gone, made, told):
    """The line would do nothing there in silence, or a system's packages own the folder."""
    packages = interpreter.hooked(PTH).packages
    if gone:
        (packages / gone).unlink()
    if made:
        (packages / made).write_text("")
    before = sorted(os.listdir(packages))
    ran = _hook(command, "--python", interpreter.python)
    assert ran.returncode == 125
    assert told in ran.stderr
    assert sorted(os.listdir(packages)) == before


def test_virtual_environment_of_a_managed_python_is_its_owners(tmp_path):
    """The mark of the base interpreter does not count there."""
    system = "/usr/bin/python3"
    try:
        made = Interpreter(tmp_path / "venv", system)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no system Python that makes virtual environments")
    ran = _hook("install", "--python", made.python)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/true", "/bin/ls"])
def test_what_is_no_python_is_said(python):
    """Its name, and why, and not the code that it was asked by."""
    ran = _hook("status", "--python", python)
    assert ran.returncode == 125
    assert f"{python} does not run as a Python interpreter" in ran.stderr
    assert "import" not in ran.stderr
