"""``clovrix-env explain``: show where each variable of a program comes from."""

from __future__ import annotations

import click

from clovrix_env.cli.common_options import json_option, offers
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import tell
from clovrix_env.cli.request_options import RequestOptions, request_options
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.resolution.resolve import resolve
from clovrix_env.settings.load_options import COMMAND_WORDING
from clovrix_env.system.process import of_launcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@click.command(cls=Command, epilog="Example: clovrix-env explain DATABASE_URL -e production")
@click.argument("name", required=False, shell_complete=offers("names"))
@request_options
@click.option("--reveal", is_flag=True, help="Show the values.")
@json_option
def explain(name: str | None, reveal: bool, as_json: bool, **given: Any) -> None:
    """Show where NAME, or each variable, comes from, which values it hides, and which are left out.

    Shows the variables that clovrix-exec would pass on with the same options, and runs nothing. An
    error that would stop the program is printed below, with status 125.
    """
    request = RequestOptions.taken_from(given).request(COMMAND_WORDING)
    process = of_launcher()
    resolution = resolve(request, process, follows_marker=False, explains=True)
    explanation = resolution.environment.explain()
    if name is not None:
        try:
            explanation = explanation.only(name)
        except KeyError:
            also = "only the process environment sets it; " if name in process.environ else ""
            raise ClovrixConfigError(
                f"{name}: {also}no file, no default and no entry on Clovrix sets it",
                "run clovrix-env explain without a name to see all variables",
            ) from None
    tell(explanation, reveal=reveal, as_json=as_json)
    if resolution.refusal is not None:
        raise resolution.refusal
