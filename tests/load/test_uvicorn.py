"""Workers and reloads of a real uvicorn: one request for a tree, and what an edit does."""

import sys

import pytest
from launch.tree import ASGI, Tree

pytestmark = pytest.mark.slow
_SERVICE = f"from clovrix_env import load_env\nload_env()\n{ASGI}"


@pytest.fixture
def uvicorn(programs, project, clovrix):
    """``uvicorn("--workers", "2")`` starts one whose application loads at import, launched."""
    clovrix.put("backend", "staging", NAME="staging")
    project.write(".env", "LOCAL=1\n")
    project.write("service.py", _SERVICE)
    launcher, started = programs.launcher, []

    def start(*options):
        words = ("-m", "uvicorn", "--port", "0", "--log-level", "warning", *options, "service:app")
        command = launcher.argv("backend", "staging", "--", sys.executable, *words)
        started.append(Tree(project.folder, launcher.given({}), *command))
        return started[-1]

    yield start
    for tree in started:
        tree.stop()


def test_workers_under_a_launcher_ask_nobody(uvicorn, clovrix):
    """One request for supervisor and two workers, and no token in any of them."""
    tree = uvicorn("--workers", "2")
    assert tree.boots(2) == ["staging 1"] * 2
    assert clovrix.requests == 1
    assert "Traceback" not in tree.log


def test_reloaded_program_under_a_launcher_keeps_its_values_and_says_so(uvicorn, project, clovrix):
    """Without ``--pass-token`` the new child has no token: the old values, and one line."""
    tree = uvicorn("--reload", "--reload-delay", "0.05")
    tree.boots(1)
    project.write(".env", "LOCAL=22\n")
    project.write("service.py", _SERVICE + "\n")  # what --reload looks at
    assert tree.boots(2) == ["staging 1"] * 2
    assert clovrix.requests == 1
    line = "clovrix-env: .env changed since this program was started: start it again to use it\n"
    assert tree.log.count(line) == tree.log.count("clovrix-env:") == 1
