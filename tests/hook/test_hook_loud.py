"""The start-up hook where something is wrong: one line, status 78, and the program is not started.

With ``CLOVRIX_AUTOLOAD_ON_ERROR=warn`` it is the line alone.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hook.interpreter import HOOK, SEES, TOP, WAYS, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hook.interpreter import Interpreter
    from resolve.surroundings import Clovrix

_NO_PLACE = (
    "CLOVRIX_AUTOLOAD requires CLOVRIX_PROJECT; set CLOVRIX_PROJECT, or unset CLOVRIX_AUTOLOAD"
)


def _fails(interpreter: Interpreter, env: Mapping[str, str] | None = None, *unset: str) -> str:
    for name in unset:
        del interpreter.environ[name]
    line = refused(interpreter.run("-c", SEES, env=env))
    warned = interpreter.run(
        "-c", "print('ran')", env={**(env or {}), "CLOVRIX_AUTOLOAD_ON_ERROR": "warn"}
    )
    assert (warned.returncode, warned.stdout) == (0, "ran\n")
    assert warned.stderr == f"clovrix-env: {line}\n"
    return line


@pytest.mark.parametrize("way", WAYS)
def test_no_project(loaded: Interpreter, way: str) -> None:
    """The remedy names the variable."""
    assert _fails(loaded.hooked(way), None, "CLOVRIX_PROJECT") == _NO_PLACE


@pytest.mark.parametrize("way", WAYS)
def test_no_token(loaded: Interpreter, way: str) -> None:
    """What has to be set is said."""
    line = _fails(loaded.hooked(way), None, "CLOVRIX_TOKEN")
    assert line.startswith("no token for ")
    assert "CLOVRIX_TOKEN_FILE" in line


@pytest.mark.parametrize("way", WAYS)
def test_wrong_token(loaded: Interpreter, clovrix: Clovrix, way: str) -> None:
    """A 401 is said, and the token is not."""
    line = _fails(loaded.hooked(way), {"CLOVRIX_TOKEN": "icr_wrong_0123456789abcdef"})
    assert line.startswith("backend/staging: ")
    assert line.endswith("; check the token: it may be wrong, revoked or expired")
    assert "icr_wrong" not in line


@pytest.mark.parametrize("way", WAYS)
def test_no_network(loaded: Interpreter, way: str) -> None:
    """Nobody answers; the remedy is one that a variable can be."""
    line = _fails(loaded.hooked(way), {"CLOVRIX_API_URL": "http://127.0.0.1:9"})
    assert line.startswith("backend/staging: cannot reach http://127.0.0.1:9: ")
    assert line.endswith("CLOVRIX_REMOTE=off starts without Clovrix")


@pytest.mark.parametrize("way", WAYS)
def test_no_descriptor_is_left(loaded: Interpreter, clovrix: Clovrix, way: str) -> None:
    """It is told as that, whichever call meets it: no fault of ours, and none of the network."""
    loaded.hooked(way).environ["CLOVRIX_CACHE"] = "max_age=0s"
    ran = loaded.run("-c", SEES, preexec_fn=_leave_two_descriptors)
    assert refused(ran) == (
        "cannot start: too many open files; raise ulimit -n, or open fewer files"
    )


def _leave_two_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))


def _break(loaded: Interpreter, module: str, way: str) -> None:
    """Give it a copy of us, of which one module raises."""
    copied = loaded.work / "copied"
    for package in ("clovrix_env", "sitecustomize_hook"):
        shutil.copytree(TOP / package, copied / package)
    path = loaded.packages / "a_tree.pth"
    path.write_text(path.read_text().replace(f"{TOP}\n", f"{copied}\n"))
    broken = copied / "clovrix_env" / f"{module}.py"
    broken.write_text("from __future__ import annotations\nraise RuntimeError('hunter2')\n")
    loaded.hooked(way)
    if "PYTHONPATH" in loaded.environ:
        loaded.environ["PYTHONPATH"] = str(copied / "sitecustomize_hook")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("module", ["hook", "resolution/resolve", "system/terminal", "load"])
def test_bug_of_our_own(loaded: Interpreter, way: str, module: str) -> None:
    """Told by its kind and place, without what it says: that could be a value."""
    _break(loaded, module, way)
    if module == "hook":
        line = refused(loaded.run("-c", SEES))
        assert line == "the start-up hook is broken: 'RuntimeError'"
    elif module == "system/terminal":
        assert "RuntimeError" in _fails(loaded)
    else:
        assert _fails(loaded) == (
            f"bug in the start-up hook: RuntimeError in {os.path.basename(module)}.py, "
            "line 2; please report it"
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLOVRIX_AUTOLOAD", ""),
        ("CLOVRIX_AUTOLOAD", "yes"),
        ("CLOVRIX_AUTOLOAD_ON_ERROR", "ignore"),
        ("CLOVRIX_PROJECT", ""),
        ("CLOVRIX_ENVIRONMENT", ""),
    ],
)
def test_variable_of_ours_that_means_nothing(loaded: Interpreter, name: str, value: str) -> None:
    """As in every door: it is named."""
    line = refused(loaded.hooked(WAYS[0]).run("-c", SEES, env={name: value}))
    assert line.startswith(f"{name} ")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("module", [None, "hook"])
def test_closed_stderr_changes_no_status(loaded: Interpreter, way: str, module: str | None) -> None:
    """There is nobody to tell, and the program is not started all the same."""
    if module is None:
        loaded.hooked(way).environ["CLOVRIX_TOKEN"] = ""
    else:
        _break(loaded, module, way)
    ran = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "print(1)" 2>&-', loaded.python],
        env=loaded.environ,
        stdout=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (78, b"")


def test_closed_stderr_is_nobody_elses_file(loaded: Interpreter, clovrix: Clovrix) -> None:
    """What a tool in front of us has opened has the number of stderr: our line is not for it."""
    tool = loaded.work / "tool"
    tool.mkdir()
    (tool / "sitecustomize.py").write_text(
        "import os\n"
        "os.open('log', os.O_CREAT | os.O_WRONLY)\n"
        f"__file__ = {str(HOOK / 'sitecustomize.py')!r}\n"
        "exec(compile(open(__file__).read(), __file__, 'exec'))\n"
    )
    loaded.environ.update(PYTHONPATH=str(tool), CLOVRIX_TOKEN="")
    ran = loaded.run("-c", SEES)
    assert refused(ran).startswith("no token for ")
    closed = subprocess.run(
        ["sh", "-c", 'exec "$0" -c "print(1)" 2>&-', loaded.python],
        cwd=loaded.work,
        env=loaded.environ,
        stdout=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    assert (closed.returncode, closed.stdout) == (78, b"")
    assert (loaded.work / "log").read_bytes() == b""
