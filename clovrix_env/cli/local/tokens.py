"""``clovrix-env local token``: tokens for programs that may use a part of the store."""

from __future__ import annotations

import calendar
import time
from contextlib import suppress

import click

from clovrix_env.cli.common_options import json_option, offers, quiet_option
from clovrix_env.cli.groups import Family
from clovrix_env.cli.local.where import opened_store
from clovrix_env.cli.output import columns, write, write_headed, write_json
from clovrix_env.model.ages import age_seconds
from clovrix_env.store.access import ROLES, public_id_of
from clovrix_env.system.process import argument_text
from clovrix_env.system.tables import table
from clovrix_env.system.terminal import say, utc_day

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovrix_env.store.tokens import HeldToken

# Version of the documents that --json prints.
VERSION = 1


def _expiry(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """A callback: the expiry as seconds since 1970, from an age or a date in UTC."""
    if text is None:
        return None
    now, seconds = int(time.time()), age_seconds(text)
    expires_at = None if seconds is None else now + seconds
    with suppress(ValueError):
        expires_at = calendar.timegm(time.strptime(text, "%Y-%m-%d"))
    if expires_at is None:
        raise click.BadParameter(
            "write an age as 90d or 12h, or a date as 2027-03-01", context, parameter
        )
    if expires_at <= now:
        raise click.BadParameter("the token would have expired already", context, parameter)
    return expires_at


@click.group(cls=Family, epilog="Example: clovrix-env local token list")
def token() -> None:
    """Manage tokens for programs that may use a part of the store."""


@token.command(epilog="Example: clovrix-env local token create --project backend --role read")
@click.option(
    "--project",
    "projects",
    multiple=True,
    required=True,
    type=argument_text,
    metavar="NAME",
    shell_complete=offers("projects"),
    help="Project that the token can access. Repeatable.",
)
@click.option(
    "--env",
    "environments",
    multiple=True,
    type=argument_text,
    metavar="NAME",
    shell_complete=offers("environments"),
    help="Environment of each project (default: all). Repeatable.",
)
@click.option(
    "--role",
    type=click.Choice(ROLES),
    required=True,
    help="Role of the token; write includes read.",
)
@click.option(
    "--name",
    type=argument_text,
    metavar="TEXT",
    help="Name of the token, such as the program that uses it (default: none).",
)
@click.option(
    "--expires",
    "expires_at",
    metavar="AGE|DATE",
    callback=_expiry,
    help="Expiry: an age such as 90d or 12h, or a date in UTC such as 2027-03-01 (default: never).",
)
@json_option
@quiet_option
def create(
    projects: tuple[str, ...],
    environments: tuple[str, ...],
    role: str,
    name: str | None,
    expires_at: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Create a token and print it once. The store contains only its hash.

    A token with a date as its expiry is refused from the beginning of that day.
    """
    with opened_store() as store:
        made = store.create_token(
            projects, environments, role=role, expires_at=expires_at, name=name
        )
        try:
            if as_json:
                _write_created(made, store.tokens())
            else:
                write(made)
        except BaseException:  # no one has the token
            store.revoke_token(made)
            raise
    if not quiet and not as_json:
        where, within = ", ".join(projects), ", ".join(environments) or "all environments"
        until = "" if expires_at is None else f" until {utc_day(expires_at)}"
        what = f"created a token to {role} {where} ({within}){until}"
        say("clovrix-env", [f"{what}; it is not shown again: set it as CLOVRIX_TOKEN"])


def _write_created(made: str, tokens: Sequence[HeldToken]) -> None:
    (held,) = (held for held in tokens if held.id == public_id_of(made))
    write_json({"version": VERSION, "token": made, **_document(held)})


@token.command("list", epilog="Example: clovrix-env local token list --json")
@json_option
def list_tokens(as_json: bool) -> None:
    """List all tokens by their public id.

    Shows the name, role, scope, expiry, last use and state of each. Days are in UTC.
    """
    with opened_store() as store:
        found = store.tokens()
    if as_json:
        write_json({"version": VERSION, "tokens": [_document(held) for held in found]})
    else:
        rows = [_row(held, time.time()) for held in found]
        write_headed(table(_HEAD, rows, columns()) if rows else "no token")


_HEAD = ("ID", "NAME", "ROLE", "SCOPE", "EXPIRES", "LAST USED", "STATE")


def _row(held: HeldToken, now: float) -> tuple[str, ...]:
    expires, used = (
        "never" if at is None else utc_day(at) for at in (held.expires_at, held.last_used)
    )
    scopes = ", ".join(held.scopes)
    return held.id, held.name or "", held.role, scopes, expires, used, shown(held.state(now))


def shown(state: str) -> str:
    """The state of a token, for people: ``holds`` is the word of ``--json``."""
    return "valid" if state == "holds" else state


def _document(held: HeldToken) -> dict[str, object]:
    return {
        "id": held.id,
        "name": held.name,
        "role": held.role,
        "scopes": list(held.scopes),
        "created_at": held.created_at,
        "expires_at": held.expires_at,
        "revoked_at": held.revoked_at,
        "last_used": held.last_used,
        "state": held.state(time.time()),
        "proven": held.proven,
    }


@token.command(epilog="Example: clovrix-env local token revoke 3kTMd9Qz")
@click.argument("public_id", metavar="ID")
@json_option
@quiet_option
def revoke(public_id: str, as_json: bool, quiet: bool) -> None:
    """Revoke the token with the public ID immediately. `list` shows the ids."""
    with opened_store() as store:
        store.revoke_token(public_id)
    if as_json:
        write_json({"version": VERSION, "id": public_id_of(public_id) or public_id})
    elif not quiet:
        say("clovrix-env", ["revoked"])
