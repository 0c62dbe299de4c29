"""Flask's own command reads ``.env`` too: not where it does not count."""

import sys

import pytest

pytest.importorskip("flask")

_APP = """\
import os
from flask import Flask

LOAD
app = Flask(__name__)

@app.cli.command("show")
def show():
    print([os.environ.get(name) for name in ("SECRET", "PLAIN", "FLASK_SKIP_DOTENV")])
"""
_SHOW = (sys.executable, "-m", "flask", "show")


@pytest.fixture
def show(project, launched):
    """Run ``flask show``, behind other words or alone: its stdout, its stderr."""
    project.write(".env", "SECRET=of the laptop\nPLAIN=x\n")
    project.write("app.py", _APP.replace("LOAD", ""))

    def shown(*words, **environ):
        launched.environ.update(environ)
        ran = launched.plain(*words, *_SHOW)
        return ran.stdout.decode().strip(), ran.stderr.decode().strip()

    return shown


def test_launcher_keeps_flask_from_a_file_that_does_not_count(show, project, launched):
    """python-dotenv#249: ``.env not read in production`` is true for the program as well."""
    production = (*launched.argv("-e", "production", "--set", "X=1"), "--")
    told = "clovrix-exec: .env not read in production (--local reads it)"
    assert show(*production) == ("[None, None, '1']", told)
    run = (sys.executable, "-m", "clovrix_env", "run", "-f", "other.env", "--")
    project.write("other.env", "Y=1\n")
    assert show(*run) == ("[None, None, '1']", "")
    explained = launched("-e", "production", "--explain", "--set", "X=1").stdout.decode()
    assert "FLASK_SKIP_DOTENV=1 is set for the program" in " ".join(explained.split())
    # Nothing where clovrix-env reads the file, the user says otherwise, or there is a .flaskenv.
    development = (*launched.argv("-e", "development"), "--")
    assert show(*development) == ("['of the laptop', 'x', None]", "")
    assert show(*production, FLASK_SKIP_DOTENV="0")[0] == "['of the laptop', 'x', '0']"
    del launched.environ["FLASK_SKIP_DOTENV"]
    project.write(".flaskenv", "FLASK_DEBUG=0\n")
    assert show(*production)[0] == "['of the laptop', 'x', None]"


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_hook_keeps_flask_from_a_file_that_does_not_count(show, clovrix, launched, environment):
    """python-dotenv#249: where no file would count; elsewhere Flask reads as it always did."""
    clovrix.put("backend", environment, GREETING="hello")
    code = "import clovrix_env.hook as hook; hook.load('a test'); import runpy, sys; "
    code += "sys.argv = ['flask', 'show']; runpy.run_module('flask', run_name='__main__')"
    launched.environ.update(
        CLOVRIX_API_URL=clovrix.loopback.url,
        CLOVRIX_TOKEN=clovrix.home.token,
        CLOVRIX_PROJECT="backend",
        CLOVRIX_ENVIRONMENT=environment,
        CLOVRIX_AUTOLOAD="1",
    )
    ran = launched.plain(sys.executable, "-c", code)
    expected = (
        "[None, None, '1']" if environment == "production" else "['of the laptop', 'x', None]"
    )
    assert ran.stdout.decode().strip() == expected, ran.stderr


def test_load_env_below_flasks_command_comes_too_late(show, project, launched):
    """flask PR#2416: one line says so, and what to set; nothing where Flask has read nothing."""
    load = "from clovrix_env import load_env; load_env(environment='development')"
    project.write("app.py", _APP.replace("LOAD", load))
    told = "Flask has read .env before load_env() could: set FLASK_SKIP_DOTENV=1"
    assert told in show()[1]
    assert show(FLASK_SKIP_DOTENV="1") == ("['of the laptop', 'x', '1']", "")
    del launched.environ["FLASK_SKIP_DOTENV"]
    assert show(*launched.argv("-e", "development"), "--")[1] == ""
    alone = launched.plain(sys.executable, "-c", "import flask, app")
    assert (alone.returncode, alone.stderr) == (0, b"")
