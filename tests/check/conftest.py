"""A project's folder, and ``clovrix-env check`` in it."""

import json
import subprocess

import in_process
import pytest
from resolve import surroundings


class Project(surroundings.Project):
    """A folder that can be a repository."""

    def git(self, *arguments):
        """Run git here, as a user would."""
        who = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")
        subprocess.run(("git", *who, *arguments), cwd=self.folder, check=True, timeout=20)

    def commit(self):
        """A repository with all that lies here, ``.gitignore`` or not."""
        self.git("init", "-q")
        self.git("add", "--force", "--all")
        self.git("commit", "-q", "-m", "all")


class Checked:
    """How a check ended: its status, what it printed, and the findings where that is JSON."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def document(self):
        return json.loads(self.out)

    @property
    def findings(self):
        """Rule, source, line and name of each."""
        return [(f["rule"], f["source"], f["line"], f["name"]) for f in self.document["findings"]]

    @property
    def rules(self):
        return [rule for rule, *_ in self.findings]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder that nobody else can enter, and the working directory."""
    folder = tmp_path / "project"
    folder.mkdir(mode=0o700)
    monkeypatch.chdir(folder)
    return Project(folder)


@pytest.fixture
def run(monkeypatch, capsys):
    """``run("--format", "github")``: the command, its output and its status."""

    def command(*arguments):
        return Checked(*in_process.ended(monkeypatch, capsys, "check", *arguments))

    return command


@pytest.fixture
def check(run):
    """``check("--env", "staging")``: the same as JSON."""

    def command(*arguments):
        found = run("--json", *arguments)
        assert found.status in (0, 1), found.err
        assert found.status == bool(found.findings)
        return found

    return command
