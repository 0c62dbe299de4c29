"""Each example of a framework passes its own tests, however its values are loaded."""

import os
import signal
import sys

import pytest
from examples.conftest import EXAMPLES, Service
from hook.interpreter import PACKAGES, PTH, Interpreter
from launch.launcher import Launcher, until

pytestmark = pytest.mark.timeout(120)
_PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
_OWN_TESTS = {"django": ("manage.py", "test")}
_CONTRACT = "[variables]\nGREETING = {required = true}\nSECRET_KEY = {required = true}\n"


@pytest.fixture
def example(tmp_path, packages, service, request):
    """``example(NAME)``: its folder, as a service that gets at ``backend`` in ``production``."""

    def made(name, **environ):
        given = {**service.environ, **environ, "PORT": None}
        made = Service(tmp_path / name, packages, given, f"frameworks/{name}")
        made.environ = made.given({"PORT": str(made.port)})
        request.addfinalizer(made.stop)
        return made

    return made


@pytest.mark.parametrize("way", ["load_env()", "clovrix-exec", "the hook"])
@pytest.mark.parametrize("name", sorted(os.listdir(EXAMPLES / "frameworks")))
def test_example_passes_its_own_tests_unchanged(example, clovrix, packages, tmp_path, name, way):
    """A launcher and the hook send one request, and the program and its workers none."""
    folder = example(name)
    if way == "the hook":  # it reads no .clovrix
        python = Interpreter(tmp_path / "venv", homes=[packages, PACKAGES]).hooked(PTH).python
        folder.environ = {**folder.environ, "CLOVRIX_AUTOLOAD": "1", "PYTHONPATH": ""}
    else:
        python = sys.executable
        (folder.folder / ".clovrix").write_text(_CONTRACT)
    words = (python, *_OWN_TESTS.get(name, _PYTEST))
    launcher = (*Launcher.argv(), "--") if way == "clovrix-exec" else ()
    ran = folder.plain(*launcher, *words, timeout=100)
    assert ran.returncode == 0, (ran.stdout + ran.stderr).decode()
    assert b"passed" in ran.stdout or b"\nOK" in ran.stderr
    assert clovrix.requests == 1 or (way == "load_env()" and name == "servers")


_GUNICORN = "gunicorn --workers 2 --bind 127.0.0.1:$PORT wsgi:app"
_UVICORN = "uvicorn --reload --port $PORT asgi:app"
_FILES = {"CLOVRIX_PROJECT": None, "CLOVRIX_ENVIRONMENT": "development", "CLOVRIX_TOKEN": None}
_CLOVRIX = {"CLOVRIX_ENVIRONMENT": "staging"}
_OLD, _NEW = "old", "new"


def _log(server):
    return server.log.read_text()


# The command, the variables, and the answer after `.env` was changed and the program reloaded.
_RELOADED = [
    (_GUNICORN, _FILES, _NEW),
    (f"{_GUNICORN} --preload", _FILES, _OLD),
    (f"clovrix-exec -- {_GUNICORN}", _FILES, _NEW),
    (f"clovrix-exec -- {_GUNICORN}", _CLOVRIX, _OLD),
    (f"clovrix-exec --pass-token -- {_GUNICORN}", _CLOVRIX, _NEW),
    (_UVICORN, _FILES, _NEW),
    (f"clovrix-exec -- {_UVICORN}", _FILES, _NEW),
]


@pytest.mark.parametrize(("command", "environ", "expected"), _RELOADED)
def test_reload_reads_a_changed_file_where_the_page_says_so(example, command, environ, expected):
    """HUP for gunicorn, a changed source file for uvicorn; without a token one line says so."""
    server = example("servers", **environ)
    dotenv, asgi = server.folder / ".env", server.folder / "asgi.py"
    dotenv.write_text(f"GREETING={_OLD}\n")
    process = server.start("sh", "-c", f"exec {command}")
    assert server.answer("/") == _OLD
    dotenv.write_text(f"GREETING={_NEW}\nMORE=1\n")
    if "gunicorn" in command:
        process.send_signal(signal.SIGHUP)
        until(lambda: _log(server).count("Worker exiting") == 2)
    else:  # a change before its first look at the file is not one
        until(lambda: os.utime(asgi) or "Reloading" in _log(server))
        until(lambda: _log(server).count("startup complete") >= 2)
    assert server.answer("/") == expected
    note = ".env changed since this program was started: start it again to use it"
    assert (note in _log(server)) == (environ is _CLOVRIX and expected == _OLD)
