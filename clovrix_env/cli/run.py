"""``clovrix-env run``: the launcher under its other name."""

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
    """The same as clovrix-exec, its options and statuses too: see clovrix-exec --help."""
    del words  # what click made of them; the launcher splits the line itself
    entry.main()
