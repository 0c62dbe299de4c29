"""The dialect, case by case: ``tests/dotenv_cases.json``."""

import json
import os
from pathlib import Path
from unittest import mock

import pytest
from resolve.surroundings import DOTENV

from clovrix_env import ClovrixConfigError, resolve_env

_CASES = json.loads((Path(__file__).parents[1] / "dotenv_cases.json").read_text(encoding="utf-8"))
# python-dotenv before 1.2.3 reads a backslash before a quote otherwise.
_OTHERWISE_BEFORE = ("dq-escaped-backslash-then-quoted-line", "sq-trailing-backslash-alone")


def _case(case):
    differs = DOTENV < (1, 2, 3) and case["name"] in _OTHERWISE_BEFORE
    marks = [pytest.mark.xfail(strict=True, reason="python-dotenv < 1.2.3")] if differs else []
    return pytest.param(case, id=case["name"], marks=marks)


def _resolved(case, folder):
    path = folder / "case.env"
    path.write_bytes(case["input"].encode())
    with mock.patch.dict(os.environ, case.get("env", {}), clear=True):
        return dict(resolve_env(files=[path], remote=False))


def test_there_are_77_cases():
    """The corpus is whole."""
    assert len({case["name"] for case in _CASES}) == 77


@pytest.mark.parametrize("case", [_case(c) for c in _CASES if "expected" in c])
def test_case_resolves(case, tmp_path):
    """A file with these lines, and this process environment, mean these values."""
    assert _resolved(case, tmp_path) == case["expected"]


@pytest.mark.parametrize("case", [_case(c) for c in _CASES if "error" in c])
def test_case_is_refused(case, tmp_path):
    """A file with these lines is refused with file and line, and its text is not shown."""
    with pytest.raises(ClovrixConfigError) as caught:
        _resolved(case, tmp_path)
    path = tmp_path / "case.env"
    count = case["input"].count("\n")
    places = tuple(f"{path}:{number}: " for number in range(1, count + 1))
    for problem in caught.value.problems:
        assert problem.startswith(places), problem
        said = problem.replace(str(path), "")
        assert not any(line.strip() in said for line in case["input"].split("\n") if line.strip())
