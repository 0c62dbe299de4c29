"""A project's folder, Clovrix behind a real server, and programs that load in real processes."""

import json
import os
import sys

import pytest
from launch.launcher import Launcher

# Loads, with the arguments that it is given as Python, and tells what came of it.
_MAIN = """\
import json, os, sys
from clovrix_env import load_env
environment = load_env(**eval(sys.argv[1] if len(sys.argv) > 1 else "{}"))
print(json.dumps([dict(environment), {n: os.environ.get(n) for n in environment},
                  {n: str(environment.origin(n)) for n in environment}]))
"""


@pytest.fixture(autouse=True)
def environ_put_back():
    """What ``load_env()`` set in this process is gone after the test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


class Loaded:
    """What a program that loads saw: its ``Environment``, ``os.environ``, origins; its stderr."""

    def __init__(self, result):
        assert result.returncode == 0, result.stderr.decode()
        self.err = result.stderr.decode()
        self.environment, self.environ, self.origins = json.loads(result.stdout)
        assert self.environ == self.environment


class Programs:
    """``main.py``, which loads: ``alone()``, or ``launched("backend", "staging")`` under exec.

    ``load=`` are the arguments of its ``load_env()``, ``inner=`` is a command in between.
    """

    main = (sys.executable, "main.py")

    def __init__(self, project, home, clovrix):
        project.write("main.py", _MAIN)
        self.launcher = Launcher(project.folder, home)
        self.launcher.environ["CLOVRIX_API_URL"] = clovrix.loopback.url
        self.launcher.environ["CLOVRIX_TOKEN"] = clovrix.home.token

    def alone(self, load="{}", **options):
        return Loaded(self.launcher.plain(*self.main, load, **options))

    def launched(self, *arguments, load="{}", inner=(), **options):
        return Loaded(self.launcher(*arguments, "--", *inner, *self.main, load, **options))


@pytest.fixture
def programs(project, clean_environment, clovrix):
    made = Programs(project, clean_environment, clovrix)
    yield made
    made.launcher.stop()
