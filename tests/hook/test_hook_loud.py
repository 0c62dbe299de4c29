"""The start-up hook where something is wrong: one line, status 78, and the program is not started.

With ``CLOVRIX_AUTOLOAD_ON_ERROR=warn`` it is the line alone.
"""

import re
import resource
import shutil

import pytest
from hook.interpreter import HOOK, PTH, PYTHONPATH, SEES, TOP, WAYS, refused
from programs import finish

ways = pytest.mark.parametrize("way", WAYS)
_NO_PLACE = (
    "CLOVRIX_AUTOLOAD requires CLOVRIX_PROJECT; set CLOVRIX_PROJECT, or unset CLOVRIX_AUTOLOAD"
)
_CASES = {
    "no project": ({"CLOVRIX_PROJECT": None}, re.escape(_NO_PLACE)),
    "no token": ({"CLOVRIX_TOKEN": ""}, "no token for .*CLOVRIX_TOKEN_FILE.*"),
    "401": ({"CLOVRIX_TOKEN": "icr_wrong_0123456789abcdef"},
            "backend/staging: .*; check the token: it may be wrong, revoked or expired"),
    "no network": (
        {"CLOVRIX_API_URL": "http://127.0.0.1:9"},
        "backend/staging: cannot reach http://127.0.0.1:9: .*_REMOTE=off starts without Clovrix",
    ),
}  # fmt: skip


def _line(interpreter):
    """The line of a start that fails; a warning is the same, and the program runs."""
    line = refused(interpreter.run("-c", SEES))
    warned = interpreter.run("-c", "print('ran')", env={"CLOVRIX_AUTOLOAD_ON_ERROR": "warn"})
    assert (warned.returncode, warned.stdout, warned.stderr) == (
        0,
        "ran\n",
        f"clovrix-env: {line}\n",
    )
    return line


@ways
@pytest.mark.parametrize(("env", "told"), _CASES.values(), ids=_CASES)
def test_failure(any_python, way, env, told):
    """What has to be set is said, the token is not; where all is well, the values are there."""
    assert any_python.hooked(way).sees()["NAME"] == "staging"
    whole = {**any_python.environ, **env}
    any_python.environ = {name: text for name, text in whole.items() if text is not None}
    line = _line(any_python)
    assert re.fullmatch(told, line), line
    assert "icr_wrong" not in line


def _broken(interpreter, module, error, way):
    """With a copy of us, of which one module raises."""
    copied = interpreter.work / "copied"
    for package in ("clovrix_env", HOOK.name):
        shutil.copytree(TOP / package, copied / package)
    path = interpreter.packages / "a_tree.pth"
    path.write_text(path.read_text().replace(f"{TOP}\n", f"{copied}\n"))
    (copied / "clovrix_env" / f"{module}.py").write_text(f"raise {error}('hunter2')\n")
    interpreter.hooked(way)
    if way == PYTHONPATH:
        interpreter.environ["PYTHONPATH"] = str(copied / HOOK.name)
    return interpreter


@ways
@pytest.mark.parametrize(
    ("module", "error"),
    [("hook", "SystemExit"), ("resolution/gather", "SystemExit"), ("load", "RuntimeError"),
     ("system/terminal", "RuntimeError")],
)  # fmt: skip
def test_bug_of_our_own(any_python, way, module, error):
    """Told by its kind and place, without what it says: that could be a value."""
    interpreter = _broken(any_python, module, error, way)
    place = f"{error} in {module.rpartition('/')[2]}.py, line 1; please report it"
    if module == "hook":
        line = refused(interpreter.run("-c", SEES))
        assert line == f"the start-up hook is broken: '{error}'"
    elif module == "system/terminal":
        assert error in _line(interpreter)
    else:
        assert _line(interpreter) == f"bug in the start-up hook: {place}"


@ways
def test_no_descriptor_is_left(loaded, way):
    """It is told as that, whichever call meets it: no fault of ours, and none of the network."""
    loaded.hooked(way).environ["CLOVRIX_CACHE"] = "max_age=0s"
    limit = resource.RLIMIT_NOFILE
    ran = loaded.run("-c", SEES, preexec_fn=lambda: resource.setrlimit(limit, (5, 5)))
    assert refused(ran) == (
        "cannot start: too many open files; raise ulimit -n, or open fewer files"
    )


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("CLOVRIX_ENVIRONMENT", "", ""), ("CLOVRIX_AUTOLOAD", "", ""),
     ("CLOVRIX_AUTOLOAD", "yes", ""), ("CLOVRIX_AUTOLOAD_ON_ERROR", "ignore", ""),
     ("CLOVRIX_TOKEN_FILE", "token", "(token) is empty"),
     ("CLOVRIX_TOKEN_FILE", "both", "are both set; unset one of the two")],
)  # fmt: skip
def test_variable_of_ours_that_means_nothing(loaded, name, value, told):
    """As in every door: it is named; a file that holds no token is named without being shown."""
    (loaded.work / "token").write_text("\n")
    if told.startswith("("):
        del loaded.environ["CLOVRIX_TOKEN"]
    line = refused(loaded.hooked(PTH).run("-c", SEES, env={name: value}))
    assert f"{name} {told}" in line


def test_entry_that_takes_over_python_is_refused(loaded, clovrix):
    """The guard counts here too; its remedy is one that the hook knows."""
    clovrix.put("backend", "staging", PYTHONSTARTUP="/evil.py")
    line = refused(loaded.hooked(PTH).run("-c", SEES))
    assert line.endswith("; CLOVRIX_ALLOW=PYTHONSTARTUP lets it pass")


def _closed(interpreter):
    """Status and output of a start that has no stderr."""
    closed = ["sh", "-c", 'exec "$0" -c "print(1)" 2>&-', interpreter.python]
    ended = finish(closed, interpreter.work, interpreter.environ)
    return ended.returncode, ended.stdout


@ways
def test_closed_stderr_changes_no_status(loaded, way):
    """There is nobody to tell, and the program is not started all the same."""
    token = loaded.hooked(way).environ.pop("CLOVRIX_TOKEN")
    assert _closed(loaded) == (78, "")
    loaded.environ["CLOVRIX_TOKEN"] = token
    assert _closed(_broken(loaded, "hook", "RuntimeError", way)) == (78, "")


def test_closed_stderr_is_nobody_elses_file(loaded):
    """What a tool in front of us has opened has the number of stderr: our line is not for it."""
    (loaded.work / "tool").mkdir()
    (loaded.work / "tool" / "sitecustomize.py").write_text(
        "import os\n"
        "os.open('log', os.O_CREAT | os.O_WRONLY)\n"
        f"__file__ = {str(HOOK / 'sitecustomize.py')!r}\n"
        "exec(compile(open(__file__).read(), __file__, 'exec'))\n"
    )
    loaded.environ.update(PYTHONPATH=str(loaded.work / "tool"), CLOVRIX_TOKEN="")
    assert refused(loaded.run("-c", SEES)).startswith("no token for ")
    assert _closed(loaded) == (78, "")
    assert (loaded.work / "log").read_bytes() == b""
