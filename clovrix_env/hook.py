"""The start-up hook: loads values before an unchanged program starts.

``sitecustomize_hook`` or the ``.pth`` file of ``clovrix-env hook install`` calls it. The process
environment names the project and the environment; no file is looked for. A failure prints one line
on stderr and ends the program, because Python would only warn of an exception here and run the
program without its configuration.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

PROGRAM = "clovrix-env"
# EX_CONFIG of sysexits.h: a configuration error.
STATUS = 78
_INTERRUPTED = 130
_SWITCH = "CLOVRIX_AUTOLOAD"
_ON_ERROR = "CLOVRIX_AUTOLOAD_ON_ERROR"
_PLACE = ("CLOVRIX_PROJECT", "CLOVRIX_ENVIRONMENT")

# Installers and build tools run the code of the packages that they install, which must not get a
# value of Clovrix. clovrix-env's own commands load by themselves.
_AS_MODULE_OR_FILE = (
    *("pip", "pipx", "pipenv", "uv", "virtualenv", "poetry", "pdm", "hatch", "flit"),
    *("tox", "nox", "cibuildwheel"),
)
# The modules that -m runs.
_MODULES = frozenset(
    (
        *_AS_MODULE_OR_FILE,
        *("ensurepip", "venv", "build", "hatchling", "flit_core", "pre_commit", "clovrix_env"),
    )
)
# File names without a version. The suffix counts: a build.py can be part of any project.
_FILES = frozenset(
    (
        *_AS_MODULE_OR_FILE,
        *("easy_install", "conda", "mamba", "pyproject-build", "pre-commit", "clovrix-exec"),
        "clovrix-env",
        *("setup.py", "get-pip.py", "__pip-runner__.py", "_in_process.py"),
    )
)
# Parts of the code that pip, ensurepip and uv pass to -c to build or install.
_IN_CODE = (
    *("pip-setuptools-caller", 'run_module("pip"'),
    *("build_wheel", "build_editable", "build_sdist", "get_requires_for_build"),
)
# Variables that build tools set for their child processes.
_IN_ENVIRON = ("PIP_BUILD_TRACKER", "_PYPROJECT_HOOKS_BUILD_BACKEND", "PEP517_BUILD_BACKEND")
_OPTIONS_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")
# The callers in this interpreter, in order: `.pth` files run twice in a venv.
reached_by: list[str] = []


def load(caller: str) -> None:
    """Load once in this interpreter, and end it with status 78 if that fails.

    With ``CLOVRIX_AUTOLOAD_ON_ERROR=warn`` the program continues.

    Args:
        caller: The mechanism that called the hook, for ``clovrix-env hook status``.
    """
    reached_by.append(caller)
    if len(reached_by) > 1:
        return
    try:
        _load(os.environ)
    except KeyboardInterrupt:  # before EndedAtOnce has taken over the signals
        os._exit(_INTERRUPTED)
    except BaseException as error:
        _fail(error)


def _load(environ: Mapping[str, str]) -> None:
    if sys.flags.ignore_environment:
        return
    if is_skipped(_command_line(), environ):
        return
    from clovrix_env.system.signals import EndedAtOnce

    with EndedAtOnce():
        _load_values(environ)


def _load_values(environ: Mapping[str, str]) -> None:
    """Set the values, unless a launcher has set those of the same project and environment."""
    from clovrix_env.resolution import marker
    from clovrix_env.settings.load_options import HOOK_WORDING, LoadOptions
    from clovrix_env.settings.variables import asks_nobody, check_variables

    check_variables(environ)
    if asks_nobody(environ):
        return
    inherited = marker.read(environ)
    if inherited is not None and inherited.was_said_in(environ):
        return
    project, environment = _place(environ)
    from clovrix_env.load import apply
    from clovrix_env.resolution.resolve import resolve
    from clovrix_env.system.process import of_functions
    from clovrix_env.system.terminal import say

    request = LoadOptions(project, environment, files=(), wording=HOOK_WORDING, rootless=True)
    resolution = resolve(request, of_functions(), follows_marker=False)
    apply(resolution, starts=True)
    say(PROGRAM, resolution.notes)


def _place(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Project and environment, from the process environment."""
    missing = [name for name in _PLACE if not environ.get(name)]
    if missing:
        from clovrix_env.errors import ClovrixConfigError

        names = " and ".join(missing)
        raise ClovrixConfigError(f"{_SWITCH} requires {names}", f"set {names}, or unset {_SWITCH}")
    return tuple(environ[name] for name in _PLACE)


def _command_line() -> Sequence[str]:
    """The command line of this interpreter, which ``sys`` has complete since Python 3.10 only."""
    if sys.version_info >= (3, 10):
        return sys.orig_argv
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    except OSError:
        return ["", *sys.argv]


def _fail(error: BaseException) -> None:
    """Print one line and end the process at once, so that nothing else is printed after it."""
    line = f"{PROGRAM}: {_sentence(error)}\n".encode("utf-8", "backslashreplace")
    try:
        if sys.stderr is not None:  # if it is closed, another file may have its number
            os.write(2, line)
    except OSError:  # the disk is full
        pass
    if os.environ.get(_ON_ERROR) != "warn":
        os._exit(STATUS)


def _sentence(error: BaseException) -> str:
    """Describe an error in one line."""
    try:
        from clovrix_env.errors import ClovrixError
        from clovrix_env.system.error_lines import lines_of, shortage_of
        from clovrix_env.system.terminal import one_line

        error = shortage_of(error) or error
        if isinstance(error, ClovrixError):
            return one_line(
                "; ".join([*error.notes, *lines_of(error, without="CLOVRIX_REMOTE=off")])
            )
    except Exception as broken:  # the code that formats errors failed itself
        error = broken
    # The message of an unexpected error may contain a value. Its place does not.
    place, trace = "", error.__traceback__
    while trace is not None:
        place = f" in {os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"bug in the start-up hook: {type(error).__name__}{place}; please report it"


def is_skipped(command: Sequence[str], environ: Container[str]) -> bool:
    """Whether this command line (the interpreter first) installs, builds, or is clovrix-env's."""
    if any(name in environ for name in _IN_ENVIRON):
        return True
    option, program = _program_of(command)
    if option == "-c":
        return any(words in program for words in _IN_CODE)
    if option == "-m":
        return program.split(".")[0] in _MODULES
    return _plain(program) in _FILES


def _program_of(command: Sequence[str]) -> tuple[str, str]:
    """The option and its program: ``-m`` and a module, ``-c`` and code, or no option and a file."""
    words = iter(command[1:])
    for word in words:
        if word in _OPTIONS_WITH_VALUE:
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
    """``pip`` of ``pip3.11``, ``pip-3.11``, ``pip.exe``, ``pip.pyz`` and ``pip/__main__.py``."""
    path = path.rstrip("/\\")
    name = os.path.basename(path)
    if name == "__main__.py":
        name = os.path.basename(os.path.dirname(path))
    stem, ending = os.path.splitext(name)
    return (stem if ending in (".pyz", ".exe") else name).rstrip("0123456789.-")
