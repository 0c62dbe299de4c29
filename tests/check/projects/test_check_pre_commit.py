"""The hook for pre-commit, by the real pre-commit."""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = Path(__file__).resolve().parents[3]
PRE_COMMIT = "pre-commit==4.2.0"


@pytest.fixture(scope="module")
def pre_commit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pre-commit in an environment of its own."""
    if not (TOP / ".pre-commit-hooks.yaml").exists():
        pytest.skip("the hook is part of the repository, not of the source archive")
    folder = tmp_path_factory.mktemp("pre-commit")
    venv.create(folder, with_pip=True)
    got = _ended(str(folder / "bin/python"), "-m", "pip", "install", "-q", PRE_COMMIT)
    if got.returncode:
        pytest.skip(f"pre-commit cannot be installed here: {got.stdout[-200:]}")
    return folder / "bin/pre-commit"


@pytest.fixture
def hook(
    pre_commit: Path, project: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], subprocess.CompletedProcess[str]]:
    """Run our hook in the project's folder, out of a repository of what lies here now."""
    ours = tmp_path / "ours"
    shutil.copytree(
        TOP, ours, ignore=shutil.ignore_patterns(".git", "tests", "__pycache__", ".venv", "build")
    )
    here = type(project)(ours)
    here.commit()
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PYTHONPATH", raising=False)

    def run() -> subprocess.CompletedProcess[str]:
        return _ended(str(pre_commit), "try-repo", str(ours), "clovrix-check", "--all-files")

    return run


def _ended(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.timeout(240)
def test_hook_stops_a_commit_that_has_a_finding(
    project: Any, hook: Callable[[], subprocess.CompletedProcess[str]]
) -> None:
    """It fails with the finding, and passes when that is mended; no token is needed for either."""
    project.write(".clovrix", 'project = "backend"\ndefault_environment = "development"\n')
    project.write(".gitignore", ".env\n")
    project.write(".env", "A=1\nA=2\n")
    project.git("init", "-q")
    project.git("add", ".clovrix", ".gitignore")
    project.git("commit", "-q", "-m", "all")
    ended = hook()
    assert ended.returncode == 1, ended.stdout
    assert ".env:2: A is also set in line 1; this line counts [duplicate]" in ended.stdout
    project.write(".env", "A=1\n")
    ended = hook()
    assert ended.returncode == 0, ended.stdout
