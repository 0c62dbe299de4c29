"""A project's folder, and ``clovrix-env migrate`` in it."""

import json

import in_process
import pytest
from resolve import surroundings


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder, and the working directory."""
    folder = tmp_path / "project"
    folder.mkdir(mode=0o700)
    monkeypatch.chdir(folder)
    return surroundings.Project(folder)


@pytest.fixture
def run(monkeypatch, capsys):
    """``run("--write")``: the status, and what the command printed."""

    def command(*arguments):
        return in_process.ended(monkeypatch, capsys, "migrate", *arguments)

    return command


@pytest.fixture
def migrate(run):
    """``migrate()``: the document of ``--json``, whose status fits."""

    def command(*arguments):
        status, out, err = run("--json", *arguments)
        assert status in (0, 1), err
        document = json.loads(out)
        assert status == bool(document["meanings"])
        return document

    return command
