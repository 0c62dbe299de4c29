"""A guarded name with the value that the process environment has already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from resolve.surroundings import Project


def test_it_changes_nothing_and_is_not_refused(
    project: Project, refused: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor that reads ``.env`` for its terminals has set it there."""
    project.write(".env", "PYTHONPATH=./src\n")
    monkeypatch.setenv("PYTHONPATH", "./src")
    assert str(resolve_env().origin("PYTHONPATH")).startswith("process environment")
    assert "PYTHONPATH" in refused(override=True)[0]
    monkeypatch.setenv("PYTHONPATH", "./other")
    assert "PYTHONPATH" in refused()[0]
