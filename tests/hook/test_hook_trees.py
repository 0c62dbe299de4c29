"""Trees of processes under the hook: one request, whatever the tool starts, reloads or re-execs."""

from __future__ import annotations

import os
import signal
import subprocess
from textwrap import indent
from typing import TYPE_CHECKING

import pytest
from hook.interpreter import PTH, PYTHONPATH, Interpreter
from launch.tree import ASGI, BOOTS, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from resolve.surroundings import Clovrix

# The first of them waits until the tools are installed.
pytestmark = pytest.mark.timeout(400)
_WSGI = f"""{BOOTS}
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
_TASKS = f"""
from celery import Celery
from celery.signals import worker_process_init
app = Celery("tasks", broker="memory://")
@worker_process_init.connect
def boot(**_):
{indent(BOOTS, "    ")}
"""
_FLASK = f"{BOOTS}\nfrom flask import Flask\napp = Flask(__name__)\n"
_DD_QUIET = {
    "DD_TRACE_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_CRASHTRACKING_ENABLED": "false",
}
_CELERY = "-m celery -A tasks worker -c 4 -P prefork"
_UVICORN = "-m uvicorn --port 0 service:app"


@pytest.fixture
def start(equipped: Interpreter) -> Iterator[Callable[..., Tree]]:
    """``start("service.py", TEXT, "-m", "tool", …)``: the tool with that file beside it."""
    started: list[Tree] = []

    def begin(name: str, text: str, *command: str, way: str = PYTHONPATH) -> Tree:
        (equipped.work / name).write_text(text)
        environ = equipped.hooked(way).environ
        started.append(Tree(equipped.work, environ, equipped.python, *command))
        return started[-1]

    yield begin
    for tree in started:
        tree.stop()


@pytest.mark.parametrize(
    ("name", "text", "command", "way", "programs"),
    [
        ("service.py", ASGI, f"{_UVICORN} --workers 3", PTH, 3),
        ("tasks.py", _TASKS, _CELERY, PYTHONPATH, 4),
        ("service.py", _FLASK, "-m flask --app service run --port 0", PYTHONPATH, 1),
    ],
    ids=["uvicorn", "celery", "flask"],
)
def test_tool_asks_once(
    start: Callable[..., Tree],
    clovrix: Clovrix,
    name: str,
    text: str,
    command: str,
    way: str,
    programs: int,
) -> None:
    """Workers by spawn and by fork, and a command that finds the program by its name."""
    tree = start(name, text, *command.split(), way=way)
    assert set(tree.boots(programs)) == {"staging"}
    assert clovrix.requests == 1


def test_gunicorn_with_hup_and_usr2(start: Callable[..., Tree], clovrix: Clovrix) -> None:
    """New workers by fork, and a new master by exec: three times four."""
    words = ("-m", "gunicorn", "-w", "4", "-b", "127.0.0.1:0", "--pid", "pid", "service:app")
    tree = start("service.py", _WSGI, *words)
    tree.boots(4)
    os.kill(tree.process.pid, signal.SIGHUP)
    tree.boots(8)
    os.kill(tree.process.pid, signal.SIGUSR2)
    assert set(tree.boots(12)) == {"staging"}
    assert clovrix.requests == 1


@pytest.mark.parametrize("ours_first", [True, False])
def test_tools_sitecustomize_runs_after_ours(
    equipped: Interpreter, clovrix: Clovrix, tools: str, ours_first: bool
) -> None:
    """ddtrace's is configured by what came from Clovrix; and the user's own runs as well."""
    clovrix.put("backend", "staging", DD_SERVICE="of-clovrix")
    equipped.hooked(PYTHONPATH)
    user = equipped.work / "user"
    user.mkdir()
    (user / "sitecustomize.py").write_text("import sys; sys.user_ran = True\n")
    folders = [equipped.environ["PYTHONPATH"], os.path.join(tools, "ddtrace", "bootstrap")]
    path = ":".join([*(folders if ours_first else folders[::-1]), str(user)])
    equipped.environ.update(_DD_QUIET, PYTHONPATH=path)
    seen = "ddtrace.config.service" if ours_first else "os.environ['DD_SERVICE']"
    ran = equipped.run("-c", f"import os, sys, ddtrace; print(sys.user_ran, {seen})")
    assert ran.stdout == "True of-clovrix\n", ran.stderr
    assert clovrix.requests == 1


def test_debians_sitecustomize_runs_after_ours(clovrix: Clovrix, tmp_path: Path) -> None:
    """It lies in the standard library, where a virtual environment has it too."""
    try:
        made = Interpreter(tmp_path / "venv", "/usr/bin/python3", homes=[])
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no system Python that makes virtual environments")
    code = "import sitecustomize, os; print(sitecustomize.__file__, os.environ.get('NAME'))"
    without = made.run("-c", code)
    if without.returncode != 0:
        pytest.skip("this system's Python has no sitecustomize")
    loaded = without.stdout.replace("None", "staging")
    assert made.hooked(PYTHONPATH).asks(clovrix).run("-c", code).stdout == loaded
    del made.environ["PYTHONPATH"]
    assert made.hooked(PTH).run("-c", code).stdout == loaded
