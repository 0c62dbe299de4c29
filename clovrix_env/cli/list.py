"""``clovrix-env list``: the names of an environment, and the state of each."""

from __future__ import annotations

import click

from clovrix_env.cli.common_options import ScopeOptions, json_option, quiet_option, scope_options
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import columns, write_headed, write_json
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
SET, EMPTY, NOT_SET = "set", "empty", "not set"
_AT_ONCE = 8


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
        declared = "" if self.declared_secret is None else _word(self.declared_secret)
        if self.secret is None:
            return f"declared {declared}" if declared else ""
        actual = _word(self.secret)
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


@click.command(cls=Command, epilog="Example: clovrix-env list -e production --long")
@click.option(
    "-l", "--long", is_flag=True, help="Fetch whether each is secret, with a request for each name."
)
@click.option("--reveal", is_flag=True, help="Show the values.")
@scope_options
@json_option
@quiet_option
def list(  # noqa: A001 - the command's own name
    long: bool, reveal: bool, as_json: bool, quiet: bool, **given: Any
) -> None:
    """List the names on Clovrix and those that .clovrix declares, without values.

    One request fetches the names and whether each is set. Without --long, .clovrix tells apart
    secret and plain names; --long fetches the kind of each name from Clovrix. With --reveal, JSON
    contains the values verbatim.
    """
    from clovrix_env.cli.entries import Entries

    with Entries(ScopeOptions.taken_from(given).request()) as entries:
        held = entries.get_all()
        secrecy = _secrecy(entries, held) if long else {}
    names = tuple(_names(entries, held, secrecy))
    if as_json:
        shown = [name.document(reveal=reveal) for name in names]
        place = {"project": entries.settings.project, "environment": entries.settings.environment}
        write_json({"version": VERSION, **place, "names": shown})
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


def _secrecy(entries: Entries, names: Mapping[str, str]) -> dict[str, bool]:
    """Fetch whether each is secret, several at once. The first failure is raised."""
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        asked = {name: pool.submit(entries.get, name) for name in names}
        return {name: answer.result().is_secret for name, answer in asked.items()}
    finally:  # after Ctrl-C or a failure, do not wait for the others
        pool.shutdown(wait=False, cancel_futures=True)


def _word(secret: bool) -> str:
    return "secret" if secret else "plain"
