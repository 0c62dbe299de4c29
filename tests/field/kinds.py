"""The kinds of program that load their configuration: how each is started, and how it is asked."""

import os
from typing import NamedTuple

import clovrix_env

_NONE = {}
_LOAD = "import os\nfrom clovrix_env import load_env\nload_env()\n"
_VALUE = '"VALUE=" + os.environ["VALUE"]'
_PRINT = f"print({_VALUE}, flush=True)\n"
MAIN = _LOAD + _PRINT
_WSGI = f"""{_LOAD}
def application(environ, start_response):
    body = ({_VALUE}).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
_ASGI = f"""{_LOAD}
async def application(scope, receive, send):
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": ({_VALUE}).encode()}})
"""
_FLASK = f"""{_LOAD}
from flask import Flask
application = Flask(__name__)
application.route("/")(lambda: {_VALUE})
"""
_DJANGO = f"""{_LOAD}
import sys
from django.conf import settings
settings.configure(DEBUG=True, SECRET_KEY="-", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("", lambda request: HttpResponse({_VALUE}))]
if __name__ == "__main__":
    execute_from_command_line(sys.argv)
"""
_DJANGO_TESTS = "import os\nfrom django.test import SimpleTestCase\n" + "".join(
    f"class {name}(SimpleTestCase):\n    def test_value(self):\n        {_PRINT}"
    for name in ("First", "Second")  # one alone is never run in a process of its own
)
_CELERY = f"""{_LOAD}
from celery import Celery
os.makedirs("queue", exist_ok=True)
app = Celery("tasks", broker="filesystem://", backend="file://" + os.path.abspath("queue"))
app.conf.broker_transport_options = {{"data_folder_in": "queue", "data_folder_out": "queue"}}
@app.task
def value():
    return {_VALUE}
"""
_MULTIPROCESSING = f"""{_LOAD}
import multiprocessing, sys
def child():
    load_env()
    {_PRINT}
if __name__ == "__main__":
    process = multiprocessing.get_context(sys.argv[1]).Process(target=child)
    process.start()
    process.join()
"""
_SUBINTERPRETER = """
import sys
code = "import sys\\nsys.stderr = sys.stdout\\n" + open("main.py").read()
if sys.version_info >= (3, 13):
    import _interpreters
    failed = _interpreters.exec(_interpreters.create(), code)
    sys.exit(failed and failed.msg)
import _xxsubinterpreters
_xxsubinterpreters.run_string(_xxsubinterpreters.create(), code)
"""
_KERNEL = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel()
client.execute_interactive(open("main.py").read())
manager.shutdown_kernel(now=True)
"""
# The packages of ours that a program is shipped with, in a folder; ARCHIVE is tried to be there.
_SHIPPED = """
import importlib.util, os, shutil
for name in ("clovrix_env", "dotenv"):
    (folder,) = importlib.util.find_spec(name).submodule_search_locations
    shutil.copytree(folder, "shipped/" + name, ignore=shutil.ignore_patterns("__pycache__"))
shutil.copy("main.py", "shipped/__main__.py")
"""
_FROM_SHIPPED = "import clovrix_env\nassert '{0}' in clovrix_env.__file__, clovrix_env.__file__\n"


class Kind(NamedTuple):
    """A program in an empty folder, with ``files`` of its own and a ``main.py``.

    ``command`` and ``build`` begin with a module of Python, or with a path. ``ask`` is the command
    that asks what ``command`` started; ``http`` where it serves; nothing where it prints its value.
    """

    name: str
    command: str
    files: dict = _NONE
    needs: str = ""
    build: tuple = ()
    ask: str = ""
    environ: dict = _NONE
    refused: dict = _NONE  # by source: a sentence in place of the value


_MANAGE = {"manage.py": _DJANGO, "tests.py": _DJANGO_TESTS}
_CELERY_FILES = {"tasks.py": _CELERY, "ask.py": "import tasks\nprint(tasks.value.delay().get(20))"}
_XDIST = {"conftest.py": _LOAD, "test_value.py": f"import os\ndef test_value():\n    {_PRINT}"}
_RUN = "raise SystemExit('it was run')"
_PACKAGE = {"dotenv/__init__.py": _RUN, "dotenv/parser.py": "is not Python"}
_PATHS = os.path.dirname(clovrix_env.__path__[0])
_INSTALLER = f"-m PyInstaller main.py -y --log-level ERROR --paths {_PATHS}"
_NUITKA = (
    "-m nuitka --standalone --lto=no --quiet --include-package=clovrix_env"
    " --include-module=dotenv.parser --nofollow-import-to=anyio,click,clovrix_env.cli,"
    "clovrix_env.server,httpx,keyring,psycopg,starlette,uvicorn,yaml main.py"
)
_MAIN_FIRST = {"store": "call load_env() in the main interpreter first"}
_PATCHES = {"gevent": "import gevent.monkey\ngevent.monkey.patch_all()\n",
            "eventlet": "import eventlet\neventlet.monkey_patch()\n"}  # fmt: skip


def _shipped(name, command, how, *build, path=""):
    """A program that is shipped with the package, of which ``how`` is a part of the path."""
    files = {"ship.py": _SHIPPED, "main.py": _FROM_SHIPPED.format(how) + MAIN}
    environ = {"PYTHONPATH": path} if path else {}
    return Kind(name, command, files, build=("ship.py", *build), environ=environ)


def _gunicorn(worker, preload):
    command = f"-m gunicorn -b 127.0.0.1:PORT -w 2 -k {worker}{preload} main"
    needs = "gunicorn gevent" if worker == "gevent" else "gunicorn"
    return Kind(f"gunicorn {worker}{preload}", command, {"main.py": _WSGI}, needs, ask="http")


KINDS = (
    Kind("plain", "main.py"),
    Kind("isolated", "-I main.py"),
    Kind("module", "-m package", {"package/__main__.py": MAIN}),
    Kind("own dotenv.py", "main.py", {"dotenv.py": _RUN}),
    Kind("own dotenv package", "main.py", _PACKAGE),
    _shipped("zipapp", "program.pyz", ".pyz", "-m zipapp shipped -o program.pyz"),
    _shipped(*("packages in an archive", "main.py", ".zip"),
             "-m zipfile -c shipped.zip shipped/clovrix_env shipped/dotenv",
             path="shipped.zip"),
    _shipped(*("packages without source", "main.py", ".pyc", "-m compileall -q -b shipped"),
             "/usr/bin/find shipped -name *.py -delete", path="shipped"),
    Kind("PyInstaller -D", "dist/main/main", needs="pyinstaller", build=(f"{_INSTALLER} -D",)),
    Kind("PyInstaller -F", "dist/main", needs="pyinstaller", build=(f"{_INSTALLER} -F",)),
    Kind("Nuitka", "main.dist/main.bin", needs="nuitka", build=(_NUITKA,)),
    *(
        Kind(f"{library}{when}", "main.py", {"main.py": first + patch + MAIN}, library)
        for library, patch in _PATCHES.items()
        for when, first in {"": "", ", patched after a first load": _LOAD}.items()
    ),
    *(
        _gunicorn(worker, preload)
        for worker in ("sync", "gthread", "gevent")
        for preload in ("", " --preload")
    ),
    *(
        Kind(*(f"uvicorn {option}", f"-m uvicorn --port PORT {option} main:application"),
             {"main.py": _ASGI}, ask="http")
        for option in ("--reload", "--workers 2")
    ),
    *(
        Kind(*(f"flask run{debug}", f"-m flask --app main run --port PORT{debug}"),
             *({"main.py": _FLASK}, "flask"), ask="http")
        for debug in ("", " --debug")
    ),
    Kind("django runserver", "manage.py runserver PORT", _MANAGE, "django", ask="http"),
    Kind("django test", "manage.py test --parallel 2 tests", _MANAGE, "django"),
    *(
        Kind(*(f"celery {pool}", f"-m celery -A tasks worker --pool {pool} --concurrency 1"),
             *(_CELERY_FILES, "celery"), ask="ask.py")
        for pool in ("prefork", "solo")
    ),
    Kind("IPython", "-m IPython main.py", needs="ipython"),
    Kind("ipykernel", "kernel.py", {"kernel.py": _KERNEL}, "ipykernel"),
    Kind("debugpy", "-m debugpy --listen 127.0.0.1:PORT main.py", needs="debugpy"),
    Kind("pytest-xdist", "-m pytest -n 2 -rP", _XDIST),
    *(
        Kind(f"multiprocessing {how}", f"main.py {how}", {"main.py": _MULTIPROCESSING})
        for how in ("fork", "spawn", "forkserver")
    ),
    Kind("subinterpreter", "sub.py", {"sub.py": _SUBINTERPRETER}, refused=_MAIN_FIRST),
    Kind(*("subinterpreter of a program that has loaded", "sub.py"),
         {"main.py": f"import os\n{_PRINT}", "sub.py": _LOAD + _SUBINTERPRETER}),
)  # fmt: skip
