"""A project's folder, and ``clovrix-env check`` in it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Check = Callable[..., "Checked"]


class Project:
    """A folder: ``write(NAME, TEXT)`` puts a file into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def git(self, *arguments: str) -> None:
        """Run git here, as a user would."""
        who = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")
        subprocess.run(("git", *who, *arguments), cwd=self.folder, check=True, timeout=20)

    def commit(self) -> None:
        """A repository with all that lies here, ``.gitignore`` or not."""
        self.git("init", "-q")
        self.git("add", "--force", "--all")
        self.git("commit", "-q", "-m", "all")


class Checked:
    """How a check ended: its status, what it printed, and the findings where that is JSON."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status = status
        self.out = out
        self.err = err

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def findings(self) -> list[tuple[str, str, int | None, str | None]]:
        """Rule, source, line and name of each."""
        return [(f["rule"], f["source"], f["line"], f["name"]) for f in self.document["findings"]]

    @property
    def rules(self) -> list[str]:
        return [rule for rule, *_ in self.findings]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty folder that nobody else can enter, and the working directory."""
    folder = tmp_path / "project"
    folder.mkdir(mode=0o700)
    monkeypatch.chdir(folder)
    return Project(folder)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """``run("--format", "github")``: the command, its output and its status."""

    def command(*arguments: str) -> Checked:
        monkeypatch.setattr(sys, "argv", ["clovrix-env", "check", *arguments])
        status: Any = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code
        printed = capsys.readouterr()
        return Checked(status, printed.out, printed.err)

    return command


@pytest.fixture
def check(run: Check) -> Check:
    """``check("--env", "staging")``: the same as JSON."""

    def command(*arguments: str) -> Checked:
        found = run("--json", *arguments)
        assert found.status in (0, 1), found.err
        assert found.status == bool(found.findings)
        return found

    return command
