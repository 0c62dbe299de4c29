"""The start-up hook: loads before a program starts that has not been changed for it.

It is called by ``sitecustomize_hook`` or by the ``.pth`` file of ``clovrix-env hook install``, and
asks for the project and the environment that the process environment names: it looks for no file
and into no folder. Whatever goes wrong is one line on stderr and the end of the program: Python
itself would tell an exception here as a warning, and run the program without its configuration.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

PROGRAM = "clovrix-env"
# EX_CONFIG of sysexits.h: the program's configuration is not in order.
STATUS = 78
_INTERRUPTED = 130
_SWITCH = "CLOVRIX_AUTOLOAD"
_ON_ERROR = "CLOVRIX_AUTOLOAD_ON_ERROR"
_PLACE = ("CLOVRIX_PROJECT", "CLOVRIX_ENVIRONMENT")

# Programs that install or build run the code of whatever they install, which must not see a value
# of Clovrix; clovrix-env's own commands load by themselves.
_ANYWAY = (
    *("pip", "pipx", "pipenv", "uv", "virtualenv", "poetry", "pdm", "hatch", "flit"),
    *("tox", "nox", "cibuildwheel"),
)
# What -m runs.
_MODULES = frozenset(
    (*_ANYWAY, "ensurepip", "venv", "build", "hatchling", "flit_core", "pre_commit", "clovrix_env")
)
# Files, without version; an ending counts, for build.py is anybody's.
_FILES = frozenset(
    (
        *_ANYWAY,
        *("easy_install", "conda", "mamba", "pyproject-build", "pre-commit", "clovrix-exec"),
        "clovrix-env",
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
# By whom this interpreter was made to call, in order: `.pth` files run twice in a venv.
reached_by: list[str] = []


def load(caller: str) -> None:
    """Load once in an interpreter, if that is asked for; end it with status 78 where that fails.

    ``caller`` is what ran this, for who wants to know. ``CLOVRIX_AUTOLOAD_ON_ERROR=warn`` lets the
    program go on.
    """
    reached_by.append(caller)
    if len(reached_by) > 1:
        return
    try:
        _load(os.environ)
    except KeyboardInterrupt:  # in the moment before signals end us by themselves
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
        _load_anew(environ)


def _load_anew(environ: Mapping[str, str]) -> None:
    """What a program that is none of those comes to, unless it stands there already."""
    from clovrix_env.resolution import marker
    from clovrix_env.settings.load_options import HOOK_WORDING, LoadOptions
    from clovrix_env.settings.variables import asks_nobody, check_variables

    check_variables(environ)
    if asks_nobody(environ):
        return
    left = marker.read(environ)
    if left is not None and left.was_said_in(environ):
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
    """Project and environment, as the process environment says them."""
    unsaid = [name for name in _PLACE if not environ.get(name)]
    if unsaid:
        from clovrix_env.errors import ClovrixConfigError

        raise ClovrixConfigError(
            f"{_SWITCH} is set, and {' and '.join(unsaid)} {'is' if len(unsaid) == 1 else 'are'} "
            "not",
            f"set {'it' if len(unsaid) == 1 else 'them'}, or unset {_SWITCH}",
        )
    return tuple(environ[name] for name in _PLACE)


def _command_line() -> Sequence[str]:
    """How this interpreter was called; before Python 3.10 the system knows better than ``sys``."""
    if sys.version_info >= (3, 10):
        return sys.orig_argv
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    except OSError:
        return ["", *sys.argv]


def _fail(error: BaseException) -> None:
    """One line, and the end, with nothing of ours or of Python's after it."""
    line = f"{PROGRAM}: {_sentence(error)}\n".encode("utf-8", "backslashreplace")
    try:
        if sys.stderr is not None:  # closed: whatever was opened since can have its number
            os.write(2, line)
    except OSError:  # full
        pass
    if os.environ.get(_ON_ERROR) != "warn":
        os._exit(STATUS)


def _sentence(error: BaseException) -> str:
    """All that there is to say of an error, in one line."""
    try:
        from clovrix_env.errors import ClovrixError
        from clovrix_env.system.error_lines import lines_of, shortage_of
        from clovrix_env.system.terminal import one_line

        error = shortage_of(error) or error
        if isinstance(error, ClovrixError):
            return one_line(
                "; ".join([*error.notes, *lines_of(error, without="CLOVRIX_REMOTE=off")])
            )
    except Exception as broken:  # what tells errors can be what is broken
        error = broken
    # What a fault of ours says may hold a value; where it lies does not.
    place, trace = "", error.__traceback__
    while trace is not None:
        place = f" in {os.path.basename(trace.tb_frame.f_code.co_filename)}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"a fault of the start-up hook itself: {type(error).__name__}{place}; please report it"


def is_skipped(command: Sequence[str], environ: Container[str]) -> bool:
    """Whether a Python with this command line (its own name first) installs, builds, or is ours."""
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
    """``pip`` of ``pip3.11``, ``pip-3.11``, ``pip.exe``, ``pip.pyz`` and ``pip/__main__.py``."""
    path = path.rstrip("/\\")
    name = os.path.basename(path)
    if name == "__main__.py":
        name = os.path.basename(os.path.dirname(path))
    stem, ending = os.path.splitext(name)
    return (stem if ending in (".pyz", ".exe") else name).rstrip("0123456789.-")
