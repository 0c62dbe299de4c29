"""Whom the start-up hook leaves alone: installers, builds, isolated starts, our own commands."""

import shlex

import pytest
from hook.interpreter import PTH, SEES, WAYS, Interpreter

from clovrix_env.hook import is_skipped

ways = pytest.mark.parametrize("way", WAYS)


@pytest.mark.parametrize(
    "words",
    [
        *("-m pip install .", "-Im pip", "-mpip", "-W ignore -X dev -m pip", "-m build"),
        *("-Wignore -Es -m venv x", "-m ensurepip.__main__", "-m pre_commit run"),
        *("/venv/bin/pip3.11 install .", "/venv/bin/pip-3.11 install .", "/usr/bin/poetry install"),
        *(f"/venv/bin/{name}" for name in ("pipenv", "tox", "nox", "pre-commit", "cibuildwheel")),
        "/x/site-packages/pip/__main__.py install .",
        "/venv/lib/python3.9/site-packages/pip/__pip-runner__.py install",
        "/venv/lib/python3.9/site-packages/pip install",
        "/x/pyproject_hooks/_in_process/_in_process.py build_wheel",
        *("/x/pip.pyz install .", "C:/x/pip.exe install .", "setup.py develop"),
        '-c \'exec(compile("""# This is <pip-setuptools-caller>\'',
        "-u -c 'from backend import build_wheel; build_wheel()'",
        *("/venv/bin/clovrix-exec -- env", "-m clovrix_env hook status"),
    ],
)
def test_left_alone(words):
    """However it is spelt."""
    assert is_skipped(["python", *shlex.split(words)], {})


@pytest.mark.parametrize(
    "words",
    [*("", "-", "-i", "manage.py pip", "-m pipeline", "-m http.server", "-c \"print('pip')\""),
     *("/venv/bin/gunicorn app:wsgi -m pip", "-W pip app.py", "app/setup_database.py"),
     *("--check-hash-based-pycs always app.py", "build.py", "/app/bin/setup", "/app/venv.py")],
)  # fmt: skip
def test_not_left_alone(words):
    """A program that merely speaks of one of them is configured."""
    assert not is_skipped(["python", *shlex.split(words)], {"PIP_INDEX_URL": "x"})


def test_what_a_build_starts_is_left_alone(loaded, clovrix):
    """pip names a folder to all that it starts, and build front ends name the backend."""
    loaded.hooked(PTH)
    for name in ("PIP_BUILD_TRACKER", "_PYPROJECT_HOOKS_BUILD_BACKEND"):
        assert "NAME" not in loaded.sees(env={name: "x"})
    assert clovrix.requests == 0


@ways
@pytest.mark.parametrize("option", ["-I", "-E", "-S"])
def test_isolated_start_is_left_alone(loaded, clovrix, way, option):
    """It asked for nothing from the environment."""
    assert "NAME" not in loaded.hooked(way).sees(option)
    assert clovrix.requests == 0


@ways
def test_module_is_known_by_its_name(loaded, clovrix, way):
    """On each Python: the command line is known before the program is."""
    (loaded.work / "pip").mkdir()
    (loaded.work / "pip" / "__main__.py").write_text(SEES)
    (loaded.work / "pipes.py").write_text(SEES)
    loaded.hooked(way)
    assert '"NAME"' not in loaded.run("-m", "pip").stdout
    assert '"NAME"' not in loaded.run("pip").stdout
    assert clovrix.requests == 0
    assert '"NAME"' in loaded.run("pipes.py").stdout


@ways
def test_our_own_commands_are_left_alone(loaded, clovrix, way):
    """They resolve by themselves, and tell what is wrong in their own way."""
    del loaded.environ["CLOVRIX_PROJECT"]
    ran = loaded.hooked(way).run("-m", "clovrix_env", "hook", "path")
    assert ran.returncode == 0, ran.stderr


_SETUP = """
import os, subprocess, sys
told = 'import os; print(sorted(os.environ))'
with open({seen!r}, "a") as file:
    file.write(repr(dict(os.environ)) + "\\n")
    file.write(subprocess.run([sys.executable, "-c", told], capture_output=True, text=True).stdout)
from setuptools import setup
setup(name="curious", version="1", py_modules=[])
"""


@ways
def test_setup_of_a_package_sees_no_value(clovrix, tmp_path, way):
    """Neither the script itself nor what it starts; pip and ``venv`` ask nobody."""
    made = Interpreter(tmp_path / "venv", homes=[], pip=()).hooked(way).asks(clovrix)
    seen = tmp_path / "seen"
    (tmp_path / "curious").mkdir()
    (tmp_path / "curious" / "setup.py").write_text(_SETUP.format(seen=str(seen)))
    ran = made.run("-m", "pip", "install", "-v", "./curious", timeout=240)
    if not seen.exists():
        pytest.skip("pip cannot get what it builds with")
    assert ran.returncode == 0, ran.stderr
    assert "'PATH'" in seen.read_text()
    assert "'NAME'" not in seen.read_text()
    pip = str(made.folder / "bin" / "pip")
    for words in ((pip, "uninstall", "-y", "curious"), ("-m", "venv", str(tmp_path / "new"))):
        ran = made.run(*words, timeout=120)
        assert ran.returncode == 0, ran.stderr
    assert clovrix.requests == 0
    assert made.sees()["NAME"] == "staging"
