"""``clovrix-env demo``: the main job from end to end, without any set-up.

Every line that begins with ``$`` is a command that ran; its output follows.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import click

from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import DIM, bold, styled, write
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.names import OURS
from clovrix_env.model.record import Record
from clovrix_env.system import private_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_PROJECT_FILE = """\
project = "backend"
default_environment = "development"

[variables.PORT]
type = "port"
default = 8000
"""

_DOTENV = """\
# Values of this machine. They override those of Clovrix.
LOG_LEVEL=debug
DATABASE_URL="postgres://localhost/${DATABASE_NAME}"
"""

_WRITE = """\
from clovrix_env import Client, WriteItem

with Client() as clovrix:
    written = clovrix.set_entries("backend", "development", [
        WriteItem("GREETING", "hello from Clovrix"),
        WriteItem("LOG_LEVEL", "info"),
        WriteItem("DATABASE_NAME", "app"),
        WriteItem("DATABASE_URL", "postgres://db.internal/app"),
        {"key": "API_KEY", "value": "a-secret-of-the-demo", "is_secret": True},
    ])
    print(f"{written} entries written")
"""

_MAIN = """\
from clovrix_env import load_env

environment = load_env()

for name in sorted(environment):
    shown = "********" if name == "API_KEY" else environment[name]
    print(f"{name:14} {shown:28} {environment.origin(name)}")
"""

_SHOW = """\
import os

for name in ("GREETING", "LOG_LEVEL", "DATABASE_URL", "PORT"):
    print(f"{name:14} {os.environ[name]}")
"""

_FILES = {
    ".clovrix": _PROJECT_FILE,
    ".env": _DOTENV,
    "write.py": _WRITE,
    "show.py": _SHOW,
    "main.py": _MAIN,
}


class Step(Record):
    """One command of the demonstration, and its title."""

    title: str
    command: Sequence[str]
    setting: tuple[str, str] | None = None
    shows: str | None = None


_STEPS = (
    Step(
        "A store on this machine: no account, no network, no port",
        ("clovrix-env", "local", "init", "backend", "--env", "development"),
    ),
    Step("Entries, written through the SDK", ("python", "write.py"), shows="write.py"),
    Step("This machine's own values", ("cat", ".env")),
    Step(
        "The launcher fetches, merges and starts. .env overrides LOG_LEVEL and DATABASE_URL",
        ("clovrix-exec", "backend", "development", "--", "python", "show.py"),
    ),
    Step(
        "The process environment overrides both",
        ("clovrix-exec", "backend", "development", "--", "python", "show.py"),
        ("LOG_LEVEL", "error"),
    ),
    Step(
        "The same inside a program, with the origin of each value",
        ("python", "main.py"),
        shows="main.py",
    ),
)


@click.command(cls=Command, epilog="Example: clovrix-env demo --keep playground")
@click.option(
    "--keep", metavar="DIR", type=click.Path(), help="Keep all files in DIR (default: remove them)."
)
def demo(keep: str | None) -> None:
    """Demonstrate a store, entries, a .env file and a program that uses them.

    Needs no account, network or configuration, and removes its files.
    """
    ours = _commands()
    if keep is None:
        try:
            temporary = tempfile.TemporaryDirectory(prefix="clovrix-demo-")
        except OSError as error:
            raise _no_folder("a temporary folder", error) from None
        with temporary as folder:
            _show(folder, ours)
        return
    folder = os.path.abspath(keep)
    if os.path.lexists(folder) and (not os.path.isdir(folder) or os.listdir(folder)):
        raise ClovrixConfigError(f"{keep} is not an empty folder", "name one that does not exist")
    try:
        private_file.make_folders(folder)
    except OSError as error:
        raise _no_folder(keep, error) from None
    _show(folder, ours)
    to_it = f"cd {shlex.quote(keep)}/app && . ../settings.sh"
    write(f"\nTo try it yourself: {to_it} && clovrix-env explain")


def _no_folder(what: str, error: OSError) -> ClovrixConfigError:
    return ClovrixConfigError(
        f"{what} cannot be created: {error.strerror}", "name another folder with --keep"
    )


def _show(folder: str, ours: Sequence[str]) -> None:
    app = os.path.join(folder, "app")
    settings = {
        "CLOVRIX_API_URL": f"file:{os.path.join(folder, 'data', 'store.db')}",
        "XDG_CONFIG_HOME": os.path.join(folder, "config"),
    }
    exports = [f"export {name}={shlex.quote(text)}\n" for name, text in settings.items()]
    exports.append(f'export PATH={shlex.quote(os.pathsep.join(ours))}:"$PATH"\n')
    try:
        os.mkdir(app)
        for name, text in {**_FILES, "../settings.sh": "".join(exports)}.items():
            private_file.create(os.path.join(app, name), text.encode(), mode=None)
    except OSError as error:
        raise _no_folder(app, error) from None
    environ = {n: v for n, v in os.environ.items() if not n.startswith(OURS)}
    for name in ("GREETING", "LOG_LEVEL", "DATABASE_NAME", "DATABASE_URL", "API_KEY", "PORT"):
        environ.pop(name, None)
    environ.update(settings)
    environ["PATH"] = _with_path(ours)
    for number, step in enumerate(_STEPS, 1):
        _run(number, step, app, environ)


def _run(number: int, step: Step, app: str, environ: dict[str, str]) -> None:
    write(bold(f"\n{number} · {step.title}"))
    if step.shows is not None:
        write(styled(_FILES[step.shows].rstrip(), DIM))
    shown = shlex.join(step.command)
    if step.setting is not None:
        environ = {**environ, step.setting[0]: step.setting[1]}
        shown = f"{step.setting[0]}={step.setting[1]} {shown}"
    write(f"$ {shown}")
    ran = subprocess.run(
        list(step.command),
        cwd=app,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    write(ran.stdout.rstrip())
    if ran.returncode != 0:
        raise ClovrixConfigError(
            f"step {number} of the demonstration failed: {shown} ended with {ran.returncode}"
        )


def _commands() -> list[str]:
    """The folders of clovrix-env and of this interpreter, whose commands the steps run."""
    # `here` is last: a python beside a link to clovrix-env may be one without the package.
    here = os.path.dirname(os.path.abspath(sys.argv[0]))
    ours = [os.path.dirname(sys.executable), sysconfig.get_path("scripts"), here]
    for name in ("clovrix-env", "clovrix-exec", "python"):
        if shutil.which(name, path=_with_path(ours)) is None:
            raise ClovrixConfigError(
                f"the demonstration runs {name}, which is neither on PATH nor beside "
                f"{sys.executable}",
                "install clovrix-env into a virtual environment, and run its clovrix-env demo",
            )
    return list(dict.fromkeys(ours))


def _with_path(folders: Sequence[str]) -> str:
    return os.pathsep.join((*folders, os.environ.get("PATH", os.defpath)))
