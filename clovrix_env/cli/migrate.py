"""``clovrix-env migrate``: report what changes in a project that uses another library."""

from __future__ import annotations

import os
import sys

import click

from clovrix_env.api.limits import check_segment
from clovrix_env.check.migrate.examine import examine
from clovrix_env.cli.common_options import offers
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import columns, write, write_headed, write_json
from clovrix_env.cli.statuses import NO
from clovrix_env.errors import ClovrixConfigError, ValidationError
from clovrix_env.settings.project_file import NAME
from clovrix_env.system import files, private_file
from clovrix_env.system.process import argument_text

_EDIT = "edit it, or remove it first"


def _segment(_context: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    """Refuse a name that Clovrix cannot have, and one that is not a line of text."""
    if name is not None:
        try:
            check_segment(str(parameter.name), name)
        except ValidationError as error:
            raise click.BadParameter(str(error)) from None
        if not name.isprintable():
            raise click.BadParameter("the name contains a control character")
    return name


@click.command(cls=Command, epilog="Example: clovrix-env migrate --write")
@click.argument("folder", required=False, metavar="[FOLDER]", shell_complete=offers("dir"))
@click.option(
    "-p",
    "--project",
    type=argument_text,
    callback=_segment,
    metavar="PROJECT",
    help="Project for the proposed .clovrix (default: that of doppler.yaml, or none).",
)
@click.option(
    "-e",
    "--environment",
    "--env",
    type=argument_text,
    callback=_segment,
    metavar="NAME",
    help="Default environment for it (default: that of doppler.yaml, or development).",
)
@click.option("--write", "writes", is_flag=True, help="Write the proposed .clovrix, and only it.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def migrate(
    folder: str | None,
    project: str | None,
    environment: str | None,
    writes: bool,
    as_json: bool,
) -> None:
    """Report what changes in a project that uses another library.

    Reads code that uses python-dotenv, environs, django-environ or python-decouple, start commands,
    also of Doppler, and .env files. Prints what becomes of each line, each line that means
    something else with clovrix-env, and a .clovrix. No code is run or changed, and no value of a
    .env file is printed. The status is 0 if no line changes meaning, 1 if one does, 125 if the
    report failed.
    """
    root = os.path.abspath(folder or ".")
    if not os.path.isdir(root):
        raise ClovrixConfigError(f"{folder} is not a folder", "name the folder of a project")
    path = os.path.join(root, NAME)
    if writes and os.path.lexists(path):
        raise ClovrixConfigError(f"{path} exists already", _EDIT)
    report = examine(root, project, environment)
    if as_json:
        write_json(report.document)
    else:
        write_headed(report.text(columns(), path=NAME))
    if writes:
        try:
            private_file.create(path, report.proposal.encode(), mode=None)
        except FileExistsError:
            raise ClovrixConfigError(f"{path} was just created by another process", _EDIT) from None
        except OSError as error:
            why = files.reason(error)
            raise ClovrixConfigError(
                f"{path} cannot be written: {why}", "copy the proposal from the report to the file"
            ) from None
        if not as_json:
            write(f"created {path}")
    if report.meanings:
        sys.exit(NO)
