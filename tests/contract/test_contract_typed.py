"""``Environment.typed(name)``: what a name is read as, here and below a launcher."""

import copy
import json
import os
import pickle
import sys

import pytest

from clovrix_env import ClovrixConfigError, load_env, resolve_env

_DECLARED = """\
[variables]
PORT = {type = "port", default = 8000}
DEBUG = {type = "bool"}
UNSET = {type = "int"}
"""
_MAIN = """\
import os, sys
from clovrix_env import ClovrixError, load_env
if "change" in sys.argv:
    os.environ["PORT"] = "hunter2"
if "set" in sys.argv:
    os.environ["UNSET"] = "3"
environment = load_env()
print(sorted(environment))
if "write" in sys.argv:
    open(".clovrix", "w").write("[variables.PORT]\\ntype = 'none'\\n")
try:
    print(repr(environment.typed("PORT")), repr(environment.typed("DEBUG")),
          repr(environment.typed("UNSET")), repr(environment.typed("OTHER")))
except ClovrixError as error:
    print(type(error).__name__, error.problems)
"""


@pytest.fixture(autouse=True)
def declared(project):
    project.declare(_DECLARED)
    project.write(".env", "DEBUG=yes\nOTHER=5\n")
    project.write("main.py", _MAIN)


def test_typed_gives_the_value_that_is_declared():
    """Declared and not set it is ``None``, set and not declared a text, neither a ``KeyError``."""
    environment = resolve_env()
    found = [environment.typed(name) for name in ("PORT", "DEBUG", "UNSET", "OTHER")]
    assert found == [8000, True, None, "5"]
    assert dict(environment) == {"PORT": "8000", "DEBUG": "yes", "OTHER": "5"}
    with pytest.raises(KeyError, match="NOBODY"):
        environment.typed("NOBODY")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_environment_survives_a_pickle(protocol):
    """Values, origins, types and the explanation go to another process whole."""
    environment = resolve_env()
    for twin in (pickle.loads(pickle.dumps(environment, protocol)), copy.deepcopy(environment)):
        assert twin == environment
        assert twin.typed("PORT") == 8000
        assert twin.origin("DEBUG") == environment.origin("DEBUG")
        assert str(twin.explain()) == str(environment.explain())
        assert repr(twin) == repr(environment)


def _printed(launched, *words):
    result = launched("--", sys.executable, "main.py", *words)
    assert (result.returncode, result.stderr) == (0, b"")
    return result.stdout.decode().splitlines()


NAMES = "['DEBUG', 'OTHER', 'PORT']"
UNFIT = "PORT is not a valid port (process environment); expected a port, 1 to 65535"
BELOW = {
    # The marker holds no contract: .clovrix is read when a type is asked for.
    "": (NAMES, "8000 True None '5'"),
    # What was right when the program was started is told, and not shown.
    "change": (NAMES, f"ClovrixConfigError ({UNFIT!r},)"),
    # The launcher found it nowhere; the contract knew it all the same.
    "set": ("['DEBUG', 'OTHER', 'PORT', 'UNSET']", "8000 True 3 '5'"),
    # A contract that broke meanwhile, which loading did not need.
    "write": (NAMES, "ClovrixConfigError ('.clovrix:2: variables.PORT.type must be one of str"),
}


@pytest.mark.parametrize("meanwhile", BELOW)
def test_types_are_known_below_a_launcher(launched, meanwhile):
    """Also where something has changed since the launcher started the program."""
    names, typed = _printed(launched, meanwhile)
    assert names == BELOW[meanwhile][0]
    assert typed.startswith(BELOW[meanwhile][1])


def test_declared_name_that_nobody_sets_is_told_below_a_launcher(launched):
    """``--explain`` names it there as it does without a launcher."""
    explain = launched.argv("--explain", "--json")
    for result in (launched("--explain", "--json"), launched("--", *explain)):
        assert json.loads(result.stdout)["unset"] == ["UNSET"]


def test_environment_below_a_launcher_takes_its_types_along(project, launched):
    """Where a pickle is opened there may be no such folder."""
    project.write(
        "main.py",
        "import os, pickle, sys\nfrom clovrix_env import load_env\n"
        "text = pickle.dumps(load_env())\nos.remove('.clovrix')\n"
        "print(repr(pickle.loads(text).typed('PORT')))\n",
    )
    assert _printed(launched) == ["8000"]


def test_value_that_the_program_changed_is_checked_anew():
    """By a second ``load_env()`` in the same process."""
    load_env()
    os.environ["PORT"] = "hunter2"
    with pytest.raises(ClovrixConfigError, match="PORT is not a valid port") as caught:
        load_env()
    assert "hunter2" not in str(caught.value)
