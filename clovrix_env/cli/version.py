"""``clovrix-env version``."""

from __future__ import annotations

import platform

import click

from clovrix_env import __version__
from clovrix_env.cli.common_options import json_option
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import write, write_json


@click.command(cls=Command, epilog="Example: clovrix-env version --json")
@json_option
def version(as_json: bool) -> None:
    """Show the version of clovrix-env and of its Python."""
    if as_json:
        write_json({"version": 1, "clovrix_env": __version__, "python": platform.python_version()})
    else:
        write(f"clovrix-env {__version__} (Python {platform.python_version()})")
