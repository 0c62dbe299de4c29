"""Packages that only some tests need, from the package registry."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_SECONDS = 240
_FRAMEWORKS = ("celery", "django", "fastapi", "flask", "gunicorn", "pydantic-settings", "uvicorn")


def programs(factory):
    """A folder with clovrix-env and the frameworks of the examples."""
    source = factory.mktemp("source") / "source"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "dist", ".*_cache")
    shutil.copytree(Path(__file__).parents[1], source, ignore=ignored)
    return installed(factory, *_FRAMEWORKS, source)


def installed(factory, *packages):
    """A folder with these packages, made once for a run and all its workers, or a skip."""
    base = factory.getbasetemp()
    # Without workers the folder above is not this run's own.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "-".join(["packages", *(os.path.basename(name) for name in packages)])
    with open(f"{folder}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _install(folder, packages)
    return str(folder)


def _install(folder, packages):
    half = f"{folder}.half"
    shutil.rmtree(half, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", half, *packages]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the package registry takes too long")
    if ran.returncode != 0:
        said = ran.stderr.strip().splitlines()
        pytest.skip(f"pip cannot install: {said[-1] if said else ran.returncode}")
    os.rename(half, folder)
