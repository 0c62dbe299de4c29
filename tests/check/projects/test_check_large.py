"""What is as large as may be is checked in bounded time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

# A start needs most of this, for python-dotenv's parser takes half a million lines.
_SECONDS = 50


@pytest.mark.timeout(90)
@pytest.mark.parametrize("piece", ['A="C:\\x "\n', "A='${' \n", 'A="' + "\\\\" * 500 + 'a"\n'])
def test_a_mebibyte_of_lines(project: Any, check: Callable[..., Any], piece: str) -> None:
    """The largest file that is read, of lines that a careless pattern would take hours for."""
    project.write(".env", piece * (1024 * 1024 // len(piece)))
    began = time.monotonic()
    assert check().status == 1
    assert time.monotonic() - began < _SECONDS


@pytest.mark.parametrize("open_end", ['A="' + "C:\\x" * 200_000, "A=" + "${A:-" * 150_000])
def test_a_mebibyte_of_one_line(project: Any, check: Callable[..., Any], open_end: str) -> None:
    """One line without an end is refused as quickly."""
    project.write(".env", open_end)
    began = time.monotonic()
    assert check().rules == ["unreadable"]
    assert time.monotonic() - began < _SECONDS


def test_many_files(project: Any, check: Callable[..., Any]) -> None:
    """More files than are looked at are told; those that are, are looked at."""
    project.write(".env", "OTHER=1\n")
    project.write("a.py", "import os\nos.environ['NEEDED']\n")
    for count in range(10_001):
        (project.folder / f"m{count}.py").touch()
    found = check()
    assert found.rules == ["unprovided"]
    assert "more than 10000 Python files" in found.err
