"""``clovrix-env demo`` in odd places; with the wheel is shown that it runs."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import clovrix_env


@pytest.fixture
def linked(tmp_path):
    """A folder like ``~/.local/bin``: our commands, and a ``python`` that is not ours."""
    folder = tmp_path / "links"
    folder.mkdir()
    for name, module in (("clovrix-env", "__main__"), ("clovrix-exec", "cli.exec")):
        script = f"#!{sys.executable}\nfrom clovrix_env.{module} import main\nmain()\n"
        (folder / name).write_text(script)
    (folder / "python").write_text("#!/bin/sh\nexit 9\n")
    for file in folder.iterdir():
        file.chmod(0o755)
    return folder


@pytest.mark.slow
def test_it_is_shown_by_what_runs_it_and_can_be_played_with(linked, tmp_path):
    """Not by another ``python``; and its last line leads to a shell that has all it needs."""
    environ = {
        "PATH": f"{linked}:{os.defpath}",
        "PYTHONPATH": str(Path(clovrix_env.__file__).parents[1]),
        "HOME": str(tmp_path),
    }
    demo = [str(linked / "clovrix-env"), "demo", "--keep", "kept"]
    options = {"cwd": tmp_path, "text": True, "timeout": 50, "check": True}
    shown = subprocess.run(demo, env=environ, stdout=subprocess.PIPE, **options).stdout
    _, _, to_it = shown.splitlines()[-1].partition("To try it yourself: ")
    environ["PATH"] = os.defpath
    played = subprocess.run(["sh", "-c", to_it], env=environ, stdout=subprocess.PIPE, **options)
    assert "LOG_LEVEL      .env:2 " in played.stdout


def test_a_folder_that_cannot_be_made(command, tmp_path):
    """Is a sentence, and another one is asked for."""
    (tmp_path / "file").touch()
    said = command("demo", "--keep", str(tmp_path / "file" / "x"), status=125).stderr
    assert said.startswith(f"clovrix-env: {tmp_path}/file/x cannot be created: ")
    assert said.endswith("clovrix-env: name another folder with --keep\n")


@pytest.mark.slow
def test_a_command_that_is_not_at_hand_is_named(tmp_path):
    """In one sentence, before anything is made: as with ``pip install --target``."""
    venv.create(tmp_path / "bare", symlinks=True)
    python = next(tmp_path.glob("bare/*/python"))
    modules = [str(Path(clovrix_env.__file__).parents[1]), *filter(os.path.isdir, sys.path)]
    environ = {"PATH": str(python.parent), "PYTHONPATH": os.pathsep.join(modules)}
    demo = [python, "-m", "clovrix_env", "demo", "--keep", "kept"]
    options = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 20}
    ran = subprocess.run(demo, env=environ, **options)
    assert (ran.returncode, ran.stdout) == (125, "")
    said, remedy = ran.stderr.splitlines()
    assert said.startswith("clovrix-env: the demonstration runs clovrix-env, which is neither on")
    assert "into a virtual environment" in remedy
    assert not (tmp_path / "kept").exists()
