"""``clovrix-env local token``: tokens for programs that may use a part of the store."""

from __future__ import annotations

import time

import click

from clovrix_env.cli.common_options import json_option, offers, quiet_option
from clovrix_env.cli.groups import Family
from clovrix_env.cli.local.where import opened_store
from clovrix_env.cli.output import columns, write, write_headed, write_json
from clovrix_env.store.access import ROLES
from clovrix_env.system.process import argument_text
from clovrix_env.system.tables import table
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clovrix_env.store.access import HeldToken

# Version of the document that --json prints.
VERSION = 1


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
@quiet_option
def create(
    projects: tuple[str, ...], environments: tuple[str, ...], role: str, quiet: bool
) -> None:
    """Create a token and print it once. The store contains only its hash."""
    where = ", ".join(projects)
    within = ", ".join(environments) or "all environments"
    with opened_store() as store:
        made = store.create_token(projects, environments, role=role)
        try:
            write(made)
        except BaseException:  # no one has the token
            store.revoke_token(made)
            raise
    if not quiet:
        what = f"created a token to {role} {where} ({within})"
        say("clovrix-env", [f"{what}; it is not shown again: set it as CLOVRIX_TOKEN"])


@token.command("list", epilog="Example: clovrix-env local token list --json")
@json_option
def list_tokens(as_json: bool) -> None:
    """List all tokens by their public id, with role, scope and state."""
    with opened_store() as store:
        found = store.tokens()
    if as_json:
        write_json({"version": VERSION, "tokens": [_document(held) for held in found]})
    else:
        rows = [(t.id, t.role, ", ".join(t.scopes), t.state(time.time())) for t in found]
        write_headed(
            table(("ID", "ROLE", "SCOPE", "STATE"), rows, columns()) if rows else "no token"
        )


def _document(held: HeldToken) -> dict[str, object]:
    return {
        "id": held.id,
        "role": held.role,
        "scopes": list(held.scopes),
        "expires_at": held.expires_at,
        "revoked_at": held.revoked_at,
        "proven": held.proven,
    }


@token.command(epilog="Example: clovrix-env local token revoke 3kTMd9Qz")
@click.argument("public_id", metavar="ID")
@quiet_option
def revoke(public_id: str, quiet: bool) -> None:
    """Revoke the token with the public ID immediately. `list` shows the ids."""
    with opened_store() as store:
        store.revoke_token(public_id)
    if not quiet:
        say("clovrix-env", ["revoked"])
