"""Every text that a repository can write has a limit, and a sentence that names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clovrix_env import ClovrixConfigError, resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolve.surroundings import Project

    Refused = Callable[..., list[str]]


@pytest.mark.parametrize("form", ["{} = 1", "[{}]", "x = 0x10\n{} = 1"])
def test_key_of_many_parts(project: Project, refused: Refused, form: str) -> None:
    """Each part is a table: 80 KB of dots would take gigabytes."""
    project.declare(form.format(".".join("a" * 40_000)) + "\n")
    [problem] = refused()
    assert problem == f".clovrix:{1 + form.count(chr(10))}: the key has too many parts"


def test_many_globs(project: Project, refused: Refused) -> None:
    """Each glob is held against each name."""
    globs = ", ".join(['"A*"'] * 1001)
    project.declare(f"[select]\nonly = [{globs}]\n")
    assert refused() == [".clovrix:2: select.only has more than 1,000 items"]


def test_many_lines(project: Project, refused: Refused) -> None:
    """A log that was named by mistake is refused before it is parsed."""
    project.write(".env", "A=1\n" * 20_001)
    assert refused() == [".env: has more than 20,000 lines"]


def test_many_problems(project: Project) -> None:
    """All are in ``problems``; a message shows a hundred, and how many more there are."""
    project.write(".env", "".join(f"LD_{number}=1\n" for number in range(150)))
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env()
    assert len(caught.value.problems) == 150
    lines = str(caught.value).split("\n")
    assert lines[99].startswith(".env:100: LD_99 ")
    assert lines[100] == "and 50 more problems"
