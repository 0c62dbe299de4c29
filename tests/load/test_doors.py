"""What every door says alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launch.launcher import refusal

from clovrix_env.settings.variables import VARIABLES

if TYPE_CHECKING:
    from conftest import Programs  # type: ignore[attr-defined]
    from resolve.surroundings import Clovrix, Project


def test_launcher_names_every_empty_variable_of_ours(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """All of them at once, as ``load_env()`` does; an empty token counts as unset."""
    project.write(".env", "A=1\n")
    told = refusal(programs.launcher("--", "true", env=dict.fromkeys(VARIABLES, "")))
    names = set(VARIABLES) - {"CLOVRIX_TOKEN"}
    assert {f"{name} is set but empty" for name in names}.issubset(told)


def test_launcher_tells_all_that_is_wrong_at_once(
    programs: Programs, project: Project, clovrix: Clovrix
) -> None:
    """Settings, ``.clovrix`` and files; nobody is asked."""
    project.declare("projekt = 1\n")
    project.write(".env", "A=${\n")
    told = refusal(programs.launcher("..", "staging", "--", "true", env={"CLOVRIX_REMOTE": "no"}))
    found = [
        w
        for line in told
        for w in ("CLOVRIX_REMOTE must", ".clovrix:1:", "'..'", ".env:1:")
        if w in line
    ]
    assert found == ["CLOVRIX_REMOTE must", ".clovrix:1:", "'..'", ".env:1:"], told
    assert clovrix.requests == 0
