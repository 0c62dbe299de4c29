"""Every check of the project, by name: ``nox -l`` lists them, ``nox`` runs those of ``.ci/run``.

A Python that is not at hand is left out. Each session has an environment of its own, which uv
fills; ``nox -R`` uses it again. What follows ``--`` is passed on: ``nox -s tests -- tests/store``.
"""

import os
import shutil
import sys
from pathlib import Path

import nox
from nox.virtualenv import UV

nox.needs_version = ">=2025.2.9"
# Of the standard library: virtualenv and uv add a .pth file, which every measured start would run.
nox.options.default_venv_backend = "venv"
# As pip does; uv has its own certificates otherwise, which a proxy of a company is not in.
os.environ.setdefault("UV_SYSTEM_CERTS", "1")

PROJECT = nox.project.load_toml("pyproject.toml")
SUPPORTED = nox.project.python_versions(PROJECT)
PYTHONS = [version for version in SUPPORTED if shutil.which(f"python{version}")] or [
    f"{sys.version_info[0]}.{sys.version_info[1]}"
]
OLDEST, NEWEST = PYTHONS[0], PYTHONS[-1]
# The quick suite of one Python is run with the lowest versions.
LOWEST = SUPPORTED[1] if SUPPORTED[1] in PYTHONS else NEWEST
MIDDLE = [version for version in PYTHONS if version not in (OLDEST, LOWEST, NEWEST)]

# What `nox` alone runs. The README's command has run the quick suite on the newest Python.
nox.options.sessions = [
    "slow",
    *(f"bench-{version}" for version in PYTHONS if version in (OLDEST, "3.11", NEWEST)),
    "oldest",
    *(f"tests-{version}" for version in MIDDLE),
    *("lowest", "package", "lint", "types", "docs"),
]

# What no Python changes: what the kernel does at kill -9 and on a full disk, what other programs
# read; of the search for secrets the processes; and of the pages those that install frameworks.
ONCE = [
    *("check/projects", "examples", "fire", "guard"),
    *("cache/test_cache_at_once.py", "cache/test_cache_disk.py"),
    *("transfer/test_killed.py", "transfer/test_export_formats.py"),
]
# Folders with a session of their own.
APART = ["benchmarks", "package"]
# Many of the tests marked slow wait for processes: one worker more than there are processors.
WORKERS = f"-n{(os.cpu_count() or 1) + 1}"


def install(session, *packages):
    """Install with uv, which takes seconds where pip takes a minute."""
    python = Path(session.bin, "python")
    session.run_install(UV, "pip", "install", "-q", "--python", python, *packages, external=True)


def run(session, command, *arguments, path=os.environ["PATH"]):
    """Run a command of the environment without activating it, as the README does."""
    variables = {"PATH": path, "VIRTUAL_ENV": None}
    session.run(Path(session.bin, command), *arguments, env=variables, external=True)


@nox.session(python=PYTHONS)
def tests(session):
    """The quick suite."""
    install(session, "-e", ".[dev]")
    run(session, "pytest", *session.posargs)


@nox.session(python=LOWEST)
def lowest(session):
    """The quick suite with the lowest versions that pyproject.toml allows."""
    install(session, "--resolution", "lowest-direct", "-e", ".[dev]")
    run(session, "pytest", *session.posargs)


@nox.session(python=NEWEST)
def slow(session):
    """The tests marked slow, on the newest Python."""
    install(session, "-e", ".[dev]")
    ignored = [f"--ignore=tests/{name}" for name in APART]
    run(session, "pytest", WORKERS, "-m", "slow and not deep", *ignored, *session.posargs)


@nox.session(python=OLDEST)
def oldest(session):
    """The quick suite and the tests marked slow, on the oldest Python."""
    install(session, "-e", ".[dev]")
    ignored = [f"--ignore=tests/{name}" for name in (*APART, *ONCE)]
    pages = "how-to and (celery or fastapi or gunicorn)"
    once = ["-k", f"not (test_nothing_shows and clovrix-) and not killed and not ({pages})"]
    run(session, "pytest", WORKERS, "-m", "not deep", *ignored, *once, *session.posargs)


@nox.session(python=PYTHONS)
def bench(session):
    """The figures of a start; the machine must have nothing else to do."""
    install(session, "-e", ".[dev]")
    run(session, "pytest", "-m", "slow", "-n0", "tests/benchmarks", *session.posargs)
    if session.python in ("3.11", NEWEST):
        # Without valgrind the modules that a start imports are still compared.
        python = Path(session.bin, "python").resolve()
        run(session, "python", "tests/benchmarks/instructions.py", "--python", python)


@nox.session(python=NEWEST)
def package(session):
    """Wheel and sdist, into dist/: what they contain, and that each of them works alone."""
    install(session, "-e", ".[dev]")
    run(session, "pytest", "-m", "slow", "tests/package", *session.posargs)
    shutil.rmtree("dist", ignore_errors=True)
    session.run(UV, "build", "-q", "--out-dir", "dist", external=True)
    for archive in sorted(Path("dist").glob("clovrix_env-*")):
        alone = Path(session.create_tmp(), archive.name)
        run(session, "python", "-m", "venv", "--clear", alone)
        python = alone / "bin/python"
        session.run(UV, "pip", "install", "-q", "--python", python, archive, external=True)
        session.run(alone / "bin/clovrix-env", "demo", silent=True, external=True)


@nox.session(tags=["check"], python=NEWEST)
def lint(session):
    """Style, which folder may import which, and the workflows of the forge."""
    install(session, "-e", ".[dev]", "--group", "lint")
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")
    run(session, "lint-imports")
    schema = ["check-jsonschema", "--builtin-schema"]
    workflows = sorted(Path(".github/workflows").iterdir())
    run(session, *schema, "vendor.github-workflows", *workflows)
    run(session, *schema, "vendor.dependabot", ".github/dependabot.yml")
    run(session, "zizmor", "--offline", "--quiet", "--pedantic", ".github")


@nox.session(tags=["check"], python=NEWEST)
def types(session):
    """Both type checkers, and that every type which a program can see is declared."""
    install(session, "-e", ".[dev]")
    run(session, "mypy")
    run(session, "pyright", "--pythonpath", Path(session.bin, "python"))
    # It finds the package by the python on the PATH, and no other option names one.
    activated = os.pathsep.join([session.bin, os.environ["PATH"]])
    run(session, "pyright", "--verifytypes", "clovrix_env", "--ignoreexternal", path=activated)


@nox.session(tags=["check"], python=NEWEST)
def docs(session):
    """The generated pages are what the code says; the site has no warning and no broken link."""
    install(session, "-e", ".[dev]", "--group", "docs")
    run(session, "python", "docs/generate.py", "--check")
    run(session, "pytest", "-m", "slow and not deep", "-n0", "tests/docs/test_website.py")


@nox.session(python=False)
def deep(session):
    """What takes an hour or more, before a release; writes tests/deep-results.txt."""
    session.run(".ci/deep", *session.posargs, external=True)


@nox.session(python=False)
def coverage(session):
    """The lines and branches that the tests run, processes included."""
    session.run(".ci/coverage", *session.posargs, external=True)


@nox.session(python=False)
def mutants(session):
    """Whether the tests notice changes in the modules that decide; an hour."""
    session.run(".ci/mutants", *session.posargs, external=True)
