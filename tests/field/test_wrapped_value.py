"""A value that was wrapped over several lines, without quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from launch.launcher import Launcher
    from resolve.surroundings import Project

_FIRST, _SECOND, _LAST = "aHVudGVy" * 8, "c2VjcmV0" * 8, "aHVudGVyMg=="
_PROBLEM = "this line is directly below a value without quotes and reads like the rest of it"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"CREDS={_FIRST}\n{_SECOND}\n{_LAST}\n", 2),
        (f"CREDS={_FIRST}\n{_SECOND}\naHVudGVyMjI=\n", 2),
        (f"CREDS={_FIRST}\r\n{_SECOND}\r\n", 2),
        (f"CREDS={_FIRST}\n{_LAST}\n", 2),
        (f"# c\n\nCREDS=\n{_SECOND}\n", 4),
        (f"CREDS={_FIRST}\n/+{_SECOND}\n", 2),
        (f"CREDS=-----BEGIN X-----\n{_SECOND}\n/+/+ab==\n-----END X-----\nA=1\n", 2),
    ],
)
def test_it_is_an_error_by_its_line(
    project: Project, refused: Callable[..., list[str]], text: str, line: int
) -> None:
    """WrenAI PR#2285: one problem for all of its lines, and nothing of them in it."""
    project.write(".env", text)
    assert refused() == [f".env:{line}: {_PROBLEM}"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"CREDS='{_FIRST}\n{_SECOND}'\nB\n", {"CREDS": f"{_FIRST}\n{_SECOND}"}),
        ("A=1\n\nB\n", {"A": "1"}),
        ("A=1\nexport A\n", {"A": "1"}),
        ("A=1\nB==\nC=\n", {"A": "1", "B": "=", "C": ""}),
        (f"A={_FIRST}\nEMPTY=\n", {"A": _FIRST, "EMPTY": ""}),
    ],
)
def test_what_is_meant_is_left_alone(project: Project, text: str, values: dict[str, str]) -> None:
    """A bare word elsewhere, the export of a shell, an empty value."""
    project.write(".env", text)
    assert dict(resolve_env()) == values


@pytest.mark.slow
@pytest.mark.parametrize("words", [("check",), ("explain",), ("explain", "--json"), ("doctor",)])
def test_no_command_prints_any_of_it(
    project: Project, launched: Launcher, output: Callable[..., str], words: tuple[str, ...]
) -> None:
    """The second line is dropped elsewhere as a bare KEY, the last becomes a variable's name."""
    project.write(".env", f"CREDS={_FIRST}\n{_SECOND}\n{_LAST}\n\n{_SECOND}\n")
    printed = output(*words) + launched("-v", "--", "true").stderr.decode()
    assert "reads like the rest of it" in printed
    assert not [part for part in (_FIRST, _SECOND, _LAST.strip("=")) if part[:12] in printed]
