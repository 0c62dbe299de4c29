"""What is shipped: both archives are allow-lists, and what they hold works by itself."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import clovrix_env

TOP = Path(__file__).resolve().parents[2]
DECOYS = [
    *(".clovrix", ".env", "store.db"),
    *("clovrix_env/.env", "docs/how-to/.env.local", "docs/_build/index.html", "tests/.env"),
]
pytestmark = pytest.mark.slow


def build(folder, *options, decoys=(), copy=shutil.copy2, **environment):
    """Build wheel and sdist of a copy of this tree; return the folder that contains them."""
    source = folder / "source"
    ignored = shutil.ignore_patterns(".git", ".venv", ".nox", "__pycache__", "dist", ".*_cache")
    shutil.copytree(TOP, source, ignore=ignored, copy_function=copy)
    for decoy in decoys:
        (source / decoy).parent.mkdir(exist_ok=True)
        (source / decoy).write_text("PLANTED=1\n")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    install = [python, "-m", "pip", "install", "-q", "build"]
    subprocess.run([*install, "uv_build>=0.13,<0.14", "tomli"], check=True)
    command = [python, "-m", "build", *options, "-o", folder / "dist", source]
    path = f"{folder / 'venv/bin'}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, check=True, env={**os.environ, "PATH": path, **environment})
    return folder / "dist"


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """Wheel and sdist of this tree, built with decoys in it."""
    return build(tmp_path_factory.mktemp("package"), decoys=DECOYS)


@pytest.fixture(scope="module")
def wheel(archives):
    return next(archives.glob("*.whl"))


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    """All of the package, the hook's folder and the metadata; no ``.pth``, no cache, no test."""
    metadata = f"clovrix_env-{clovrix_env.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}
    names = set(contents)
    folders = {name.split("/")[0] for name in names}
    assert folders == {"clovrix_env", "sitecustomize_hook", metadata}
    hook = {name for name in names if name.startswith("sitecustomize_hook/")}
    assert hook == {"sitecustomize_hook/__init__.py", "sitecustomize_hook/sitecustomize.py"}
    assert not [name for name in names if name.endswith((".pth", ".start", ".pyc"))]
    listed = ["git", "ls-files", "clovrix_env"]
    tracked = subprocess.run(listed, cwd=TOP, check=True, capture_output=True, text=True).stdout
    assert {"clovrix_env/py.typed", *tracked.split()} <= names
    record = contents[f"{metadata}/RECORD"].decode().splitlines()
    assert {line.partition(",")[0] for line in record} == names
    for name, digest, size in (line.split(",") for line in record if not line.endswith(",,")):
        hashed = hashlib.sha256(contents[name]).digest()
        assert f"sha256={base64.urlsafe_b64encode(hashed).decode().rstrip('=')}" == digest
        assert str(len(contents[name])) == size
    about = contents[f"{metadata}/METADATA"].decode()
    for line in ("License-Expression: MIT", "Requires-Python: >=3.9"):
        assert line in about
    for extra in ("keyring", "yaml", "dev"):
        assert f"Provides-Extra: {extra}" in about
    scripts = contents[f"{metadata}/entry_points.txt"].decode()
    assert "clovrix-env = clovrix_env.__main__:main" in scripts
    assert "clovrix-exec = clovrix_env.cli.exec:main" in scripts
    assert not [name for name, content in contents.items() if b"PLANTED=1" in content[:100]]


def test_the_wheel_lists_its_dependencies(wheel):
    """By the schema of CycloneDX; each of METADATA, and no other."""
    metadata = f"clovrix_env-{clovrix_env.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        listed = archive.read(f"{metadata}/sboms/clovrix-env.cdx.json").decode()
        about = archive.read(f"{metadata}/METADATA").decode()
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(listed) is None
    document = json.loads(listed)
    package = document["metadata"]["component"]
    assert package["purl"] == f"pkg:pypi/clovrix-env@{clovrix_env.__version__}"
    assert package["licenses"] == [{"license": {"id": "MIT"}}]
    said = [line.partition(": ")[2] for line in about.splitlines() if line[:14] == "Requires-Dist:"]
    said = [line for line in said if "extra == 'dev'" not in line]
    names = [re.match(r"[\w.-]+", line)[0].lower() for line in said]
    components = document["components"]
    assert sorted(part["purl"] for part in components) == sorted(f"pkg:pypi/{n}" for n in names)
    optional = {part["name"] for part in components if part["scope"] == "optional"}
    assert optional == {"httptools", "keyring", "psycopg", "PyYAML", "uvicorn"}
    ranges = {part["bom-ref"]: part["versionRange"] for part in components}
    assert ranges["httpx>=0.27,<1"] == "vers:pypi/>=0.27|<1"


def test_two_builds_are_the_same(archives, tmp_path):
    """In another folder, later, with another umask, time zone, locale and age of the files."""

    def checkout(source, target):
        shutil.copyfile(source, target)
        if os.access(source, os.X_OK):
            Path(target).chmod(0o700)

    elsewhere = tmp_path / "another folder"
    elsewhere.mkdir()
    before = os.umask(0o077)
    try:
        places = {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
        build(elsewhere, "--no-isolation", copy=checkout, **places)
    finally:
        os.umask(before)
    for archive in sorted(archives.iterdir()):
        again = elsewhere / "dist" / archive.name
        assert archive.read_bytes() == again.read_bytes(), archive.name


def test_the_sdist_holds_tests_and_documentation_and_no_decoy(archives):
    """Who packages from it has all at hand; a ``.env`` of the tree is shipped to nobody."""
    with tarfile.open(next(archives.glob("*.tar.gz"))) as archive:
        members = {m.name.partition("/")[2]: archive.extractfile(m) for m in archive if m.isfile()}
        contents = {name: member.read() for name, member in members.items() if member}
    pages = {f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")}
    more = {"LICENSE", "pyproject.toml", ".importlinter", "tests/conftest.py", "docs/index.md"}
    assert pages | more <= contents.keys()
    assert not [name for name, content in contents.items() if b"PLANTED=1" in content[:100]]


@pytest.fixture
def run(wheel, tmp_path):
    """Run a script of an environment where the wheel is installed, without the tree."""
    clean = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}

    def script(name, *words, **variables):
        options = {"cwd": tmp_path, "env": {**clean, **variables}, "text": True, "check": True}
        command = [tmp_path / "venv/bin" / name, *words]
        return subprocess.run(command, capture_output=True, **options)

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, env=clean)
    script("pip", "install", "-q", str(wheel))
    return script


def test_the_wheel_works_alone(run):
    """Without what only the tests need, the demonstration runs."""
    shown = run("clovrix-env", "demo").stdout
    assert "LOG_LEVEL      debug                        .env:2 (hides backend/" in shown


def test_the_hook_of_the_wheel_runs_and_leaves_in_silence(run):
    """By its folder and by its file, which an uninstalled package leaves without a word."""
    folder = run("clovrix-env", "hook", "path").stdout.strip()
    assert folder == str(Path(folder).parent / "sitecustomize_hook")
    run("clovrix-env", "hook", "status", PYTHONPATH=folder)
    run("clovrix-env", "hook", "install")
    run("clovrix-env", "hook", "status")
    run("pip", "uninstall", "-q", "-y", "clovrix-env")
    left = run("python", "-c", "print('ran')", PYTHONPATH=folder, CLOVRIX_AUTOLOAD="1")
    assert (left.stdout, left.stderr) == ("ran\n", "")
