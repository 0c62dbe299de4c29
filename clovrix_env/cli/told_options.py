"""The options that say how a command tells what it did: spelled once, and the same everywhere."""

from __future__ import annotations

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="Tell nothing beside results and errors."
)
