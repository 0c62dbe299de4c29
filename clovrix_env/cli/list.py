"""``clovrix-env list``: the names of one or several environments, and the state of each."""

from __future__ import annotations

import click

from clovrix_env.cli import matrix
from clovrix_env.cli.common_options import (
    ScopeOptions,
    environment_option_with,
    json_option,
    project_option,
    quiet_option,
    root_option,
    timeout_option,
    with_options,
)
from clovrix_env.cli.groups import Command
from clovrix_env.cli.matrix import EMPTY, NOT_SET, SET
from clovrix_env.cli.output import columns, kind, write_headed, write_json
from clovrix_env.model.record import Record
from clovrix_env.system.tables import table
from clovrix_env.system.terminal import printable, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from clovrix_env.cli.entries import Entries

# Version of the document that --json prints.
VERSION = 1


class Name(Record, hidden=("value",)):
    """A name on Clovrix or in the contract.

    ``secret`` comes from Clovrix, if it was fetched; ``declared_secret`` from the contract, if it
    declares the name.
    """

    name: str
    value: str | None
    secret: bool | None
    declared_secret: bool | None
    required: bool

    @property
    def state(self) -> str:
        return NOT_SET if self.value is None else SET if self.value else EMPTY

    @property
    def shown_state(self) -> str:
        return f"{self.state}, required" if self.required and not self.value else self.state

    @property
    def shown_secrecy(self) -> str:
        """With ``declared`` if Clovrix's answer is missing or differs from the contract."""
        declared = "" if self.declared_secret is None else kind(self.declared_secret)
        if self.secret is None:
            return f"declared {declared}" if declared else ""
        actual = kind(self.secret)
        return actual if declared in ("", actual) else f"{actual}, declared {declared}"

    def document(self, *, reveal: bool) -> dict[str, object]:
        shown: dict[str, object] = {
            "name": self.name,
            "state": self.state,
            "secret": self.secret,
            "declared_secret": self.declared_secret,
            "required": self.required,
        }
        return {**shown, "value": self.value} if reveal else shown


def _options(command: Any) -> Any:
    environments = environment_option_with(
        "Environment (default: CLOVRIX_ENVIRONMENT, then default_environment in .clovrix). "
        "Repeatable: several are compared, with a column for each.",
        "environments",
        multiple=True,
    )
    return with_options(command, (project_option, environments, root_option, timeout_option))


@click.command(cls=Command, epilog="Example: clovrix-env list -e staging -e production")
@click.option(
    "-l", "--long", is_flag=True, help="Fetch whether each is secret, with a request for each name."
)
@click.option("--reveal", is_flag=True, help="Show the values.")
@_options
@json_option
@quiet_option
def list(  # noqa: A001 - the command's own name
    long: bool,
    reveal: bool,
    environments: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """List the names on Clovrix and those that .clovrix declares, without values.

    One request for each environment fetches the names and whether each is set. Without --long,
    .clovrix tells apart secret and plain names; --long fetches the kind of each name from Clovrix.
    With --reveal, JSON contains the values verbatim.

    With several environments a name is `set` in the first one that has a value; in the others it is
    `same as` that one or `differs`. Values are compared without being shown.
    """
    from clovrix_env.cli.entries import Entries

    first, *others = dict.fromkeys(environments) or (None,)
    if others and reveal:
        raise click.UsageError("--reveal shows one environment: give -e once")
    scope = ScopeOptions.taken_from({**given, "environment": first})
    with Entries(scope.request()) as entries:
        if others:
            places = [entries.elsewhere(entries.settings.project, str(name)) for name in others]
            matrix.show([entries, *places], long=long, as_json=as_json, quiet=quiet)
            return
        held = entries.get_all()
        secrecy = entries.kinds(held) if long else {}
    names = tuple(_names(entries, held, secrecy))
    if as_json:
        shown = [name.document(reveal=reveal) for name in names]
        write_json({"version": VERSION, **entries.document, "names": shown})
        return
    rows = [
        (n.name, n.shown_state, n.shown_secrecy, printable(n.value or "") if reveal else "")
        for n in names
    ]
    if rows:
        write_headed(table(("NAME", "STATE", "KIND", "VALUE"), rows, columns()))
    if quiet:
        return
    if not rows:
        say("clovrix-env", [f"{entries.name} has no entries, and .clovrix declares none"])
    elif not long and any(name.declared_secret is None for name in names):
        say("clovrix-env", ["add --long to fetch whether each name is secret"])


def _names(
    entries: Entries, held: Mapping[str, str], secrecy: Mapping[str, bool]
) -> Iterator[Name]:
    for name in sorted({*held, *entries.contract.variables}):
        declared = entries.contract.find(name)
        yield Name(
            name,
            held.get(name),
            secrecy.get(name),
            None if declared is None else declared.secret,
            declared is not None and declared.is_required(entries.settings.environment),
        )
