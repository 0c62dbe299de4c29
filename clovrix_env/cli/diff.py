"""``clovrix-env diff``: compare the entries of two environments without showing values."""

from __future__ import annotations

import sys

import click

from clovrix_env.cli.common_options import (
    json_option,
    offers,
    project_option,
    root_option,
    total_timeout_option,
)
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import columns, write_headed, write_json
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record
from clovrix_env.resolution.gather import gather_remote
from clovrix_env.resolution.inputs import Inputs
from clovrix_env.settings.load_options import COMMAND_WORDING, LoadOptions
from clovrix_env.system.process import argument_text, of_launcher
from clovrix_env.system.tables import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MISSING, SAME, DIFFERS = "missing", "same", "differs"
# Version of the document that --json prints.
VERSION = 1
DIFFERENT = 1


class Difference(Record):
    """The state of a name in both environments: missing in one, the same, or different."""

    name: str
    state: str
    missing_in: str | None = None

    @property
    def told(self) -> str:
        return f"{self.state} in {self.missing_in}" if self.missing_in else self.state


@click.command(cls=Command, epilog="Example: clovrix-env diff staging production -p backend")
@click.argument("first", type=argument_text, metavar="A", shell_complete=offers("environments"))
@click.argument("second", type=argument_text, metavar="B", shell_complete=offers("environments"))
@project_option
@root_option
@total_timeout_option
@click.option("--all", "shows_same", is_flag=True, help="Also list names with the same value.")
@json_option
def diff(
    first: str, second: str, shows_same: bool, as_json: bool, **place: str | float | None
) -> None:
    """Compare the entries of environments A and B on Clovrix, including extended projects.

    Lists names that are missing in one or differ, without values. The status is 0 if nothing
    differs, 1 if something does.
    """
    # Files are read for the token and the store's address; their values are not compared.
    request = LoadOptions(local=True, wording=COMMAND_WORDING).replaced(**place)
    one, other = (_held(request.replaced(environment=name)) for name in (first, second))
    found = list(differences(one, other, first, second))
    if as_json:
        names = [
            {"name": each.name, "state": each.state, "missing_in": each.missing_in}
            for each in found
        ]
        write_json({"version": VERSION, "a": first, "b": second, "names": names})
    else:
        rows = [(d.name, d.told) for d in found if shows_same or d.state != SAME]
        write_headed(
            table(("NAME", f"{first} | {second}"), rows, columns()) if rows else "no difference"
        )
    sys.exit(DIFFERENT if any(d.state != SAME for d in found) else 0)


def differences(
    one: Mapping[str, str], other: Mapping[str, str], first: str, second: str
) -> Iterator[Difference]:
    """Every name of both, sorted; ``first`` and ``second`` name the environments.

    The result contains no value.
    """
    for name in sorted({*one, *other}):
        if name not in one:
            yield Difference(name, MISSING, first)
        elif name not in other:
            yield Difference(name, MISSING, second)
        else:
            yield Difference(name, SAME if one[name] == other[name] else DIFFERS)


def _held(request: LoadOptions) -> dict[str, str]:
    """The entries of a project in an environment, those of extended projects below them."""
    inputs = Inputs.below_marker(request, of_launcher())
    if not inputs.fetches:
        inputs.read()
        inputs.problems.raise_if_any()
        raise ClovrixConfigError(
            "nothing to compare: no project is named, or Clovrix is turned off",
            "name a project with -p, CLOVRIX_PROJECT or in .clovrix",
        )
    return {
        binding.name: "".join(part for part in binding.parts if isinstance(part, str))
        for layer in gather_remote(inputs).layers
        for binding in layer.bindings
    }
