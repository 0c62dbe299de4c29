"""``clovrix-env login``, ``logout`` and ``whoami``: a token of this user's own, for one address."""

from __future__ import annotations

import sys

import click

from clovrix_env.auth.address import DEFAULT, STORE_SCHEME
from clovrix_env.auth.token import IGNORED, Token, why_no_token
from clovrix_env.cli import asking
from clovrix_env.cli.common_options import (
    Command,
    ScopeOptions,
    environment_option,
    json_option,
    nothing_more,
    quiet_option,
    root_option,
    scope_options,
)
from clovrix_env.cli.output import columns, write, write_json
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.tables import table
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Of the documents that --json prints.
VERSION = 1
NOBODY = 1
_MOST_BYTES = 16 * 1024
_OPTION = "--api-url"

_api_url = click.option(
    _OPTION, metavar="URL", help="The address; else the one that a start here would ask."
)


@click.command(cls=Command, epilog="Example: clovrix-env login --token-stdin < token.txt")
@nothing_more(
    "a token is no argument, which others can see: give it by --token-stdin, or when asked"
)
@_api_url
@click.option("--token-stdin", is_flag=True, help="Read the token from stdin.")
@scope_options
@json_option
@quiet_option
def login(api_url: str | None, token_stdin: bool, as_json: bool, quiet: bool, **given: Any) -> None:
    """Keep a token for an address: in the system's keyring, else in a file of mode 0600.

    It is asked for and not shown, and checked with one request for the entries of the project at
    hand: where Clovrix does not know it, it is not kept. Without a project it is kept unchecked.
    It goes to this address and to no other.
    """
    from clovrix_env.cli.login_target import LoginTarget

    target = LoginTarget(ScopeOptions.taken_from(given).request(), api_url, _OPTION)
    address = target.address
    if address.startswith(STORE_SCHEME):
        raise ClovrixConfigError(
            f"{address} is an embedded store, which its owner asks without a token",
            f"name the address of a token by {_OPTION}",
        )
    token = _typed(token_stdin)
    checked = target.check(token)
    kept = target.keep(token)
    if as_json:
        about = {"address": address, "kept_in": kept.source, "checked": checked.is_good}
        write_json({"version": VERSION, **about})
    elif not quiet:
        write(f"kept for {address} in {kept.source}")
    if not quiet:
        say("clovrix-env", [checked.told, *target.notes()])


@click.command(
    cls=Command, epilog="Example: clovrix-env logout --api-url https://clovrix.example.com"
)
@nothing_more("logout takes no argument: it forgets the token of an address, which --api-url names")
@_api_url
@environment_option
@root_option
@json_option
@quiet_option
def logout(api_url: str | None, as_json: bool, quiet: bool, **given: Any) -> None:
    """Forget the token that login keeps for an address. Status 1 where there is none.

    It stays valid on Clovrix, where tokens are revoked.
    """
    from clovrix_env.cli.login_target import LoginTarget

    target = LoginTarget(ScopeOptions.taken_from(given).request(), api_url, _OPTION)
    where = target.forget()
    if as_json:
        write_json({"version": VERSION, "address": target.address, "forgotten_in": where})
    elif where is None:
        others = ", ".join(target.others())
        kept = f"; there is one for {others}" if others else ""
        say("clovrix-env", [f"no token is kept for {target.address}{kept}"])
    elif not quiet:
        write(f"forgotten for {target.address} in {where}")
    if where is None:
        sys.exit(NOBODY)


@click.command(cls=Command, epilog="Example: clovrix-env whoami --json")
@environment_option
@root_option
@json_option
def whoami(as_json: bool, **given: Any) -> None:
    """Tell which address is asked and where the token comes from, and never the token.

    Nothing is asked. Status 1 where there is no token, and the address needs one.
    """
    from clovrix_env.cli.login_target import LoginTarget

    target = LoginTarget(ScopeOptions.taken_from(given).request())
    origin, ignored = target.endpoint(), target.ignores_token()
    token = origin.token
    if as_json:
        about = {
            "address": origin.address,
            "address_source": origin.source,
            "token_source": None if token is None else token.source,
            "only_reads": token is not None and token.from_file,
            "token_is_ignored": ignored,
            "is_store": origin.is_store,
        }
        write_json({"version": VERSION, **about})
    else:
        if token is not None:
            why = " (ignored)" if ignored else " (to read only)" if token.from_file else ""
            told = f"{token.source}{why}"
        else:
            told = "none is needed" if origin.is_store else "none"
        source = "the default" if origin.source == DEFAULT else origin.source
        rows = [(origin.address, source, told)]
        write(table(("ADDRESS", "NAMED BY", "TOKEN FROM"), rows, columns()))
        if token is not None and ignored:
            say("clovrix-env", [f"the token from {token.source} {IGNORED}"])
    if token is None and not origin.is_store:
        if not as_json:
            say("clovrix-env", ["clovrix-env login keeps a token for it"])
        sys.exit(NOBODY)


def _typed(stdin: bool) -> Token:
    """The token that was typed or piped; one trailing newline is no part of it."""
    if stdin:
        text = asking.piped(_MOST_BYTES).decode("ascii", "replace")
        source = "the token on stdin"
    else:
        text = asking.hidden("Token", "--token-stdin")
        source = "what was typed"
    token = Token(text[:-2] if text.endswith("\r\n") else text.removesuffix("\n"), source)
    del text
    wrong = why_no_token(token.value)
    if wrong:
        raise ClovrixConfigError(
            f"{source} {wrong}", "a token is one line of printable ASCII, such as icr_…"
        )
    return token
