"""``clovrix-env run``: another name of the launcher."""

from __future__ import annotations

import click

from clovrix_env import __main__ as entry


@click.command(
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
    options_metavar="",
    epilog="Example: clovrix-env run backend production -- gunicorn app:wsgi",
)
@click.argument(
    "words",
    nargs=-1,
    type=click.UNPROCESSED,
    metavar="[OPTIONS] [PROJECT [ENVIRONMENT]] -- COMMAND [ARG]...",
)
def run(words: tuple[str, ...]) -> None:
    """Run a program as clovrix-exec does: see clovrix-exec --help for options and statuses."""
    del words  # the launcher splits the command line itself
    entry.main()
