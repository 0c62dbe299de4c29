"""``clovrix-env export``: write the variables of a program in another format."""

from __future__ import annotations

import os
import secrets
import stat
import sys

import click

from clovrix_env.cli.common_options import quiet_option
from clovrix_env.cli.output import on_terminal, write
from clovrix_env.cli.request_options import RequestOptions, request_options
from clovrix_env.cli.shell_status import SHELL, STDOUT, ShellCommand
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.export import github, kubernetes
from clovrix_env.export.docker import Docker
from clovrix_env.export.dotenv import Dotenv
from clovrix_env.export.format import exported
from clovrix_env.export.json_object import Json
from clovrix_env.export.shell import Shell
from clovrix_env.export.systemd import Systemd
from clovrix_env.export.yaml_mapping import Yaml
from clovrix_env.model.layer import FILE, PROCESS
from clovrix_env.resolution import marker as markers
from clovrix_env.resolution.resolve import resolve
from clovrix_env.settings.load_options import COMMAND_WORDING
from clovrix_env.settings.variables import is_disabled
from clovrix_env.system import files, private_file
from clovrix_env.system.process import of_launcher
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from clovrix_env.export.format import Format
    from clovrix_env.resolution.environment import Environment
    from clovrix_env.resolution.resolve import Resolution

_FORMATS: dict[str, type[Format]] = {
    "dotenv": Dotenv,
    SHELL: Shell,
    "json": Json,
    "yaml": Yaml,
    "docker": Docker,
    "systemd": Systemd,
}
GITHUB, SECRET = "github", "k8s-secret"
GITHUB_FILE = "GITHUB_ENV"


@click.command(
    cls=ShellCommand,
    epilog="Example: clovrix-env export --format docker -e production -o production.env",
)
@request_options
@click.option(
    "--format",
    "kind",
    type=click.Choice((*_FORMATS, GITHUB, SECRET)),
    required=True,
    help="Output format.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write to this new file, readable by its owner only (default: -, stdout).",
)
@click.option("--force", is_flag=True, help="Replace the file of --output.")
@click.option("--name", metavar="NAME", help=f"Name of the Secret, for --format {SECRET}.")
@quiet_option
def export(
    kind: str, output: str | None, force: bool, name: str | None, quiet: bool, **given: Any
) -> None:
    """Write the variables that clovrix-exec would add to a program's environment.

    The output contains the values. A value that the format cannot represent is an error that names
    the variable. Names that the process environment sets are left out and listed on stderr.

    The format github is for a step of GitHub Actions: it prints the commands that mask the values
    and appends the variables to the file of GITHUB_ENV for later steps.
    """
    output = None if output == STDOUT else output
    _check_options(kind, output, force, name)
    process = of_launcher()
    if is_disabled(process.environ):
        raise ClovrixConfigError(
            "CLOVRIX_DISABLED is set, so there is nothing to export", "unset it"
        )
    request = RequestOptions.taken_from(given).request(COMMAND_WORDING)
    resolution = resolve(request, process, follows_marker=False, again=True)
    environment = resolution.environment
    values, left = _injected(environment)
    plain = _plain(environment) if kind == GITHUB else set[str]()
    if not quiet:
        notes = [*_left_out(left), *_from_files(environment)]
        if kind == GITHUB:
            notes += _shown_in_logs(github.unmasked(values, plain))
        say(COMMAND_WORDING.program, [*resolution.notes, *notes])
    if kind == GITHUB:
        drawn = github.delimiter(values, lambda: f"clovrix_{secrets.token_hex(16)}")
        text = exported(values, github.GitHub(drawn))
        # Masked first: the runner reads the file only after the step.
        _show(github.masks(values, plain))
        if output is None:
            try:
                private_file.append(os.environ[GITHUB_FILE], text, follow=True)
            except OSError as error:
                raise _cannot_write(os.environ[GITHUB_FILE], error) from None
    else:
        form = _form(kind, name)
        if kind == SHELL and not (output is None and on_terminal(sys.stdout)):
            form = _for_shell(resolution)
        text = exported(values, form)
        if output is None:
            _show(text)
    if output is not None:
        _save(output, text, force)


def _check_options(kind: str, output: str | None, force: bool, name: str | None) -> None:
    if name is None and kind == SECRET:
        raise click.UsageError(f"--format {SECRET} needs --name")
    if name is not None and kind != SECRET:
        raise click.UsageError(f"--name needs --format {SECRET}")
    if name is not None and not kubernetes.is_secret_name(name):
        raise click.UsageError(
            f"--name {name!a} is not a valid name for Kubernetes: "
            "use lower-case letters, digits, - and ."
        )
    if force and output is None:
        raise click.UsageError("--force needs --output")
    if kind == GITHUB and output is None and not os.environ.get(GITHUB_FILE):
        raise ClovrixConfigError(
            f"{GITHUB_FILE} is not set, so this is not a step of GitHub Actions",
            "name a file with --output",
        )


def _form(kind: str, name: str | None) -> Format:
    return _FORMATS[kind]() if name is None else kubernetes.Secret(name)


def _for_shell(resolution: Resolution) -> Shell:
    """The format, with a marker for later exports if there is something to undo."""
    if resolution.marker is None or not (resolution.injected or resolution.removed):
        return Shell()
    return Shell(resolution.removed, markers.exported(resolution.marker))


def _injected(environment: Environment) -> tuple[dict[str, str], list[str]]:
    """The values to export, and the names that the process environment sets."""
    added = {n: v for n, v in environment.items() if environment.origin(n).kind != PROCESS}
    return added, [name for name in environment if name not in added]


def _left_out(left: list[str]) -> list[str]:
    if not left:
        return []
    verb = "is" if len(left) == 1 else "are"
    names = ", ".join(left)
    them = "it" if len(left) == 1 else "them"
    return [f"{names} {verb} left out: the process environment sets {them} (--override)"]


def _from_files(environment: Environment) -> Iterator[str]:
    """The values that come from files; without a project on Clovrix all do, and none is listed."""
    names: dict[str, list[str]] = {}
    for name in environment:
        place = environment.origin(name).place
        if place.kind == FILE:
            names.setdefault(place.source, []).append(name)
    if environment.explain().report.project is not None:
        for source, found in names.items():
            verb = "is" if len(found) == 1 else "are"
            yield f"{', '.join(found)} {verb} exported from {source}, not from Clovrix"


def _shown_in_logs(names: list[str]) -> Iterator[str]:
    for name in names:
        yield f"{name} has lines that are too short to mask: a log can show it"


def _plain(environment: Environment) -> set[str]:
    """The names that the contract declares as not secret."""
    return {explained.name for explained in environment.explain().names if not explained.secret}


def _show(text: str) -> None:
    """Print a text unchanged; control characters are not sent to a terminal."""
    if not text:
        return
    if on_terminal(sys.stdout) and not text.replace("\n", "").replace("\t", "").isprintable():
        raise ClovrixConfigError(
            "a value contains control characters, which a terminal would obey",
            "write to a file with --output",
        )
    write(text.removesuffix("\n"))


def _save(path: str, text: str, force: bool) -> None:
    """Write a file of mode 0600, whole or not at all. A link at its path is never followed."""
    path = os.path.abspath(path)
    if force and os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        raise ClovrixConfigError(
            f"{path} is not a regular file, so it is not replaced", "name another file"
        )
    try:
        (private_file.replace if force else private_file.create)(path, text.encode())
    except FileExistsError:
        raise ClovrixConfigError(
            f"{path} exists already", "add --force to replace it, or name another file"
        ) from None
    except OSError as error:
        raise _cannot_write(path, error) from None


def _cannot_write(path: str, error: OSError) -> ClovrixConfigError:
    return ClovrixConfigError(
        f"{path} cannot be written: {files.reason(error)}", "name a file that this user can write"
    )
