"""Every failure, by both ways, on every CPython from 3.9 on: one line, 78, nothing started."""

from __future__ import annotations

import os
import pwd
import shutil
from glob import glob
from typing import TYPE_CHECKING

import pytest
from hook.interpreter import HOOK, PYTHONPATH, SEES, TOP, WAYS, Interpreter, refused

if TYPE_CHECKING:
    from pathlib import Path

    from resolve.surroundings import Clovrix

_MINORS = [9, 10, 11, 12, 13]


def _python(minor: int) -> str:
    # HOME is the test's own here.
    root = os.environ.get("PYENV_ROOT", os.path.join(pwd.getpwuid(os.getuid()).pw_dir, ".pyenv"))
    found = sorted(glob(f"{root}/versions/3.{minor}.*/bin/python"))
    python = found[-1] if found else shutil.which(f"python3.{minor}")
    if python is None:
        pytest.skip(f"there is no Python 3.{minor} here")
    return python


@pytest.fixture(params=_MINORS)
def any_python(request: pytest.FixtureRequest, clovrix: Clovrix, tmp_path: Path) -> Interpreter:
    """One that has clovrix-env and nothing of what it depends on: no failure may need more."""
    return Interpreter(tmp_path / "venv", _python(request.param), homes=[]).on(
        CLOVRIX_API_URL=clovrix.loopback.url,
        CLOVRIX_TOKEN=clovrix.home.token,
        CLOVRIX_PROJECT="backend",
        CLOVRIX_ENVIRONMENT="staging",
    )


@pytest.mark.parametrize("way", WAYS)
def test_where_all_is_well_it_loads_once(
    any_python: Interpreter, clovrix: Clovrix, way: str
) -> None:
    """The check of the checks below."""
    assert any_python.hooked(way).sees()["NAME"] == "staging"
    assert clovrix.requests == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("env", "begin"),
    [
        ({"CLOVRIX_TOKEN": ""}, "no token for "),
        ({"CLOVRIX_TOKEN": "icr_wrong_0123456789abcdef"}, "backend/staging: "),
        ({"CLOVRIX_API_URL": "http://127.0.0.1:9"}, "backend/staging: cannot reach "),
        ({"CLOVRIX_PROJECT": None}, "CLOVRIX_AUTOLOAD requires CLOVRIX_PROJECT; "),
    ],
    ids=["no token", "401", "no network", "no project"],
)
def test_failure(any_python: Interpreter, way: str, env: dict[str, str | None], begin: str) -> None:
    """The line says which; the program says nothing, for it was not started."""
    whole = {**any_python.hooked(way).environ, **env}
    any_python.environ = {name: text for name, text in whole.items() if text is not None}
    assert refused(any_python.run("-c", SEES)).startswith(begin)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("module", ["hook", "resolution/gather"])
def test_bug_of_our_own(any_python: Interpreter, way: str, module: str) -> None:
    """In the hook's own module, and far below it."""
    copied = any_python.work / "copied"
    for package in ("clovrix_env", "sitecustomize_hook"):
        shutil.copytree(TOP / package, copied / package)
    (any_python.packages / "a_tree.pth").write_text(f"{copied}\n")
    (copied / "clovrix_env" / f"{module}.py").write_text("raise SystemExit('hunter2')\n")
    any_python.hooked(way)
    if way == PYTHONPATH:
        any_python.environ["PYTHONPATH"] = str(copied / HOOK.name)
    line = refused(any_python.run("-c", SEES))
    assert "SystemExit" in line
    assert "hunter2" not in line
