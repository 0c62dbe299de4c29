"""A ``.env`` that does not count here is named where it is missed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from launch.launcher import Launcher
    from resolve.surroundings import Project

_CLOVRIX_EXEC = ("--",)
_LOAD = "from clovrix_env import load_env; load_env(environment='production')"


@pytest.fixture
def needs(project: Project) -> Project:
    project.declare("[variables.NEED]\nrequired = true\n")
    project.write(".env", "OTHER=1\nNEED=hunter2\nSAME=process\n")
    return project


@pytest.mark.parametrize("entry", ["exec", "run", "load_env", "explain", "check"])
def test_required_name_that_only_an_ignored_file_sets(
    needs: Project, launched: Launcher, entry: str
) -> None:
    """The sentence says where it is set, and the file is reported in front of the failure too."""
    command = (sys.executable, "-m", "clovrix_env")
    ran = {
        "exec": lambda: launched("-e", "production", "--", "true"),
        "run": lambda: launched.plain(*command, "run", "-e", "production", "--", "true"),
        "load_env": lambda: launched.plain(sys.executable, "-c", _LOAD),
        "explain": lambda: launched.plain(*command, "explain", "NEED", "-e", "production"),
        "check": lambda: launched.plain(*command, "check", "-e", "production"),
    }[entry]()
    local = "local=True" if entry == "load_env" else "--local"
    said = (ran.stdout + ran.stderr).decode()
    assert ran.returncode != 0
    sets = f".env:2 sets it, but .env is not read in production ({local} reads it)"
    assert f"is required and not set. {sets}." in " ".join(said.split())
    if entry != "explain":  # which shows what is known of that name only
        assert f".env not read in production ({local} reads it)" in said
    assert "hunter2" not in said


def test_explain_says_where_an_ignored_file_and_the_process_agree(
    needs: Project, launched: Launcher
) -> None:
    """python-dotenv#249: another reader of ``.env`` in the program would explain the value."""
    launched.environ.update(SAME="process", OTHER="another", NEED="x")
    shown = launched("-e", "production", "--explain")
    text = " ".join(shown.stdout.decode().split())
    note = "SAME: the process environment has the value of .env, which is not read in production"
    assert note in text
    assert "OTHER .env:1 is not read in production (--local reads it)" in text


def test_an_ignored_fifo_is_not_opened(needs: Project, launched: Launcher) -> None:
    """Its writer would be told that it was read."""
    (needs.folder / ".env").unlink()
    os.mkfifo(needs.folder / ".env")
    ran = launched("-e", "production", "--", "true", timeout=10)
    assert b"NEED is required and not set (declared in .clovrix:1)" in ran.stderr
