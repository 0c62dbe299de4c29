"""``clovrix-env login``, ``logout`` and ``whoami``: the user's own token for an address."""

from __future__ import annotations

import sys

import click

from clovrix_env.auth.address import STORE_SCHEME
from clovrix_env.auth.token import Token, why_no_token
from clovrix_env.cli import asking
from clovrix_env.cli.common_options import (
    ScopeOptions,
    environment_option,
    json_option,
    nothing_more,
    quiet_option,
    root_option,
    scope_options,
)
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import columns, write, write_headed, write_json
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system import files
from clovrix_env.system.tables import table
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clovrix_env.cli.identity import Identity

# Of the documents that --json prints.
VERSION = 1
NOBODY = 1
_MOST_BYTES = 16 * 1024
_OPTION = "--api-url"

_api_url = click.option(
    _OPTION, metavar="URL", help="Address of Clovrix (default: the address that programs use here)."
)


@click.command(cls=Command, epilog="Example: clovrix-env login --token-stdin < token.txt")
@nothing_more(
    "a token cannot be an argument, where other users can see it: use the prompt or --token-stdin"
)
@_api_url
@click.option("--token-stdin", is_flag=True, help="Read the token from stdin.")
@scope_options
@json_option
@quiet_option
def login(api_url: str | None, token_stdin: bool, as_json: bool, quiet: bool, **given: Any) -> None:
    """Store a token for an address, in the system's keyring or in a file of mode 0600.

    A prompt reads the token without showing it. One request for the entries of the current project
    checks it, and a token that Clovrix rejects is not stored. Without a project it is stored
    unchecked. The token is sent to this address only.
    """
    from clovrix_env.cli.login_target import LoginTarget

    target = LoginTarget(ScopeOptions.taken_from(given).request(), api_url, _OPTION)
    address = target.address
    if address.startswith(STORE_SCHEME):
        raise ClovrixConfigError(
            f"{address} is an embedded store, and its owner needs no token",
            f"name the address that the token is for with {_OPTION}",
        )
    token = _typed(token_stdin)
    checked = target.check(token)
    kept = target.keep(token)
    if as_json:
        about = {"address": address, "kept_in": kept.source, "checked": checked.is_good}
        write_json({"version": VERSION, **about})
    elif not quiet:
        write(f"stored the token for {address} in {kept.source}")
    if not quiet:
        say("clovrix-env", [checked.message, *target.notes()])


@click.command(
    cls=Command, epilog="Example: clovrix-env logout --api-url https://clovrix.example.com"
)
@nothing_more("logout takes no argument: name the address with --api-url")
@_api_url
@environment_option
@root_option
@json_option
@quiet_option
def logout(api_url: str | None, as_json: bool, quiet: bool, **given: Any) -> None:
    """Remove the token that login stored for an address. The status is 1 if there is none.

    The token itself stays valid until it is revoked on Clovrix.
    """
    from clovrix_env.cli.login_target import LoginTarget

    target = LoginTarget(ScopeOptions.taken_from(given).request(), api_url, _OPTION)
    where = target.forget()
    if as_json:
        write_json({"version": VERSION, "address": target.address, "forgotten_in": where})
    elif where is None:
        others = ", ".join(target.others())
        also = f"; there is one for {others}" if others else ""
        say("clovrix-env", [f"no token is stored for {target.address}{also}"])
    elif not quiet:
        write(f"removed the token for {target.address} from {where}")
    if where is None:
        sys.exit(NOBODY)


@click.command(cls=Command, epilog="Example: clovrix-env whoami --json")
@environment_option
@root_option
@json_option
def whoami(as_json: bool, **given: Any) -> None:
    """Show the address and where the token comes from. The token itself is never shown.

    No request is sent. The status is 1 if the address needs a token and there is none.
    """
    from clovrix_env.cli.login_target import LoginTarget

    identity = LoginTarget(ScopeOptions.taken_from(given).request()).identity()
    if as_json:
        write_json({"version": VERSION, **identity.document()})
    else:
        show(identity)
    if identity.lacks_token:
        sys.exit(NOBODY)


def show(identity: Identity) -> None:
    """Print an identity as a table, with a line on stderr about its token."""
    write_headed(table(("ADDRESS", "SET BY", "TOKEN FROM"), [identity.row()], columns()))
    say("clovrix-env", identity.notes())


def _typed(stdin: bool) -> Token:
    """Read the token from the prompt or stdin, without one trailing newline."""
    if stdin:
        text = asking.piped(_MOST_BYTES).decode("ascii", "replace")
        source = "the token on stdin"
    else:
        text = asking.hidden("Token", "--token-stdin")
        source = "the typed token"
    token = Token(files.without_newline(text), source)
    del text
    wrong = why_no_token(token.value)
    if wrong:
        raise ClovrixConfigError(
            f"{source} {wrong}", "use one line of printable ASCII, such as icr_…"
        )
    return token
