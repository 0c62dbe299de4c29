"""``clovrix-env local``: commands for the owner of an embedded store."""

from __future__ import annotations

import click

from clovrix_env.cli.groups import Family
from clovrix_env.cli.local.audit import audit
from clovrix_env.cli.local.copy import copy
from clovrix_env.cli.local.init import init
from clovrix_env.cli.local.keeping import backup, billing
from clovrix_env.cli.local.migrate import migrate
from clovrix_env.cli.local.projects import environment, project
from clovrix_env.cli.local.prune import prune
from clovrix_env.cli.local.restore import restore
from clovrix_env.cli.local.rotate import rotate
from clovrix_env.cli.local.tokens import token
from clovrix_env.cli.local.verify import verify
from clovrix_env.cli.local.where import master_key_option, store_option


@click.group(cls=Family, epilog="Example: clovrix-env local init backend")
def local() -> None:
    """Manage the embedded store: Clovrix's API from a file, without a server."""


for _command in (
    init,
    project,
    environment,
    token,
    billing,
    backup,
    restore,
    verify,
    prune,
    migrate,
    copy,
    audit,
    rotate,
):
    local.add_command(_command)
    for _leaf in _command.commands.values() if isinstance(_command, click.Group) else (_command,):
        # The arguments of ``copy`` are stores.
        _leaf.params += [] if _leaf is copy else [store_option()]
        _leaf.params.append(master_key_option())
