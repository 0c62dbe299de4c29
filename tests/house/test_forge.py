"""The task runner, the workflows of the forge, and the pages about them name the same things."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

import clovrix_env

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOP = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((TOP / ".github/workflows").glob("*.yml"))
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
pytestmark = pytest.mark.skipif(not WORKFLOWS, reason="the sdist has no workflows")


def _text(name):
    return (TOP / name).read_text(encoding="utf-8")


def _sessions():
    """The functions of noxfile.py that are sessions."""
    body = ast.parse(_text("noxfile.py")).body
    return {f.name for f in body if isinstance(f, ast.FunctionDef) and f.decorator_list}


def test_the_pages_and_workflows_name_sessions_that_exist():
    """CONTRIBUTING lists every session; CI and the release run some of them."""
    table = re.findall(r"^\| `nox -s (\w+)", _text("CONTRIBUTING.md"), re.MULTILINE)
    assert sorted(table) == sorted(_sessions())
    jobs = yaml.safe_load(_text(".github/workflows/ci.yml"))["jobs"]
    matrix = jobs["sessions"]["strategy"]["matrix"]
    run = {*matrix["session"], *(row["session"] for row in matrix["include"]), "tests"}
    assert run == _sessions() - {"bench", "coverage", "deep", "mutants"}
    assert "nox -s package\n" in _text(".github/workflows/release.yml")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_pinned_actions_and_few_permissions(path):
    """A commit for each action, with its version; no credentials that a later step could take."""
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    uses = re.findall(r"uses: (.+)", text)
    pinned = re.compile(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+")
    assert uses
    assert [line for line in uses if not pinned.fullmatch(line)] == []
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert list(job["permissions"].items()) in ([("contents", "read")], [("id-token", "write")])
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_the_supported_pythons_are_written_the_same_everywhere():
    """The classifiers are the source: CI reads them, the pages and requires-python repeat them."""
    named = re.findall(r"Python :: (3\.\d+)$", "\n".join(PROJECT["classifiers"]), re.MULTILINE)
    oldest, newest = named[0], named[-1]
    assert [int(version[2:]) for version in named] == [*range(int(oldest[2:]), int(newest[2:]) + 1)]
    assert PROJECT["requires-python"] == f">={oldest}"
    page = _text("docs/reference/versions.md")
    assert re.findall(r"^\| (3\.\d+) ", page, re.MULTILINE) == named
    for name in ("README.md", "docs/reference/versions.md"):
        assert f"CPython {oldest} to {newest}" in _text(name), name
    assert f'python-version: "{newest}"' in _text(".github/workflows/release.yml")
    assert "fromJSON(needs.pythons.outputs.all)" in _text(".github/workflows/ci.yml")


def test_the_page_of_versions_lists_what_is_public():
    """Each name of ``clovrix_env`` and ``clovrix_env.testing`` that a program may import."""
    page = _text("docs/reference/versions.md")
    assert [name for name in clovrix_env.__all__ if f"`{name}`" not in page] == []
