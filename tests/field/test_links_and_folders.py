"""A link that points nowhere, a folder or nothing where a file is expected."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from launch.launcher import Launcher
    from resolve.surroundings import Project


@pytest.mark.parametrize("name", [".env", ".clovrix"])
def test_a_dead_link_is_one_line(
    project: Project, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    """It is not an error: a secret that is mounted later, a checkout without its neighbour."""
    project.write(".env.local", "A=1\n")
    os.symlink("../gone", name)
    assert dict(resolve_env()) == {"A": "1"}
    line = f"clovrix-env: {name} is a link to ../gone, which does not exist\n"
    assert capfd.readouterr().err == line


def test_a_dead_link_that_is_named_is_an_error(
    project: Project, refused: Callable[..., list[str]]
) -> None:
    """Its target is named: that is what is missing."""
    os.symlink("../gone", "my.env")
    assert refused(files=["my.env"]) == ["my.env is a link to ../gone, which does not exist"]


def test_a_folder_called_clovrix_is_an_error_here_only(
    project: Project, refused: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the working directory it is somebody else's."""
    project.write("below/.env", "A=1\n")
    (project.folder / ".clovrix").mkdir()
    assert refused() == [".clovrix is a folder"]
    monkeypatch.chdir("below")
    assert dict(resolve_env()) == {"A": "1"}


@pytest.mark.slow
def test_empty_files_are_shown_with_v(project: Project, launched: Launcher) -> None:
    """A file that an editor or a full disk emptied says nothing, and looks as if it were read."""
    project.write(".env", "")
    project.declare("")
    shown = launched("-v", "--", "true").stderr.decode()
    assert "clovrix-exec: .clovrix is empty\n" in shown
    assert "clovrix-exec: .env: 0 values\n" in shown
