"""A program and its libraries load one after the other: each decides about its own sources only."""

import json
import os
import sys

import pytest

from clovrix_env import load_env

_FILES = {
    "a.env": "A=a\nBOTH=a\n", "b.env": "B=b\nBOTH=b\nSEES=${A:-not set}\n", "empty.env": "",
    "empty/.git": "", "one/.env": "ONE=1\n", "two/.env": "TWO=2\n",
}  # fmt: skip
# The calls one after the other, and the names that are set after them.
_CALLS = {
    "two named files": ([{"files": ["a.env"]}, {"files": ["b.env"]}],
                        {"A": "a", "B": "b", "BOTH": "b", "SEES": "a"}),
    "three, and the first is empty by now": (
        [{"files": ["a.env"]}, {"files": ["b.env"]}, {"files": ["empty.env", "a.env"]}],
        {"A": "a", "B": "b", "BOTH": "a", "SEES": "a"}),
    "two roots": ([{"root": "one"}, {"root": "two"}], {"ONE": "1", "TWO": "2"}),
    "a default file, then by its name": ([{"root": "one"}, {"files": ["one/.env"]}], {"ONE": "1"}),
    "a bare load that finds nothing": ([{"files": ["a.env"]}, {"root": "empty"}],
                                       {"A": "a", "BOTH": "a"}),
    "overrides of somebody else": ([{"overrides": {"X": "1"}}, {"root": "one"}],
                                   {"X": "1", "ONE": "1"}),
    "overrides given again": ([{"overrides": {"X": "1"}}, {"overrides": {"ONE": "2"}}],
                              {"ONE": "2"}),
    "files that do not count any more": ([{"root": "one"}, {"root": "one", "local": False}], {}),
}  # fmt: skip


@pytest.mark.quick
@pytest.mark.parametrize("case", _CALLS)
def test_names_of_sources_that_a_load_does_not_look_at_stay(project, case):
    """motdotla/dotenv#63, python-dotenv#504: a second call does not undo the first."""
    project.write_all(_FILES)
    calls, expected = _CALLS[case]
    before = set(os.environ)
    for call in calls:
        load_env(**call)
    assert {n: v for n, v in os.environ.items() if n not in {*before, "__CLOVRIX_ENV"}} == expected


def test_line_that_is_gone_from_a_named_file_is_removed(project):
    """Its source was looked at again; the other file's names stay."""
    project.write("a.env", "A=1\n")
    file = project.write("b.env", "B=1\nC=1\n")
    for name in ("a.env", "b.env"):
        load_env(files=[name])
    file.write_text("B=2\n")
    os.rename("b.env", "c.env")
    os.symlink("c.env", "b.env")  # the same name: another way to it changes nothing
    load_env(files=["c.env"])
    assert (os.environ["A"], os.environ["B"], "C" in os.environ) == ("1", "2", False)


_MAIN = """\
import json, os
from clovrix_env import load_env
load_env(files=["b.env"], remote=False)
names = ("ONLY_STAGING", "BOTH", "B", "PROXIED")
print(json.dumps({name: os.environ[name] for name in names if name in os.environ}))
"""


@pytest.fixture
def launches(launched, clovrix, project):
    """``clovrix-exec`` with a token for ``backend``, whose production lacks a name of staging."""
    launched.environ["CLOVRIX_API_URL"] = clovrix.loopback.url
    launched.environ["CLOVRIX_TOKEN"] = clovrix.home.token
    clovrix.put("backend", "staging", ONLY_STAGING="1", BOTH="staging")
    clovrix.put("backend", "production", BOTH="production")
    project.write("b.env", "B=1\n")
    project.write("main.py", _MAIN)
    return launched


def test_program_below_a_launcher_keeps_what_its_file_does_not_decide(launches):
    """motdotla/dotenv#63, across processes: ``load_env(files=…)`` keeps the launcher's names."""
    main = (sys.executable, "main.py")
    ran = launches("backend", "staging", "--", *main)
    kept = {"ONLY_STAGING": "1", "BOTH": "staging", "B": "1"}
    assert json.loads(ran.stdout) == kept, ran.stderr
    # And a launcher below that program knows whose they are: the marker has every source.
    again = (*launches.argv("backend", "production"), "--", *main)
    ran = launches("--pass-token", "backend", "staging", "-f", "b.env", "--", *again)
    assert json.loads(ran.stdout) == {"BOTH": "production", "B": "1"}, ran.stderr


def test_old_marker_says_names_only(project, monkeypatch):
    """Of one without sources a bare load that finds nothing removes nothing, and any other does."""
    old = '1:{"names":{"A":[0,1,""]},"places":[["file","a.env"]]}'
    for load, expected in (({}, True), ({"files": ["b.env"]}, False)):
        project.write("b.env", "B=1\n")
        monkeypatch.setenv("A", "1")
        monkeypatch.setenv("__CLOVRIX_ENV", old)
        load_env(**load)
        assert ("A" in os.environ) is expected
