"""Trees of processes under the hook: one request, whatever the tool starts, reloads or re-execs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hook.interpreter import PTH, PYTHONPATH, WAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hook.interpreter import Interpreter
    from resolve.surroundings import Clovrix

# The first of them waits until the tools are installed.
pytestmark = pytest.mark.timeout(400)
_SECONDS = 40.0
_BOOTS = """
import os
with open("boots", "a") as file:
    file.write("{} {}\\n".format(os.getpid(), os.environ["NAME"]))
"""
_WSGI = f"""{_BOOTS}
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
_ASGI = f"""{_BOOTS}
async def app(scope, receive, send):
    pass
"""
_TASKS = f"""
from celery import Celery
from celery.signals import worker_process_init
app = Celery("tasks", broker="memory://")
@worker_process_init.connect
def boot(**_):
    {_BOOTS.strip().replace(chr(10), chr(10) + "    ")}
"""
_FLASK = f"""{_BOOTS}
from flask import Flask
app = Flask(__name__)
"""
_DDTRACE = "import sys; from ddtrace.commands.ddtrace_run import main; sys.exit(main())"
_DD_QUIET = {
    "DD_TRACE_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_CRASHTRACKING_ENABLED": "false",
}


class Tree:
    """A running tool: each of its programs adds a line to ``boots``, its pid and what it saw."""

    def __init__(self, interpreter: Interpreter, *command: str) -> None:
        self.folder = interpreter.work
        self._log = open(self.folder / "log", "wb")  # noqa: SIM115 - closed by stop()
        self.process = subprocess.Popen(
            [interpreter.python, *command],
            cwd=self.folder,
            env=interpreter.environ,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def boots(self, count: int) -> list[str]:
        """What the first programs saw, once there are that many of them."""
        file, end = self.folder / "boots", time.monotonic() + _SECONDS
        while time.monotonic() < end:
            lines = file.read_text().splitlines() if file.exists() else []
            if len(lines) >= count:
                return [line.split()[1] for line in lines]
            time.sleep(0.05)
        log = (self.folder / "log").read_text(errors="replace")
        pytest.fail(f"{len(lines)} of {count} programs:\n{log}")

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_SECONDS)
        self._log.close()


@pytest.fixture
def start(equipped: Interpreter) -> Iterator[Callable[..., Tree]]:
    """``start("service.py", TEXT, "-m", "tool", …)``: the tool with that file beside it."""
    started: list[Tree] = []

    def begin(name: str, text: str, *command: str, way: str = PYTHONPATH) -> Tree:
        (equipped.work / name).write_text(text)
        started.append(Tree(equipped.hooked(way), *command))
        return started[-1]

    yield begin
    for tree in started:
        tree.stop()


@pytest.mark.parametrize("way", WAYS)
def test_uvicorn_with_workers(start: Callable[..., Tree], clovrix: Clovrix, way: str) -> None:
    """A supervisor, its resource tracker, and three workers by spawn."""
    words = ("-m", "uvicorn", "--workers", "3", "--port", "0", "service:app")
    tree = start("service.py", _ASGI, *words, way=way)
    assert set(tree.boots(3)) == {"staging"}
    assert clovrix.requests == 1


def test_uvicorn_with_a_reload(
    start: Callable[..., Tree], equipped: Interpreter, clovrix: Clovrix
) -> None:
    """The program of after the edit has what the first one had."""
    words = ("-m", "uvicorn", "--reload", "--reload-delay", "0.05", "--port", "0", "service:app")
    tree = start("service.py", _ASGI, *words)
    tree.boots(1)
    (equipped.work / "service.py").write_text(f"{_ASGI}\n# edited\n")
    assert set(tree.boots(2)) == {"staging"}
    assert clovrix.requests == 1


@pytest.mark.parametrize("way", WAYS)
def test_gunicorn_with_hup_and_usr2(
    start: Callable[..., Tree], equipped: Interpreter, clovrix: Clovrix, way: str
) -> None:
    """New workers by fork, and a new master by exec: three times four."""
    words = ("-m", "gunicorn", "-w", "4", "-b", "127.0.0.1:0", "--pid", "pid", "service:app")
    tree = start("service.py", _WSGI, *words, way=way)
    tree.boots(4)
    os.kill(tree.process.pid, signal.SIGHUP)
    tree.boots(8)
    os.kill(tree.process.pid, signal.SIGUSR2)
    assert set(tree.boots(12)) == {"staging"}
    assert clovrix.requests == 1


def test_celery(start: Callable[..., Tree], clovrix: Clovrix) -> None:
    """A worker of four processes."""
    words = ("-m", "celery", "-A", "tasks", "worker", "-c", "4", "-P", "prefork")
    tree = start("tasks.py", _TASKS, *words)
    assert set(tree.boots(4)) == {"staging"}
    assert clovrix.requests == 1


def test_flask_run(start: Callable[..., Tree], clovrix: Clovrix) -> None:
    """The command that finds the program by its name."""
    tree = start("service.py", _FLASK, "-m", "flask", "--app", "service", "run", "--port", "0")
    assert tree.boots(1) == ["staging"]
    assert clovrix.requests == 1


def test_ddtrace_run(start: Callable[..., Tree], equipped: Interpreter, clovrix: Clovrix) -> None:
    """A launcher that is a Python program itself: it loads, and what it starts inherits."""
    equipped.environ.update(_DD_QUIET)
    tree = start("program.py", _BOOTS, "-c", _DDTRACE, equipped.python, "program.py")
    assert tree.boots(1) == ["staging"]
    assert tree.process.wait(_SECONDS) == 0
    assert clovrix.requests == 1


@pytest.mark.parametrize("ours_first", [True, False])
@pytest.mark.parametrize(
    ("tool", "variables", "seen"),
    [
        ("ddtrace", {"DD_SERVICE": "of-clovrix"}, "ddtrace.config.service"),
        (
            "newrelic",
            {"NEW_RELIC_APP_NAME": "of-clovrix"},
            "newrelic.config.newrelic.core.config.global_settings().app_name",
        ),
    ],
)
def test_tools_sitecustomize_runs_after_ours(
    equipped: Interpreter,
    clovrix: Clovrix,
    tools: str,
    ours_first: bool,
    tool: str,
    variables: dict[str, str],
    seen: str,
) -> None:
    """It is configured by what came from Clovrix; and the user's own runs as well."""
    clovrix.put("backend", "staging", **variables)
    equipped.hooked(PYTHONPATH)
    user = equipped.work / "user"
    user.mkdir()
    (user / "sitecustomize.py").write_text("import sys; sys.user_ran = True\n")
    theirs = os.path.join(tools, tool, "bootstrap")
    folders = [equipped.environ["PYTHONPATH"], theirs]
    equipped.environ.update(
        _DD_QUIET,
        PYTHONPATH=":".join([*(folders if ours_first else folders[::-1]), str(user)]),
        NEW_RELIC_DEVELOPER_MODE="true",
        NEW_RELIC_PYTHON_PREFIX=os.path.realpath(equipped.folder),
        NEW_RELIC_PYTHON_VERSION=".".join(equipped.packages.parent.name[6:].split(".")),
    )
    code = f"import sys; print({tool!r} in sys.modules, sys.user_ran); "
    if ours_first or tool == "newrelic":
        code += f"import {tool}; print({seen})"
    else:
        code += "import os; print(os.environ['DD_SERVICE'])"
    ran = equipped.run("-c", code)
    assert ran.stdout == "True True\nof-clovrix\n", ran.stderr
    assert clovrix.requests == 1


def test_debians_sitecustomize_runs_after_ours(clovrix: Clovrix, tmp_path: Path) -> None:
    """It lies in the standard library, where a virtual environment has it too."""
    from hook.interpreter import Interpreter

    try:
        made = Interpreter(tmp_path / "venv", "/usr/bin/python3", homes=[])
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no system Python that makes virtual environments")
    code = "import sitecustomize, os; print(sitecustomize.__file__, os.environ.get('NAME'))"
    without = made.run("-c", code)
    if without.returncode != 0:
        pytest.skip("this system's Python has no sitecustomize")
    made.hooked(PYTHONPATH).on(
        CLOVRIX_API_URL=clovrix.loopback.url,
        CLOVRIX_TOKEN=clovrix.home.token,
        CLOVRIX_PROJECT="backend",
        CLOVRIX_ENVIRONMENT="staging",
    )
    assert made.run("-c", code).stdout == without.stdout.replace("None", "staging")
    del made.environ["PYTHONPATH"]
    assert made.hooked(PTH).run("-c", code).stdout == without.stdout.replace("None", "staging")
