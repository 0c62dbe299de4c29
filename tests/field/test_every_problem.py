"""One run tells every problem that can be known, in the order of files and lines, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clovrix_env import ClovrixConfigError, resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from launch.launcher import Launcher
    from resolve.surroundings import Project

_CONTRACT = """\
[variables.PORT]
type = "port"
[variables.A]
required = true
[variables.NEED]
required = true
[variables.WHO]
type = "int"
default = 5
"""
_DOTENV = "PORT=abc\nX=${UNDEF}\nA: 1\nLD_PRELOAD=x\nSEES_A=${A}\nQ='open\n"
_LOCAL = "Y=${\nSEES_Y=${Y}\nLD_AUDIT=x\n"
_PLACES = [".clovrix:5", ".env:1", ".env:2", ".env:3", ".env:4", ".env:6", ".env.local:1",
           ".env.local:3"]  # fmt: skip
# Clovrix is a source and is not asked: who knows what it would have given?
_UNKNOWN = {".clovrix:5", ".env:2"}


@pytest.mark.parametrize("project_name", [None, "backend"])
def test_all_kinds_of_problem_in_one_run(
    project: Project, refused: Callable[..., list[str]], project_name: str | None
) -> None:
    """Lines, references, names and the contract; no problem follows from another one.

    What refers to an unread line, or is declared and may be in it, is held against nothing.
    """
    project.declare(_CONTRACT)
    project.write(".env", _DOTENV)
    project.write(".env.local", _LOCAL)
    environment = None if project_name is None else "staging"
    told = refused(project_name, environment)
    unknown = set() if project_name is None else _UNKNOWN
    expected = [place for place in _PLACES if place not in unknown]
    expected += [] if project_name is None else ["no token for"]
    assert len(told) == len(expected), told
    for sentence, place in zip(told, expected):
        assert place in sentence


def test_each_problem_has_its_remedy_and_names_that_share_one_are_one_command(
    project: Project, launched: Launcher
) -> None:
    """Below the problems that share it; a name is never shown that may be a part of a value."""
    project.declare("[variables.PORT]\ntype = 'port'\n")
    project.write(".env", "LD_PRELOAD=x\nPORT=abc\nsecretpart: more\nLD_AUDIT=x\n")
    with pytest.raises(ClovrixConfigError) as caught:
        resolve_env()
    problems, remedies = caught.value.problems, caught.value.remedies
    allow = "allow=['LD_PRELOAD', 'LD_AUDIT'] or CLOVRIX_ALLOW=LD_PRELOAD,LD_AUDIT lets them pass"
    assert remedies[0] == remedies[3] == allow
    contract = remedies[1]
    assert str(caught.value).splitlines() == [
        *(problems[0], problems[3], allow),
        *(problems[1], contract),
        problems[2],
    ]
    assert "secretpart" not in str(caught.value)
    stderr = launched("--", "true").stderr.decode()
    assert "--allow LD_PRELOAD --allow LD_AUDIT or" in stderr
