"""A marker that was not left by us, or was tampered with, is none: no traceback, no trust."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from launch.launcher import Launcher

import clovrix_env
from clovrix_env import ClovrixConfigError, load_env, resolve_env

_MARKER = "__CLOVRIX_ENV"
_TOP = Path(clovrix_env.__file__).resolve().parents[1]


@pytest.fixture
def left(project):
    """The marker of a load of ``.env`` and an override, as JSON; file and values still stand."""
    project.write(".env", "A=1\n")
    load_env(overrides={"B": "2"})
    version, text = os.environ[_MARKER].split(":", 1)
    assert version == "2"
    document = json.loads(text)
    os.environ["A"] = "kept"  # somebody's, so that it is seen whether the marker counts
    return document


def _is_none(text):
    os.environ[_MARKER] = text
    environment = resolve_env()
    assert dict(environment) == {"A": "kept"}
    assert [place.source for place in environment.origin("A").hid] == [".env"]


def test_foreign_marker_is_none(left):
    """Whatever stands there, and a real one that ends at any of its lengths."""
    whole = f"2:{json.dumps(left)}"
    for text in (
        *("", "2", "2:", "2:{", "2:[]", "2:null", "2:1", '2:"x"', "2:{}", "1:{}", "0", "🙈"),
        *("2:" + "[" * 100_000, "2:" + "9" * 100_000, "2:\udc80", "x" * 130_000, '2:{"names": {}}'),
        *(whole[:length] for length in range(0, len(whole), 7)),
    ):
        _is_none(text)


_KINDS = {
    **dict.fromkeys(("address", "project", "environment", "root"), str),
    **dict.fromkeys(("only", "exclude", "allow", "files_named", "places"), list),
}
_NAMES = [*([99, 0, "x"], ["x", 0, "x"], [0, "x", "x"], [0], 1, None, [0, 1e400, ""])]
_STATES = [*(["x", "y", 0, 0], ["x", 1e400, 0, 0], ["x", 0, 0, 0, 0], [], 1, None, ["x", []])]


def _tamperings(left):
    for field, right in left.items():
        yield {name: value for name, value in left.items() if name != field}
        wrong = [1, 1.5, {"a": 1}, [[1]], "x", [None], [{"a": []}]]
        if right is not None:
            wrong.append(None)
        for value in wrong:
            if field not in _KINDS or not isinstance(value, _KINDS[field]):
                yield {**left, field: value}
    yield from ({**left, "names": {"A": name}} for name in _NAMES)
    yield from ({**left, "files": [state]} for state in _STATES)


def test_tampered_marker_is_none(left):
    """A field that is missing, or of another kind."""
    for document in _tamperings(left):
        _is_none(f"2:{json.dumps(document)}")


@pytest.mark.parametrize(
    "changes",
    [*({"root": root} for root in ("/no/such/folder", "a\0b", "")),
     *({"files": [[path, 0, 0, 0]]} for path in ("a\0b", "\ud800")),
     {"files_named": ["/no/such/file", "a\0b"]}, {"project": "..", "environment": ""},
     {"project": "x", "environment": "y", "address": "https://hunter2.example"},
     {"only": ["["], "exclude": ["**"]},
     {"places": [["file", "a\0b", "c\0d"], ["file", "\ud800", "\ud800"]]}],
)  # fmt: skip
def test_marker_of_right_kind_and_wrong_content_breaks_nothing(left, changes):
    """It resolves or refuses, with a sentence; nobody is asked without a token."""
    gone = {"files": [["/no/such/file", 1, 1, 1]], **changes}
    os.environ[_MARKER] = f"2:{json.dumps({**left, **gone})}"
    for local in (None, True):
        with suppress(ClovrixConfigError):
            resolve_env(local=local)


def test_marker_names_nothing_that_is_not_there(left, monkeypatch):
    """A name of the marker that the environment lacks is left out of the mapping."""
    left["names"]["GONE"] = left["names"]["B"]
    os.environ[_MARKER] = f"2:{json.dumps(left)}"
    monkeypatch.setattr("clovrix_env.load.loaded_by", 0)  # as in a child of this process
    assert dict(resolve_env()) == {"A": "kept", "B": "2"}


_PRINTS = "import os; from clovrix_env import {0}; print((dict({0}()) or os.environ)['A'])"
_DOORS = {
    "load_env": [sys.executable, "-c", _PRINTS.format("load_env")],
    "resolve_env": [sys.executable, "-c", _PRINTS.format("resolve_env")],
    "clovrix-exec": Launcher.argv("--", "printenv", "A"),
    "hook": [sys.executable, "-c", "import os; print(os.environ['A'])"],
}


@pytest.mark.slow
@pytest.mark.parametrize("door", _DOORS)
@pytest.mark.parametrize("text", ['7:{"names":["A"],"more":1}', '0:{"names":["A"]}'])
def test_marker_of_another_version_or_without_digests_only_names_what_is_clovrix_envs(
    launched, clovrix, door, text
):
    """A listed name is replaced whatever its value is now; the load is made, with a request."""
    clovrix.put("backend", "staging", A="new")
    ours = {name: os.environ[name] for name in ("CLOVRIX_API_URL", "CLOVRIX_TOKEN")}
    ours.update(CLOVRIX_PROJECT="backend", CLOVRIX_ENVIRONMENT="staging")
    if door == "hook":
        path = f"{_TOP / 'sitecustomize_hook'}:{_TOP}"
        ours.update(CLOVRIX_AUTOLOAD="1", PYTHONPATH=path)
    for marker, value in (text, b"new\n"), (None, b"changed\n"):
        ran = launched.plain(*_DOORS[door], env={**ours, "A": "changed", _MARKER: marker})
        assert (ran.stdout, ran.stderr) == (value, b"")
    assert clovrix.requests == 2
