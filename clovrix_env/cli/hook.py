"""``clovrix-env hook``: the start-up hook of an interpreter."""

from __future__ import annotations

import os
import sys

import click

from clovrix_env.cli import interpreter as interpreters
from clovrix_env.cli.common_options import json_option, quiet_option
from clovrix_env.cli.groups import Family
from clovrix_env.cli.output import write, write_json
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system import files, private_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Callable

    from clovrix_env.cli.interpreter import Interpreter, Start

# An editable install of clovrix-env already has a clovrix_env.pth.
NAME = "clovrix_env_hook.pth"
# From this version on Python ignores such a line (PEP 829).
_NO_LINES = (3, 18)
# Version of the document that --json prints.
VERSION = 1
DOES_NOT_RUN = 1
# The code that runs if the switch is set. After `pip uninstall` a remaining file does nothing.
_CODE = f"""\
try:
    from clovrix_env.hook import load
    load({NAME!r})
except BaseException as error:
    if getattr(error, "name", "") not in ("clovrix_env", "clovrix_env.hook"):
        try:
            os.write(2, b"clovrix-env: the start-up hook is broken: %a\\n" % type(error).__name__)
        finally:
            os._exit(78)
"""
LINE = f'import os; "CLOVRIX_AUTOLOAD" in os.environ and exec({_CODE!r})\n'

_python = click.option(
    "--python",
    metavar="PATH",
    default=sys.executable,
    help="Interpreter (default: the one that runs clovrix-env).",
)


@click.group(cls=Family, epilog="Example: clovrix-env hook install --python .venv/bin/python")
def hook() -> None:
    """Load configuration when Python starts, without a launcher or a change of code."""


@hook.command(epilog="Example: clovrix-env hook path")
def path() -> None:
    """Print the folder to put on PYTHONPATH, as in PYTHONPATH="$(clovrix-env hook path)"."""
    write(folder())


@hook.command(epilog="Example: clovrix-env hook install --python .venv/bin/python")
@_python
@quiet_option
def install(python: str, quiet: bool) -> None:
    """Write clovrix_env_hook.pth into the site-packages of an interpreter with clovrix-env.

    The hook does nothing unless CLOVRIX_AUTOLOAD=1 is set.
    """
    found = _changeable(python)
    if found.home is None:
        raise ClovrixConfigError(
            f"clovrix-env is not installed for {found.executable}", "install it there first"
        )
    if found.version_info >= _NO_LINES:
        raise ClovrixConfigError(
            f"Python {found.version} does not run code in .pth files",
            "put the folder of `clovrix-env hook path` on PYTHONPATH instead",
        )
    file = os.path.join(found.packages, NAME)
    # Readable by every user of that interpreter, whatever the umask.
    _or_say_why(file, lambda: private_file.replace(file, LINE.encode(), mode=0o644))
    if not quiet:
        write(f"installed {file}; set CLOVRIX_AUTOLOAD=1 to use it")


@hook.command(epilog="Example: clovrix-env hook uninstall --python .venv/bin/python")
@_python
@quiet_option
def uninstall(python: str, quiet: bool) -> None:
    """Remove clovrix_env_hook.pth from the packages of one interpreter."""
    file = os.path.join(_changeable(python).packages, NAME)
    there = os.path.lexists(file)
    if there:
        _or_say_why(file, lambda: os.remove(file))
    if not quiet:
        write(f"removed {file}" if there else f"{file} does not exist")


@hook.command(epilog="Example: clovrix-env hook status --python .venv/bin/python --json")
@_python
@json_option
def status(python: str, as_json: bool) -> None:
    """Start an interpreter in this environment, and show whether the hook runs.

    The hook loads nothing during this test. The status is 0 if it runs, 1 if it does not.
    """
    found = interpreters.ask(python)
    start = interpreters.start(python)
    if as_json:
        write_json(document(found, start))
    else:
        write("\n".join(_lines(found, start)))
    sys.exit(0 if start.reached_by else DOES_NOT_RUN)


def folder() -> str:
    """The folder for PYTHONPATH, beside the package."""
    import clovrix_env

    beside = os.path.dirname(os.path.dirname(os.path.abspath(clovrix_env.__file__)))
    found = os.path.join(beside, "sitecustomize_hook")
    if not os.path.isfile(os.path.join(found, "sitecustomize.py")):
        raise ClovrixConfigError(f"{found} is missing", "install clovrix-env again")
    return found


def document(found: Interpreter, start: Start) -> dict[str, Any]:
    """The document of ``hook status --json``."""
    file = os.path.join(found.packages, NAME)
    return {
        "version": VERSION,
        "python": found.executable,
        "python_version": found.version,
        "clovrix_env": start.home or found.home,
        "file": file if os.path.lexists(file) else None,
        "runs": bool(start.reached_by),
        "by": list(dict.fromkeys(start.reached_by)),
        "next_sitecustomize": start.sitecustomize,
        "autoload": os.environ.get("CLOVRIX_AUTOLOAD") is not None,
    }


def _lines(found: Interpreter, start: Start) -> Iterator[str]:
    seen = document(found, start)
    yield f"python       {seen['python']} ({seen['python_version']})"
    yield f"clovrix-env  {seen['clovrix_env'] or 'not installed'}"
    file = seen["file"]
    unreadable = file is not None and not os.access(file, os.R_OK)
    why = " (not readable: Python ignores it)" if unreadable else ""
    yield f"file         {file or 'none'}{why}"
    if start.sitecustomize:
        yield f"runs next    {start.sitecustomize}"
    by = " and ".join("PYTHONPATH" if name == "sitecustomize" else name for name in seen["by"])
    yield f"the hook     {f'runs, by {by}' if by else 'does not run'}"
    yield f"here         CLOVRIX_AUTOLOAD is {'set' if seen['autoload'] else 'not set'}"


def _changeable(python: str) -> Interpreter:
    found = interpreters.ask(python)
    if found.managed:
        raise ClovrixConfigError(
            f"{found.executable} is externally managed ({found.managed})",
            "create a virtual environment and name its interpreter with --python",
        )
    return found


def _or_say_why(file: str, change: Callable[[], object]) -> None:
    try:
        change()
    except OSError as error:
        raise ClovrixConfigError(
            f"{file} cannot be changed: {files.reason(error)}",
            "run this as the user that owns the interpreter's packages",
        ) from None
