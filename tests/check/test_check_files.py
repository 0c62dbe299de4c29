"""The files themselves: who can read them, whether git has them, and files that are hostile."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def open_folder(monkeypatch):
    """A working directory that every user of the machine can enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    monkeypatch.chdir(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def tracked(project):
    """A repository whose ``.env`` git tracks."""
    project.write(".env", "PASSWORD=hush\n")
    project.commit()
    return project


def _file(path, text, mode):
    path.write_text(text)
    path.chmod(mode)


@pytest.mark.parametrize(
    ("folder", "file", "text", "found"),
    [(0o755, 0o644, "A=1\n", True), (0o700, 0o644, "A=1\n", False),
     (0o755, 0o600, "A=1\n", False), (0o755, 0o644, "A=\n", False)],
)  # fmt: skip
def test_file_that_others_can_read_is_found(open_folder, check, folder, file, text, found):
    """Not where its own mode keeps them out, or that of a folder above, or for want of a value."""
    _file(open_folder / ".env", text, file)
    open_folder.chmod(folder)
    assert check().findings == ([("open-file", ".env", None, None)] if found else [])


def test_file_of_a_group_of_several_is_found(open_folder, check):
    """A group that is not the user's own holds others."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another group")
    _file(open_folder / ".env", "A=1\n", 0o640)
    assert check().findings == []
    os.chown(open_folder / ".env", -1, 12345)
    assert check().rules == ["open-file"]


def test_file_that_git_tracks_is_found(tracked, check):
    """With the names that may be secret, and not their values."""
    found = check()
    assert found.findings == [("tracked", ".env", None, None)]
    assert "PASSWORD" in found.out
    assert "hush" not in found.out


def test_git_of_a_hook_is_not_asked_of_another_repository(tracked, check, monkeypatch):
    """A hook has GIT_DIR and GIT_INDEX_FILE set, which in a linked worktree name other files."""
    monkeypatch.setenv("GIT_DIR", str(tracked.folder / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tracked.folder / "no-index"))
    assert check().rules == ["tracked"]


def test_git_that_refuses_is_reported(tracked, check):
    """It does not look into another user's repository: what was not checked is said."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    for path in (tracked.folder, tracked.folder / ".git"):
        os.chown(path, 12345, 12345)
    found = check()
    assert "tracked" not in found.rules
    assert "git does not report whether it tracks these files (git status shows why)" in found.err


def test_file_that_git_may_track_is_left_alone(project, check):
    """An example; a file that is ignored; one whose values the contract calls harmless."""
    project.write(".clovrix", "[variables.LOG_LEVEL]\nsecret = false\n[variables.KEY]\n")
    project.write(".env.example", "KEY=put yours here\n")
    project.write(".env", "LOG_LEVEL=debug\nKEY=\n")
    project.commit()
    project.write(".gitignore", ".env.local\n")
    project.write(".env.local", "KEY=hush\n")
    assert check().findings == []


def test_tracked_file_of_an_environment_that_ignores_it_is_found(tracked, check):
    """A start does not read it; whoever clones the repository does."""
    tracked.write(".clovrix", "")
    found = check("--env", "production")
    assert found.rules == ["tracked"]
    assert "not read in production" in found.err


def test_named_file_is_checked_instead(project, check):
    """``-f`` names what is checked, as it names what is read."""
    project.write(".env", "A\n")
    project.write("deploy/prod.env", "B=1\nB=2\n")
    assert check("-f", "deploy/prod.env").findings == [("duplicate", "deploy/prod.env", 2, "B")]


# What git runs.
RUNS = "core.fsmonitor core.pager core.editor core.sshCommand core.gitProxy core.askPass"
RUNS += " core.alternateRefsCommand pager.ls-files diff.external filter.x.clean filter.x.smudge"
SETTINGS = {
    "core.hooksPath": "{hooks}",
    "core.untrackedCache": "true",
    "filter.x.required": "true",
    "alias.ls-files": "!{run}",
    "credential.helper": "!{run}",
    "filter.x.process": "{run}",
    "remote.origin.url": "ext::{run}",
    "remote.origin.promisor": "true",
    "remote.origin.partialclonefilter": "blob:none",
    "extensions.partialClone": "origin",
}


@pytest.fixture
def hostile(project):
    """A repository whose configuration runs a program wherever git lets it; tells if it ran."""
    ran = project.folder / "ran"
    project.write(".env", "PASSWORD=hush\n")
    project.write("main.py", "import os\nos.environ['NEEDED']\n")
    project.write(".gitattributes", "* filter=x\n")
    project.commit()
    script = project.write(".git/run", f"#!/bin/sh\ntouch '{ran}'\n")
    script.chmod(0o755)
    hooks = project.folder / ".git/evil"
    for hook in ("post-index-change", "fsmonitor-watchman", "pre-auto-gc", "reference-transaction"):
        project.write(f".git/evil/{hook}", script.read_text()).chmod(0o755)
    for name, value in {**dict.fromkeys(RUNS.split(), "{run}"), **SETTINGS}.items():
        project.git("config", name, value.format(run=script, hooks=hooks))
    os.utime(project.folder / "main.py", (1, 1))
    return ran.exists


def test_hostile_repository_runs_nothing(project, check, hostile):
    """Git is asked all the same, and what the repository configures is not run."""
    assert check().rules == ["tracked", "unprovided"]
    assert not hostile()
    project.git("ls-files", "--others")
    assert hostile(), "this repository would run nothing anyway"


def test_git_that_hangs_is_given_up(tracked, check, monkeypatch):
    """Where git does not answer in time, its rules are silent."""
    from clovrix_env.check import git

    monkeypatch.setattr(git, "_SECONDS", 0.3)
    os.mkfifo("fifo")
    tracked.git("config", "include.path", str(tracked.folder / "fifo"))
    assert check().findings == []


def test_without_git_its_rules_are_silent(tracked, check, monkeypatch):
    """The code is looked at by walking the folders."""
    tracked.write("main.py", "import os\nos.environ['NEEDED']\n")
    tracked.commit()
    monkeypatch.setenv("PATH", str(tracked.folder))
    assert check().rules == ["unprovided"]


def test_hostile_files_are_survived(project, check):
    """Too large, no UTF-8, a FIFO, a link to itself, a folder: findings or nothing."""
    os.mkfifo(".env")
    project.write(".clovrix", "")
    project.write(".env.one", "A=" + "x" * 1024 * 1024 + "\n")
    project.write(".env.two", b"A=\xff\n")
    os.symlink(".env.three", ".env.three")
    (project.folder / ".env.four").mkdir()
    for environment in ("one", "two", "three"):
        assert check("--env", environment).rules == ["unreadable"], environment
    assert check("--env", "four").rules == []
