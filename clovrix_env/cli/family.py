"""A family of commands under one name, such as ``clovrix-env local``."""

from __future__ import annotations

import click


class Family(click.Group):
    """A group that tells what each of its commands does in a whole sentence.

    click cuts it off where the line ends.
    """

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [
            (name, command.get_short_help_str(limit=1000))
            for name, command in sorted(self.commands.items())
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
