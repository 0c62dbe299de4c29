"""``clovrix-env explain``: where every name of a program's environment comes from."""

from __future__ import annotations

import click

from clovrix_env.cli.common_options import Command, json_option
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
@click.argument("name", required=False)
@request_options
@click.option("--reveal", is_flag=True, help="Show the values.")
@json_option
def explain(name: str | None, reveal: bool, as_json: bool, **given: Any) -> None:
    """Tell where NAME, or every name, comes from, whom it hid, and what was left out.

    Shows what clovrix-exec would hand on with the same options, and runs nothing. What would
    refuse the start is told below, with status 125.
    """
    request = RequestOptions.taken_from(given).request(COMMAND_WORDING)
    process = of_launcher()
    resolution = resolve(request, process, follows_marker=False, explains=True)
    explanation = resolution.environment.explain()
    if name is not None:
        try:
            explanation = explanation.only(name)
        except KeyError:
            also = "only the process environment has it; " if name in process.environ else ""
            raise ClovrixConfigError(
                f"{name}: {also}no file, no default and no entry on Clovrix names it",
                "clovrix-env explain without a name tells all that is known",
            ) from None
    tell(explanation, reveal=reveal, as_json=as_json)
    if resolution.refusal is not None:
        raise resolution.refusal
