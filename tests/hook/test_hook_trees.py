"""Trees of processes under the hook: one request, whatever the tool starts, reloads or re-execs."""

import os
import signal
import subprocess
from textwrap import indent

import pytest
from hook.interpreter import PTH, PYTHONPATH, WAYS, Interpreter
from launch.tree import ASGI, BOOTS, Tree

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
_DDTRACE = "import sys; from ddtrace.commands.ddtrace_run import main; sys.exit(main())"
_DD_QUIET = {
    "DD_TRACE_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_CRASHTRACKING_ENABLED": "false",
}
_CELERY = "-m celery -A tasks worker -c 4 -P prefork"
_UVICORN = "-m uvicorn --port 0 service:app"


@pytest.fixture
def start(equipped):
    """``start("service.py", TEXT, "-m", "tool", …)``: the tool with that file beside it."""
    started = []

    def begin(name, text, *command, way=PYTHONPATH):
        (equipped.work / name).write_text(text)
        environ = equipped.hooked(way).environ
        started.append(Tree(equipped.work, environ, equipped.python, *command))
        return started[-1]

    yield begin
    for tree in started:
        tree.stop()


@pytest.mark.parametrize(
    ("name", "text", "command", "way", "programs"),
    [("service.py", ASGI, f"{_UVICORN} --workers 3", PTH, 3),
     ("service.py", ASGI, f"{_UVICORN} --workers 3", PYTHONPATH, 3),
     ("tasks.py", _TASKS, _CELERY, PYTHONPATH, 4),
     ("service.py", _FLASK, "-m flask --app service run --port 0", PYTHONPATH, 1)],
    ids=["uvicorn-pth", "uvicorn", "celery", "flask"],
)  # fmt: skip
def test_tool_asks_once(start, clovrix, name, text, command, way, programs):
    """Workers by spawn and by fork, and a command that finds the program by its name."""
    tree = start(name, text, *command.split(), way=way)
    assert set(tree.boots(programs)) == {"staging"}
    assert clovrix.requests == 1


def test_uvicorn_with_a_reload(start, equipped, clovrix):
    """The program of after the edit has what the first one had."""
    tree = start("service.py", ASGI, *f"{_UVICORN} --reload --reload-delay 0.05".split())
    tree.boots(1)
    (equipped.work / "service.py").write_text(f"{ASGI}\n# edited\n")
    assert set(tree.boots(2)) == {"staging"}
    assert clovrix.requests == 1


@pytest.mark.parametrize("way", WAYS)
def test_gunicorn_with_hup_and_usr2(start, equipped, clovrix, way):
    """New workers by fork, and a new master by exec: three times four."""
    words = ("-m", "gunicorn", "-w", "4", "-b", "127.0.0.1:0", "--pid", "pid", "service:app")
    tree = start("service.py", _WSGI, *words, way=way)
    tree.boots(4)
    os.kill(tree.process.pid, signal.SIGHUP)
    tree.boots(8)
    os.kill(tree.process.pid, signal.SIGUSR2)
    assert set(tree.boots(12)) == {"staging"}
    assert clovrix.requests == 1


def test_ddtrace_run(start, equipped, clovrix):
    """A launcher that is a Python program itself: it loads, and what it starts inherits."""
    equipped.environ.update(_DD_QUIET)
    tree = start("program.py", BOOTS, "-c", _DDTRACE, equipped.python, "program.py")
    assert tree.boots(1) == ["staging"]
    assert tree.process.wait(40) == 0
    assert clovrix.requests == 1


@pytest.mark.parametrize("ours_first", [True, False])
@pytest.mark.parametrize(
    ("tool", "name", "seen"),
    [("ddtrace", "DD_SERVICE", "import ddtrace; print(ddtrace.config.service)"),
     ("newrelic", "NEW_RELIC_APP_NAME",
      "import newrelic.config as c; print(c.newrelic.core.config.global_settings().app_name)")],
)  # fmt: skip
def test_tools_sitecustomize_runs_after_ours(
    equipped, clovrix, tools, ours_first, tool, name, seen
):
    """It is configured by what came from Clovrix; and the user's own runs as well."""
    clovrix.put("backend", "staging", **{name: "of-clovrix"})
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
    code += seen if ours_first or tool == "newrelic" else f"import os; print(os.environ[{name!r}])"
    ran = equipped.run("-c", code)
    assert ran.stdout == "True True\nof-clovrix\n", ran.stderr
    assert clovrix.requests == 1


def test_debians_sitecustomize_runs_after_ours(clovrix, tmp_path):
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
