"""A project's folder, and ``clovrix-env migrate`` in it."""

import json
import sys

import pytest
from resolve import surroundings

from clovrix_env.cli.main import main


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
        monkeypatch.setattr(sys, "argv", ["clovrix-env", "migrate", *arguments])
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code
        printed = capsys.readouterr()
        return status, printed.out, printed.err

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
