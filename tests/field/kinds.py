"""The kinds of program that load their configuration: how each is started, and how it is asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import clovrix_env

if TYPE_CHECKING:
    from collections.abc import Mapping

_NONE: Mapping[str, str] = {}
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

    ``command`` and ``build`` begin with a module of Python, or with a path. ``serves``
    where it answers by HTTP; otherwise it prints its value.
    """

    name: str
    command: str
    files: Mapping[str, str] = _NONE
    needs: str = ""
    build: tuple[str, ...] = ()
    serves: bool = False
    environ: Mapping[str, str] = _NONE
    refused: Mapping[str, str] = _NONE  # by source: a sentence in place of the value


_MANAGE = {"manage.py": _DJANGO}
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


def _shipped(name: str, command: str, how: str, *build: str, path: str = "") -> Kind:
    """A program that is shipped with the package, of which ``how`` is a part of the path."""
    files = {"ship.py": _SHIPPED, "main.py": _FROM_SHIPPED.format(how) + MAIN}
    environ = {"PYTHONPATH": path} if path else {}
    return Kind(name, command, files, build=("ship.py", *build), environ=environ)


def _gunicorn(worker: str, preload: str) -> Kind:
    command = f"-m gunicorn -b 127.0.0.1:PORT -w 2 -k {worker}{preload} main"
    needs = "gunicorn gevent" if worker == "gevent" else "gunicorn"
    return Kind(f"gunicorn {worker}{preload}", command, {"main.py": _WSGI}, needs, serves=True)


KINDS = (
    Kind("isolated", "-I main.py"),
    Kind("module", "-m package", {"package/__main__.py": MAIN}),
    Kind("own dotenv package", "main.py", _PACKAGE),
    _shipped("zipapp", "program.pyz", ".pyz", "-m zipapp shipped -o program.pyz"),
    _shipped(
        *("packages in an archive", "main.py", ".zip"),
        "-m zipfile -c shipped.zip shipped/clovrix_env shipped/dotenv",
        path="shipped.zip",
    ),
    Kind("PyInstaller -F", "dist/main", needs="pyinstaller", build=(f"{_INSTALLER} -F",)),
    Kind("Nuitka", "main.dist/main.bin", needs="nuitka", build=(_NUITKA,)),
    *(
        Kind(f"{library}{when}", "main.py", {"main.py": first + patch + MAIN}, library)
        for library, patch in _PATCHES.items()
        for when, first in {"": "", ", patched after a first load": _LOAD}.items()
    ),
    *(
        _gunicorn(worker, preload)
        for worker in ("sync", "gevent")
        for preload in ("", " --preload")
    ),
    Kind(
        *("flask run --debug", "-m flask --app main run --port PORT --debug"),
        *({"main.py": _FLASK}, "flask"),
        serves=True,
    ),
    Kind("django runserver", "manage.py runserver PORT", _MANAGE, "django", serves=True),
    Kind("debugpy", "-m debugpy --listen 127.0.0.1:PORT main.py", needs="debugpy"),
    Kind("pytest-xdist", "-m pytest -n 2 -rP", _XDIST),
    *(
        Kind(f"multiprocessing {how}", f"main.py {how}", {"main.py": _MULTIPROCESSING})
        for how in ("fork", "spawn", "forkserver")
    ),
    Kind("subinterpreter", "sub.py", {"sub.py": _SUBINTERPRETER}, refused=_MAIN_FIRST),
)
