"""``clovrix-env schema --dotenv``: the contract as ``.env.example``, which our own reader takes."""

import sys

import pytest

from clovrix_env import resolve_env
from clovrix_env.sources import dotenv_writer

_DECLARED = """\
project = "backend"

[variables.DATABASE_URL]
type = "url"
required = true
description = "Primary database"
example = "postgres://localhost/app"

[variables.API_KEY]
required_in = ["staging", "production"]
secret = true
description = "Key of the payment provider, which is asked for whenever somebody pays with a card"

[variables.PORT]
type = "port"
min = 1024
default = 8000

[variables.LEVEL]
type = "enum"
choices = ["debug", "info"]
example = "debug"
default = "info"

[variables.PORTS]
type = "list"
item = "port"
default = [80, 443]

[variables.MOTTO]
default = ""
example = "it's\\n${PORT} \\"#\\" \\\\!"
"""
_EXAMPLE = r"""# The environment variables of this project, as declared in .clovrix.
# Copy it to .env, fill in the empty values, and remove what you do not need.

# Primary database
# a URL with scheme://; required
DATABASE_URL=postgres://localhost/app

# Key of the payment provider, which is asked for whenever somebody pays with a
# card
# text; required in staging, production
API_KEY=

# a port, 1 to 65535, at least 1024; optional; default 8000
PORT=8000

# one of debug, info; optional; default info
LEVEL=debug

# a list separated by commas, each item a port, 1 to 65535; optional; default
# 80,443
PORTS=80,443

# text; optional; empty by default
MOTTO='it\'s
${PORT} "#" \\!'
"""


def _printed(launched, *words):
    result = launched.plain(sys.executable, "-m", "clovrix_env", "schema", *words)
    assert (result.returncode, result.stderr) == (0, b"")
    return result.stdout.decode()


def test_contract_is_printed_as_an_example(launched, project):
    """Description, form, where it is required, and the example, else the default, else nothing.

    It needs no token, asks nobody, and reads no ``.env``: the example can be committed.
    """
    project.declare(_DECLARED)
    project.write(".env", "API_KEY=hunter2\nthis line is wrong\n")
    launched.environ.update(API_KEY="hunter2", CLOVRIX_API_URL="https://clovrix.invalid")
    assert _printed(launched, "--dotenv") == _EXAMPLE


def test_example_is_read_back_as_it_was_meant(launched, project):
    """``cp .env.example .env`` is a file that works."""
    project.declare(_DECLARED)
    project.write(".env.example", _printed(launched, "--dotenv"))
    assert dict(resolve_env(files=[".env.example"], remote=False, environment="dev")) == {
        "DATABASE_URL": "postgres://localhost/app",
        "API_KEY": "",
        "PORT": "8000",
        "LEVEL": "debug",
        "PORTS": "80,443",
        "MOTTO": 'it\'s\n${PORT} "#" \\!',
    }


def test_description_stays_a_comment(launched, project):
    """However it is written."""
    project.declare("[variables.A]\ndescription = '''one\n\nINJECTED=1\r\n\u0085X=2'''\n")
    lines = [line for line in _printed(launched, "--dotenv").splitlines() if line]
    assert lines[2:] == ["# one INJECTED=1 X=2", "# text; optional", "A="]


@pytest.mark.parametrize(
    ("declared", "words", "status", "told"),
    [
        ("", ["--dotenv"], 125, "has no .clovrix that declares [variables]"),
        ("[variables.A]\ntype = 'x'\n", ["--dotenv"], 125, ".clovrix:2: variables.A.type must be"),
        ("[variables.A]\n", [], 2, "--dotenv"),  # one of both has to be asked for
    ],
)
def test_what_declares_nothing_is_an_error(launched, project, declared, words, status, told):
    """An empty file would look like an answer."""
    project.declare(declared)
    result = launched.plain(sys.executable, "-m", "clovrix_env", "schema", *words)
    assert (result.returncode, result.stdout) == (status, b"")
    assert told in result.stderr.decode()


@pytest.mark.parametrize(
    ("value", "line"),
    [
        *(("", "N="), ("plain", "N=plain"), ("https://a.b/c:1/%20", "N=https://a.b/c:1/%20")),
        *(("https://a.b/c?d=e&f", "N='https://a.b/c?d=e&f'"), ("a b", "N='a b'")),
        *(("$HOME", "N='$HOME'"), ("${HOME}", "N='${HOME}'"), ("a#b", "N='a#b'")),
        *(("it's", 'N="it\'s"'), ("a\nb", "N='a\nb'")),
    ],
)
def test_value_is_quoted_where_it_has_to_be(value, line):
    """The plainest way that our reader reads back."""
    assert dotenv_writer.line("N", value) == line
