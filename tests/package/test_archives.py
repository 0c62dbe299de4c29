"""What is shipped: both archives are allow-lists, and what they hold works by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import clovrix_env

TOP = Path(__file__).resolve().parents[2]
DECOYS = (
    ".clovrix",
    ".env",
    "clovrix_env/.env",
    "docs/how-to/.env.local",
    "store.db",
    "tests/.env",
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheel and sdist of this tree, built with decoys in it."""
    folder = tmp_path_factory.mktemp("package")
    source = folder / "source"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", "dist", ".*_cache")
    shutil.copytree(TOP, source, ignore=ignored)
    for decoy in DECOYS:
        (source / decoy).write_text("PLANTED=1\n")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "build"], check=True)
    subprocess.run([python, "-m", "build", "-o", folder / "dist", source], check=True)
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(archives: Path) -> Path:
    return next(archives.glob("*.whl"))


@pytest.fixture(scope="module")
def sdist(archives: Path) -> Path:
    return next(archives.glob("*.tar.gz"))


def test_a_decoy_is_in_neither_archive(wheel: Path, sdist: Path) -> None:
    """A ``.env`` that lies in the tree is shipped to nobody."""
    with zipfile.ZipFile(wheel) as archive:
        contents = [archive.read(name) for name in archive.namelist()]
    with tarfile.open(sdist) as archive:
        members = [archive.extractfile(member) for member in archive if member.isfile()]
        contents += [member.read() for member in members if member is not None]
    assert len(contents) > 100
    assert not [content for content in contents if b"PLANTED=1" in content[:100]]


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """The package, the hook's folder, the metadata; no ``.pth``, no cache, no test."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    folders = {name.split("/")[0] for name in names}
    metadata = f"clovrix_env-{clovrix_env.__version__}.dist-info"
    assert folders == {"clovrix_env", "sitecustomize_hook", metadata}
    hook = {name for name in names if name.startswith("sitecustomize_hook/") and name[-1] != "/"}
    assert hook == {"sitecustomize_hook/__init__.py", "sitecustomize_hook/sitecustomize.py"}
    assert not [name for name in names if name.endswith((".pth", ".start", ".pyc"))]
    assert "clovrix_env/py.typed" in names
    assert "clovrix_env/store/migrations/0001.sql" in names


def test_every_module_of_the_tree_is_in_the_wheel(wheel: Path) -> None:
    """Nothing of the package is left out."""
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if name.startswith("clovrix_env/")}
    tracked = subprocess.run(
        ["git", "ls-files", "clovrix_env"], cwd=TOP, check=True, capture_output=True, text=True
    ).stdout.split()
    assert {name for name in tracked if not name.startswith(".")} <= shipped


def test_the_sdist_builds_the_same_wheel_and_holds_the_tests(sdist: Path, wheel: Path) -> None:
    """Somebody who packages from the sdist has tests and documentation at hand."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "LICENSE",
        "pyproject.toml",
        ".importlinter",
    } <= names
    assert "tests/conftest.py" in names
    assert "docs/index.md" in names


def test_the_metadata(wheel: Path) -> None:
    """SPDX licence, Python 3.9, both scripts, and the version that the module says."""
    with zipfile.ZipFile(wheel) as archive:
        folder = f"clovrix_env-{clovrix_env.__version__}.dist-info"
        metadata = archive.read(f"{folder}/METADATA").decode()
        scripts = archive.read(f"{folder}/entry_points.txt").decode()
    assert "License-Expression: MIT" in metadata
    assert "Requires-Python: >=3.9" in metadata
    for extra in ("keyring", "yaml", "dev"):
        assert f"Provides-Extra: {extra}" in metadata
    assert "clovrix-env = clovrix_env.__main__:main" in scripts
    assert "clovrix-exec = clovrix_env.cli.exec:main" in scripts


def test_the_wheel_works_alone(wheel: Path, tmp_path: Path) -> None:
    """Installed without the tree, and without what only the tests need, the demonstration runs."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    scripts = tmp_path / "venv/bin"
    subprocess.run([scripts / "python", "-m", "pip", "install", "-q", wheel], check=True)
    ran = subprocess.run(
        [scripts / "clovrix-env", "demo"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "LOG_LEVEL      debug                        .env:2 (hides backend/" in ran.stdout


def test_the_hook_of_the_wheel_runs_and_leaves_in_silence(wheel: Path, tmp_path: Path) -> None:
    """By its folder and by its file, which an uninstalled package leaves without a word."""
    clean = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    scripts = tmp_path / "venv" / "bin"

    def run(name: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [str(scripts / name), *words]
        environ = {**clean, **variables}
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True)

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, env=clean)
    run("pip", "install", "-q", str(wheel))
    folder = run("clovrix-env", "hook", "path").stdout.strip()
    assert folder == str(Path(folder).parent / "sitecustomize_hook")
    run("clovrix-env", "hook", "status", PYTHONPATH=folder)
    run("clovrix-env", "hook", "install")
    run("clovrix-env", "hook", "status")
    run("pip", "uninstall", "-q", "-y", "clovrix-env")
    left = run("python", "-c", "print('ran')", PYTHONPATH=folder, CLOVRIX_AUTOLOAD="1")
    assert (left.stdout, left.stderr) == ("ran\n", "")
