"""``clovrix-env schema``: the contract as ``.env.example``, and JSON Schema of ``.clovrix``."""

from __future__ import annotations

import click

from clovrix_env.cli.common_options import root_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import write, write_json
from clovrix_env.errors import ClovrixConfigError, Problems
from clovrix_env.settings.load_options import COMMAND_WORDING
from clovrix_env.settings.root import declared_in, root_of
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
@root_option
def schema(form: str | None, root: str | None) -> None:
    """Print the contract as .env.example, or the JSON Schema of .clovrix.

    Sends no request and shows no value, so the output can be committed.
    """
    if form is None:
        raise click.UsageError("add --dotenv or --json-schema")
    if form == _JSON_SCHEMA:
        from clovrix_env.settings.schema import schema as of_project_file

        write_json(of_project_file())
        return
    from clovrix_env.export.dotenv_example import example

    write(example(_declared(root)))


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
