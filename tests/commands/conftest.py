"""``clovrix-env`` as a real process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import clovrix_env

TOP = str(Path(clovrix_env.__file__).parents[1])  # the code that the tests import


@pytest.fixture
def command(clean_environment):
    """``command("version")`` runs ``clovrix-env version`` in the environment of the test."""

    def run(*words, status=0, env=None):
        argv = [sys.executable, "-m", "clovrix_env", *words]
        environ = {**os.environ, "PYTHONPATH": TOP, "COLUMNS": "80", **(env or {})}
        ran = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=20)
        assert ran.returncode == status, (ran.returncode, ran.stdout, ran.stderr)
        return ran

    return run
