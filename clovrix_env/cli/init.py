"""``clovrix-env init``: a ``.clovrix`` for the project at hand."""

from __future__ import annotations

import json
import os
import shlex

import click

from clovrix_env.api import limits
from clovrix_env.cli import asking
from clovrix_env.cli.common_options import Command, quiet_option
from clovrix_env.cli.output import write
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.settings.project_file import NAME
from clovrix_env.system import files, private_file
from clovrix_env.system.process import argument_text
from clovrix_env.system.terminal import say

_DOTENV = ".env"
# What git is to ignore, each with the other lines that do it; and what it is to see all the same.
_IGNORED = {_DOTENV: (".env*",), ".env.*": (".env*",)}
_SEEN = "!.env.example"
_ENVIRONMENT = "development"

_TEXT = """\
# Where this program's configuration comes from: clovrix-exec and load_env() read it.
# Committed, and without secrets.
project = {project}
default_environment = {environment}

# Other projects, in the same environment, below this one:
# extends = ["shared"]

# What the program needs, checked before it starts:
# [variables.DATABASE_URL]
# type = "url"
# required = true
# description = "Primary database"
#
# [variables.LOG_LEVEL]
# secret = false
# default = "info"
# choices = ["debug", "info", "warning", "error"]
"""


@click.command(cls=Command, epilog="Example: clovrix-env init -p backend -e development")
@click.option(
    "-p",
    "--project",
    type=argument_text,
    metavar="PROJECT",
    help="The project; else it is asked for.",
)
@click.option(
    "-e",
    "--environment",
    "--env",
    type=argument_text,
    metavar="NAME",
    help="The default environment; else it is asked for.",
)
@click.option("--root", metavar="DIR", help="The folder; else the working directory.")
@quiet_option
def init(project: str | None, environment: str | None, root: str | None, quiet: bool) -> None:
    """Write a .clovrix, and let git ignore .env files. What is there is never overwritten.

    Git ignores `.env` and `.env.*`, and not `.env.example`. If there is a .env, importing it is
    offered.
    """
    folder = os.path.abspath(root) if root is not None else os.getcwd()
    path = os.path.join(folder, NAME)
    if os.path.lexists(path):
        raise ClovrixConfigError(f"{path} is there already", "edit it, or remove it first")
    if project is None:
        project = asking.text("Project", os.path.basename(folder) or None, "-p")
    if environment is None:
        environment = asking.text("Environment", _ENVIRONMENT, "-e")
    limits.check_segment("project", project)
    limits.check_segment("environment", environment)
    _make(path, _TEXT.format(project=_toml(project), environment=_toml(environment)))
    told = [f"wrote {path}"]
    try:
        added = _ignore(os.path.join(folder, ".gitignore"))
        if added:
            told.append(f"added {', '.join(added)} to .gitignore")
    except (OSError, files.Unreadable) as error:
        why = files.reason(error) if isinstance(error, OSError) else error
        patterns = ", ".join(_IGNORED)
        say("clovrix-env", [f".gitignore was left alone ({why}): let git ignore {patterns}"])
    if not quiet:
        write("\n".join(told))
    if os.path.isfile(os.path.join(folder, _DOTENV)):
        _offer_import(folder, (project, environment), quiet=quiet)


def _make(path: str, text: str) -> None:
    try:
        private_file.create(path, text.encode(), mode=None)
    except OSError as error:
        raise ClovrixConfigError(f"{path} cannot be written: {files.reason(error)}") from None


def _ignore(path: str) -> list[str]:
    """Add what the file lacks at its end; the lines that were added. A link is not followed.

    The last line that fits counts for git: what was seen before is seen again behind ours.
    """
    try:
        text = files.read(path, follow=False)[0].decode("utf-8", "replace")
    except files.Absent:
        text = ""
    lines = [line.strip() for line in text.splitlines()]
    there = {line.removeprefix("**").removeprefix("/") for line in lines}
    added = [line for line, same in _IGNORED.items() if there.isdisjoint((line, *same))]
    if added:
        added += dict.fromkeys([*(line for line in lines if line.startswith("!.env")), _SEEN])
        private_file.append(path, "".join(f"{line}\n" for line in added), follow=False)
    return added


def _offer_import(folder: str, place: tuple[str, str], *, quiet: bool) -> None:
    project, environment = place
    path = os.path.join(folder, _DOTENV)
    words = ("import", path, "-p", project, "-e", environment)
    if asking.yes(f"Import {_DOTENV} into {project}/{environment}?", default=False):
        from clovrix_env.cli.main import PROGRAM, cli

        # Its own contract says what is secret.
        cli.main([*words, "--root", folder], prog_name=PROGRAM, standalone_mode=False)
    elif not quiet:
        write(f"what {_DOTENV} holds goes to Clovrix by: clovrix-env {shlex.join(words)}")


def _toml(text: str) -> str:
    """A text as TOML writes it: JSON's escapes, and that of DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
