"""What the start-up hook leaves alone: what installs and builds, and the commands of our own.

An installer runs the code of whatever it installs, which is to see no value of Clovrix. Pure.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Sequence

_ANYWAY = ("pip", "pipx", "uv", "virtualenv", "poetry", "pdm", "hatch", "flit")
# What -m runs.
_MODULES = frozenset(
    (*_ANYWAY, "ensurepip", "venv", "build", "hatchling", "flit_core", "clovrix_env")
)
# Files, without version; an ending counts, for build.py is anybody's.
_FILES = frozenset(
    (
        *_ANYWAY,
        *("easy_install", "conda", "mamba", "pyproject-build", "clovrix-exec", "clovrix-env"),
        *("setup.py", "get-pip.py", "__pip-runner__.py", "_in_process.py"),
    )
)
# What the code after -c holds where pip, ensurepip or uv builds or installs by it.
_IN_CODE = (
    *("pip-setuptools-caller", 'run_module("pip"'),
    *("build_wheel", "build_editable", "build_sdist", "get_requires_for_build"),
)
# Set for whatever is started while something is built.
_IN_ENVIRON = ("PIP_BUILD_TRACKER", "_PYPROJECT_HOOKS_BUILD_BACKEND", "PEP517_BUILD_BACKEND")
_TAKE_A_WORD = ("-W", "-X", "--check-hash-based-pycs")


def is_left_alone(command: Sequence[str], environ: Container[str]) -> bool:
    """Whether a Python with this command line, its own name first, installs, builds, or is ours."""
    if any(name in environ for name in _IN_ENVIRON):
        return True
    option, program = _program_of(command)
    if option == "-c":
        return any(words in program for words in _IN_CODE)
    if option == "-m":
        return program.split(".")[0] in _MODULES
    return _plain(program) in _FILES


def _program_of(command: Sequence[str]) -> tuple[str, str]:
    """What runs: ``-m`` and a module, ``-c`` and code, or nothing and a file."""
    words = iter(command[1:])
    for word in words:
        if word in _TAKE_A_WORD:
            next(words, "")
        elif word == "-" or not word.startswith("-"):
            return "", word
        elif not word.startswith("--"):
            # Letters can be joined: -Im pip, -mpip, -Wignore.
            for at, letter in enumerate(word[1:], 1):
                if letter in "mc":
                    return f"-{letter}", word[at + 1 :] or next(words, "")
                if letter in "WX":
                    if at == len(word) - 1:
                        next(words, "")
                    break
    return "", ""


def _plain(path: str) -> str:
    """``pip`` of ``/venv/bin/pip3.11``, ``pip.exe``, ``pip.pyz`` and of a folder that is run."""
    name = os.path.basename(path.rstrip("/\\"))
    stem, ending = os.path.splitext(name)
    return (stem if ending in (".pyz", ".exe") else name).rstrip("0123456789.")
