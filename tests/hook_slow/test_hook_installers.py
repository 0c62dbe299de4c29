"""``pip install`` with the hook on: what it installs and builds sees no value of Clovrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hook.interpreter import WAYS, Interpreter

if TYPE_CHECKING:
    from pathlib import Path

    from resolve.surroundings import Clovrix

_SETUP = """
import os, subprocess, sys
told = 'import os; print(sorted(os.environ))'
with open({seen!r}, "a") as file:
    file.write(repr(dict(os.environ)) + "\\n")
    file.write(subprocess.run([sys.executable, "-c", told], capture_output=True, text=True).stdout)
from setuptools import setup
setup(name="curious", version="1", py_modules=[])
"""


@pytest.mark.parametrize("way", WAYS)
def test_setup_of_a_package_sees_no_value(clovrix: Clovrix, tmp_path: Path, way: str) -> None:
    """Neither the script itself nor what it starts; nobody is asked."""
    made = Interpreter(tmp_path / "venv", homes=[], pip=()).hooked(way)
    seen = tmp_path / "seen"
    (tmp_path / "curious").mkdir()
    (tmp_path / "curious" / "setup.py").write_text(_SETUP.format(seen=str(seen)))
    made.on(
        CLOVRIX_API_URL=clovrix.loopback.url,
        CLOVRIX_TOKEN=clovrix.home.token,
        CLOVRIX_PROJECT="backend",
        CLOVRIX_ENVIRONMENT="staging",
    )
    ran = made.run("-m", "pip", "install", "-v", "./curious", timeout=240)
    if not seen.exists():
        pytest.skip("pip cannot get what it builds with")
    assert ran.returncode == 0, ran.stderr
    assert "'PATH'" in seen.read_text()
    assert "'NAME'" not in seen.read_text()
    assert clovrix.requests == 0
    script = made.folder / "bin" / "pip"
    ran = made.run(str(script), "uninstall", "-y", "curious")
    assert ran.returncode == 0, ran.stderr
    assert clovrix.requests == 0
    assert made.sees()["NAME"] == "staging"


def test_virtual_environment_is_made_without_a_request(
    loaded: Interpreter, clovrix: Clovrix
) -> None:
    """``venv`` starts the new interpreter, with pip."""
    loaded.hooked(WAYS[0])
    ran = loaded.run("-m", "venv", str(loaded.work / "new"), timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert clovrix.requests == 0
