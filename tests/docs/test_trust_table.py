"""Every promise of the trust page names the test that holds it, and that test exists."""

import ast
import re
from functools import cache

from docs.pages import TOP, text_of

PAGE = "docs/explanation/trust.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def _tests_in(path):
    if not (TOP / path).is_file():
        return frozenset()
    tree = ast.parse((TOP / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def _promises(text):
    """The rows of each table that is headed Promise and Test."""
    tables = re.findall(r"^\| Promise \| Test \|\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    rows = (row.strip("| ").partition(" | ") for table in tables for row in table.splitlines())
    return [(promise, tests) for promise, _, tests in rows]


def _problems(text):
    found = []
    for promise, tests in _promises(text):
        named = _TEST.findall(tests)
        if not named or _TEST.sub("", tests).strip():
            found.append(f"{promise}: {tests!r} is not a list of tests")
        found += [f"{path}::{name}" for path, name in named if name not in _tests_in(path)]
    return found


def test_every_promise_has_a_test():
    """Each row names one or more, and each of them is a function of the named file."""
    text = text_of(PAGE)
    assert _problems(text) == []
    chapters = [part for part in text.split("\n## ")[1:] if not part.startswith("Token and")]
    assert [chapter.splitlines()[0] for chapter in chapters if not _promises(chapter)] == []
    assert text.count("tests/") == sum(len(_TEST.findall(row)) for _, row in _promises(text))


def test_a_planted_mistake_is_found():
    """A row without a test, a test that is gone, a file that is gone."""
    here = "tests/docs/test_trust_table.py"
    rows = ["", f"`{here}::test_gone`", f"`{here[:-3]}s.py::test_a`", f"`{here}::test_a` and more"]
    right = f"`{here}::test_a_planted_mistake_is_found`"
    for row in rows:
        table = f"| Promise | Test |\n|---|---|\n| P | {right} |\n| Q | {row} |\n"
        assert len(_problems(table)) >= 1, row
    assert _problems(f"| Promise | Test |\n|---|---|\n| P | {right} {right} |\n") == []
