"""``clovrix-env init``: write a ``.clovrix`` for a project."""

from __future__ import annotations

import os
import shlex

import click

from clovrix_env.api import limits
from clovrix_env.cli import asking
from clovrix_env.cli.common_options import quiet_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import write
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.settings import project_reader
from clovrix_env.settings.project_file import NAME
from clovrix_env.settings.user_config_edit import toml_string
from clovrix_env.system import files, private_file
from clovrix_env.system.process import argument_text
from clovrix_env.system.terminal import say

_DOTENV = ".env"
# Lines that make git ignore files, each with its equivalents; and the file that it must not ignore.
_IGNORED = {_DOTENV: (".env*",), ".env.*": (".env*",)}
_SEEN = "!.env.example"
_ENVIRONMENT = "development"

_TEXT = """\
# The sources of the configuration of this program, for clovrix-exec and load_env().
# Commit this file; it contains no secrets.
project = {project}
default_environment = {environment}

# Other projects whose values this one overrides, in the same environment:
# extends = ["shared"]

# Variables that the program needs, checked before it starts:
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
    help="Project (default: a prompt).",
)
@click.option(
    "-e",
    "--environment",
    "--env",
    type=argument_text,
    metavar="NAME",
    help="Default environment (default: a prompt).",
)
@click.option("--root", metavar="DIR", help="Folder (default: the working directory).")
@quiet_option
def init(project: str | None, environment: str | None, root: str | None, quiet: bool) -> None:
    """Write a .clovrix, and make git ignore .env files. No file is overwritten.

    A .clovrix that names the same project and environment is unchanged; another one is an error.

    Git ignores `.env` and `.env.*`, but not `.env.example`. If there is a .env, a prompt offers to
    import it.
    """
    folder = os.path.abspath(root) if root is not None else os.getcwd()
    path = os.path.join(folder, NAME)
    exists = os.path.lexists(path)
    if exists:
        _check_same(path, project, environment)
        results = [f"unchanged {path}"]
    else:
        if project is None:
            project = asking.text("Project", os.path.basename(folder) or None, "-p")
        if environment is None:
            environment = asking.text("Environment", _ENVIRONMENT, "-e")
        _make(path, project, environment)
        results = [f"created {path}"]
    try:
        added = _ignore(os.path.join(folder, ".gitignore"))
        if added:
            results.append(f"added {', '.join(added)} to .gitignore")
    except (OSError, files.Unreadable) as error:
        why = files.reason(error) if isinstance(error, OSError) else error
        patterns = ", ".join(_IGNORED)
        say("clovrix-env", [f".gitignore is unchanged ({why}): add {patterns} to it"])
    if not quiet:
        write("\n".join(results))
    if not exists and os.path.isfile(os.path.join(folder, _DOTENV)):
        _offer_import(folder, str(project), str(environment), quiet=quiet)


def _check_same(path: str, project: str | None, environment: str | None) -> None:
    """Refuse a file that names another project or environment than the options."""
    problems, exists = Problems(), "exists already"
    try:
        found = files.read_text(path)
    except files.Unreadable as error:
        raise ClovrixConfigError(f"{path} {error}") from None
    if found is not None:
        declared = project_reader.parse(found[0], path, problems)
        problems.raise_if_any()
        names = declared.project, declared.default_environment
        if all(given in (None, name) for given, name in zip((project, environment), names)):
            return
        for kind, given, name in zip(("project", "environment"), (project, environment), names):
            if name is not None and given not in (None, name):
                exists = f"names {kind} {name} already"
                break
    raise ClovrixConfigError(f"{path} {exists}", "edit it, or remove it first")


def _make(path: str, project: str, environment: str) -> None:
    limits.check_segment("project", project)
    limits.check_segment("environment", environment)
    text = _TEXT.format(project=toml_string(project), environment=toml_string(environment))
    try:
        private_file.create(path, text.encode(), mode=None)
    except OSError as error:
        raise ClovrixConfigError(
            f"{path} cannot be written: {files.reason(error)}",
            "use --root with a folder that this user can write to",
        ) from None


def _ignore(path: str) -> list[str]:
    """Append the lines that the file lacks, and return them. A link is not followed.

    The last line that matches a file decides for git, so exceptions are repeated at the end.
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


def _offer_import(folder: str, project: str, environment: str, *, quiet: bool) -> None:
    path = os.path.join(folder, _DOTENV)
    words = ("import", path, "-p", project, "-e", environment)
    if asking.yes(f"Import {_DOTENV} into {project}/{environment}?", default=False):
        from clovrix_env.cli.main import PROGRAM, cli

        # The contract there decides which keys are secret.
        cli.main([*words, "--root", folder], prog_name=PROGRAM, standalone_mode=False)
    elif not quiet:
        write(f"to import {_DOTENV} into Clovrix, run: clovrix-env {shlex.join(words)}")
