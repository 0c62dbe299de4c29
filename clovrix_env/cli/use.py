"""``clovrix-env use``: the address that this user's programs and commands use by default."""

from __future__ import annotations

import os

import click

from clovrix_env.auth.address import checked_address
from clovrix_env.cli.account import VERSION, show
from clovrix_env.cli.common_options import ScopeOptions, json_option, quiet_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import write, write_json
from clovrix_env.settings.user_config_edit import set_api_url
from clovrix_env.system.process import argument_text, of_launcher
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from clovrix_env.cli.identity import Identity


@click.command(cls=Command, epilog="Example: clovrix-env use file:~/.local/share/app/store.db")
@click.argument("address", required=False, type=argument_text)
@click.option("--clear", is_flag=True, help="Remove the address: the default one is used again.")
@json_option
@quiet_option
def use(address: str | None, clear: bool, as_json: bool, quiet: bool) -> None:
    """Set the address that load_env() and your commands use: file:PATH or https://HOST.

    It is written to config.toml in your configuration folder, and applies in every terminal.
    CLOVRIX_API_URL overrides it. Client() does not read it: set CLOVRIX_API_URL for that. No
    request is sent.
    """
    from clovrix_env.cli.login_target import LoginTarget

    if (address is None) != clear:
        raise click.UsageError("name one address, or use --clear (whoami shows the address)")
    checked = None
    if address is not None:
        environ = of_launcher().environ
        checked = checked_address(address, "the address", environ, expand_home=True)
    path = set_api_url(checked, os.environ)
    identity = LoginTarget(ScopeOptions(None, None, None, None).request()).identity()
    if as_json:
        write_json({"version": VERSION, "written_to": path, **identity.document()})
    elif not quiet:
        change = "removed the address from" if checked is None else f"wrote {checked} to"
        write(f"{change} {path}")
        show(identity)
    if not quiet:
        say("clovrix-env", _notes(checked, identity))


def _notes(written: str | None, identity: Identity) -> Iterator[str]:
    endpoint = identity.endpoint
    if written is not None and endpoint.address != written:
        yield f"{endpoint.source} overrides it here with {endpoint.address}"
    elif endpoint.is_store and not os.path.exists(endpoint.store_path):
        yield (
            f"no store at {endpoint.store_path} yet: "
            "run clovrix-env local init PROJECT to create one"
        )
