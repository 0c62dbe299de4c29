"""``clovrix-env check``: check contract, files and code without starting a program."""

from __future__ import annotations

import sys

import click

from clovrix_env.check.examine import examine
from clovrix_env.check.report import FORMS
from clovrix_env.cli.common_options import offers, project_option, total_timeout_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import write
from clovrix_env.settings.load_options import COMMAND_WORDING, LoadOptions
from clovrix_env.system.process import argument_text, of_launcher
from clovrix_env.system.terminal import say

FOUND = 1


@click.command(cls=Command, epilog="Example: clovrix-env check --env staging --env production")
@project_option
@click.option(
    "-e",
    "--environment",
    "--env",
    "environments",
    multiple=True,
    type=argument_text,
    metavar="NAME",
    shell_complete=offers("environments"),
    help="Environment to check (default: the one that programs use here). Repeatable.",
)
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    shell_complete=offers("file"),
    help="Check this file instead of the default ones. Repeatable; the last one overrides.",
)
@click.option(
    "--root",
    metavar="DIR",
    shell_complete=offers("dir"),
    help="Folder of .clovrix, the .env files and the code "
    "(default: found from the working directory).",
)
@click.option("--local", is_flag=True, help="Read the .env files even in production.")
@click.option(
    "--no-remote", is_flag=True, help="Do not ask Clovrix, and report no name as missing there."
)
@click.option(
    "--allow",
    multiple=True,
    metavar="NAME",
    shell_complete=offers("names"),
    help="Allow a name that the guard refuses. Repeatable.",
)
@total_timeout_option
@click.option(
    "--format", "form", type=click.Choice(tuple(FORMS)), help="Output format (default: text)."
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def check(
    project: str | None,
    environments: tuple[str, ...],
    files: tuple[str, ...],
    root: str | None,
    local: bool,
    no_remote: bool,
    allow: tuple[str, ...],
    timeout: float | None,
    form: str | None,
    as_json: bool,
) -> None:
    """Check contract, .env files and code without starting a program.

    Reports problems that would stop a program from starting, lines that other tools read
    differently, names used in only one place, and files that too many users can read. Shows no
    value. The status is 0 if nothing is found, 1 if something is, 125 if the check failed.
    """
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"use either --json or --format {form}")
    request = LoadOptions(
        project=project,
        root=root,
        files=files or None,
        local=local or None,
        remote=not no_remote,
        allow=allow,
        timeout=timeout,
        wording=COMMAND_WORDING,
    )
    names = dict.fromkeys(environments) or (None,)
    report = examine([request.replaced(environment=name) for name in names], of_launcher())
    say(COMMAND_WORDING.program, report.notes)
    write(FORMS["json" if as_json else form or "text"](report))
    if report.findings:
        sys.exit(FOUND)
