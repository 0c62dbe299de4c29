"""Whom the start-up hook leaves alone: installers, builds, isolated starts, our own commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hook.interpreter import PTH, SEES, WAYS

from clovrix_env.hook import is_skipped

if TYPE_CHECKING:
    from hook.interpreter import Interpreter
    from resolve.surroundings import Clovrix


@pytest.mark.parametrize(
    "words",
    [
        ["-m", "pip", "install", "."],
        ["-Im", "pip"],
        ["-mpip"],
        ["-W", "ignore", "-X", "dev", "-m", "pip"],
        ["-Wignore", "-Es", "-m", "venv", "x"],
        ["-m", "ensurepip.__main__"],
        ["-m", "build"],
        ["/venv/bin/pip3.11", "install", "."],
        ["/venv/bin/pip-3.11", "install", "."],
        ["/x/site-packages/pip/__main__.py", "install", "."],
        *(["/venv/bin/" + name] for name in ("pipenv", "tox", "nox", "pre-commit", "cibuildwheel")),
        ["-m", "pre_commit", "run"],
        ["/venv/lib/python3.9/site-packages/pip/__pip-runner__.py", "install"],
        ["/venv/lib/python3.9/site-packages/pip", "install"],
        ["/x/pyproject_hooks/_in_process/_in_process.py", "build_wheel"],
        ["setup.py", "develop"],
        ["/x/pip.pyz", "install", "."],
        ["C:/x/pip.exe", "install", "."],
        ["-c", "exec(compile('''# This is <pip-setuptools-caller>"],
        ["-u", "-c", "from backend import build_wheel; build_wheel()"],
        ["/venv/bin/clovrix-exec", "--", "env"],
        ["-m", "clovrix_env", "hook", "status"],
        ["/usr/bin/poetry", "install"],
    ],
)
def test_left_alone(words: list[str]) -> None:
    """However it is spelt."""
    assert is_skipped(["python", *words], {})


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["-"],
        ["-i"],
        ["manage.py", "pip"],
        ["-m", "pipeline"],
        ["-m", "http.server"],
        ["-c", "print('pip')"],
        ["/venv/bin/gunicorn", "app:wsgi", "-m", "pip"],
        ["-W", "pip", "app.py"],
        ["--check-hash-based-pycs", "always", "app.py"],
        ["app/setup_database.py"],
        ["build.py"],
        ["/app/bin/setup"],
        ["/app/venv.py"],
    ],
)
def test_not_left_alone(words: list[str]) -> None:
    """A program that merely speaks of one of them is configured."""
    assert not is_skipped(["python", *words], {"PIP_INDEX_URL": "x"})


def test_what_a_build_starts_is_left_alone(loaded: Interpreter, clovrix: Clovrix) -> None:
    """pip names a folder to all that it starts, and build front ends name the backend."""
    loaded.hooked(PTH)
    for name in ("PIP_BUILD_TRACKER", "_PYPROJECT_HOOKS_BUILD_BACKEND"):
        assert "NAME" not in loaded.sees(env={name: "x"})
    assert clovrix.requests == 0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("option", ["-I", "-E", "-S"])
def test_isolated_start_is_left_alone(
    loaded: Interpreter, clovrix: Clovrix, way: str, option: str
) -> None:
    """It asked for nothing from the environment."""
    assert "NAME" not in loaded.hooked(way).sees(option)
    assert clovrix.requests == 0


@pytest.mark.parametrize("way", WAYS)
def test_module_is_known_by_its_name(loaded: Interpreter, clovrix: Clovrix, way: str) -> None:
    """On each Python: the command line is known before the program is."""
    (loaded.work / "pip").mkdir()
    (loaded.work / "pip" / "__main__.py").write_text(SEES)
    (loaded.work / "pipes.py").write_text(SEES)
    loaded.hooked(way)
    assert '"NAME"' not in loaded.run("-m", "pip").stdout
    assert '"NAME"' not in loaded.run("pip").stdout
    assert clovrix.requests == 0
    assert '"NAME"' in loaded.run("pipes.py").stdout


@pytest.mark.parametrize("way", WAYS)
def test_our_own_commands_are_left_alone(loaded: Interpreter, clovrix: Clovrix, way: str) -> None:
    """They resolve by themselves, and tell what is wrong in their own way."""
    del loaded.environ["CLOVRIX_PROJECT"]
    ran = loaded.hooked(way).run("-m", "clovrix_env", "hook", "path")
    assert ran.returncode == 0, ran.stderr
