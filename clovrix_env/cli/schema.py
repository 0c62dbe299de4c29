"""``clovrix-env schema``: the contract as ``.env.example`` or Python, and JSON Schema."""

from __future__ import annotations

import os

import click

from clovrix_env.cli.common_options import offers, root_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import write, write_json
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.settings.load_options import COMMAND_WORDING
from clovrix_env.settings.root import declared_in, root_of
from clovrix_env.system import files, private_file
from clovrix_env.system.process import of_launcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.contract.variable import Variable

_DOTENV, _JSON_SCHEMA = "dotenv", "json-schema"


@click.command(cls=Command, epilog="Example: clovrix-env schema --dotenv > .env.example")
@click.option(
    "--dotenv",
    "form",
    flag_value=_DOTENV,
    help="Print the contract as .env.example, with descriptions and examples.",
)
@click.option(
    "--json-schema",
    "form",
    flag_value=_JSON_SCHEMA,
    help="Print the JSON Schema of .clovrix, for completion and checks in editors.",
)
@click.option(
    "--python",
    "python",
    metavar="FILE",
    shell_complete=offers("file"),
    help="Write the contract to FILE as a typed Python class; - prints it.",
)
@root_option
def schema(form: str | None, python: str | None, root: str | None) -> None:
    """Write the contract as .env.example or a Python class, or the JSON Schema of .clovrix.

    Sends no request and shows no value, so the output can be committed.
    """
    if (form is None) == (python is None):
        raise click.UsageError("add one of --dotenv, --json-schema and --python FILE")
    if python is not None:
        _write_class(python, _declared(root))
        return
    if form == _JSON_SCHEMA:
        from clovrix_env.settings.schema import schema as of_project_file

        write_json(of_project_file())
        return
    from clovrix_env.export.dotenv_example import example

    write(example(_declared(root)))


def _write_class(path: str, declared: list[Variable]) -> None:
    """Write the class to a file, unless that file was written by something else."""
    from clovrix_env.export import settings_class

    text = settings_class.written(declared)
    if path == "-":
        write(text)
        return
    shown, content = path or "''", f"{text}\n".encode()
    try:
        before, _ = files.read(path)
    except files.Absent:
        before = None
    except files.Unreadable as error:
        raise ClovrixConfigError(f"{shown} {error}") from None
    if os.path.isdir(path):
        raise ClovrixConfigError(f"{shown} is a folder", "name a file in it")
    if before is not None and settings_class.digest_in(before) is None:
        raise ClovrixConfigError(
            f"{shown} exists and was not written by this command", "name another file, or remove it"
        )
    try:
        if before is None:
            private_file.create(path, content, mode=None)
        elif before != content:
            private_file.replace(os.path.realpath(path), content, mode=None)
    except OSError as error:
        raise ClovrixConfigError(f"{shown} cannot be written: {files.reason(error)}") from None
    done = "created" if before is None else "unchanged" if before == content else "updated"
    write(f"{done} {shown}")


def _declared(named: str | None) -> list[Variable]:
    """The variables of the contract. Raises ``ClovrixConfigError`` if it is wrong or empty."""
    notes: list[str] = []
    problems = Problems()
    root = root_of(named, of_launcher().environ, COMMAND_WORDING.root, notes)
    declared, _ = declared_in(root, problems, notes)
    problems.raise_if_any()
    if not declared.variables:
        raise ClovrixConfigError(
            [f"{root.path} has no .clovrix that declares [variables]", *notes],
            "declare each variable of the program as a table [variables.NAME]",
        )
    return list(declared.variables.values())
