"""``clovrix-env demo`` where it cannot run; with the wheel is shown that it does."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import clovrix_env


def test_a_command_that_is_not_at_hand_is_named(tmp_path: Path) -> None:
    """In one sentence, before anything is made: as with ``pip install --target``."""
    venv.create(tmp_path / "bare", symlinks=True)
    python = next(tmp_path.glob("bare/*/python"))
    modules = [str(Path(clovrix_env.__file__).parents[1]), *filter(os.path.isdir, sys.path)]
    ran = subprocess.run(
        [python, "-m", "clovrix_env", "demo", "--keep", "kept"],
        cwd=tmp_path,
        env={"PATH": str(python.parent), "PYTHONPATH": os.pathsep.join(modules)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (125, "")
    said, remedy = ran.stderr.splitlines()
    assert said.startswith("clovrix-env: the demonstration runs clovrix-env, which lies neither on")
    assert "into a virtual environment" in remedy
    assert not (tmp_path / "kept").exists()
