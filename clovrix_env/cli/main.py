"""``clovrix-env``: the commands, each loaded when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from clovrix_env import __version__
from clovrix_env.errors import ClovrixError
from clovrix_env.terminal import lines_of, say

COMMANDS = {
    "demo": "clovrix_env.cli.demo",
    "diff": "clovrix_env.cli.diff",
    "explain": "clovrix_env.cli.explain",
    "hook": "clovrix_env.cli.hook",
    "local": "clovrix_env.cli.local",
}
PROGRAM = "clovrix-env"
OWN_FAILURE = 125


class Commands(click.Group):
    """A group whose commands live in modules of their own, one a family, named after it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Programs are started by the other command: clovrix-exec PROJECT ENVIRONMENT -- COMMAND",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Configuration and secrets of Clovrix, merged with local .env files."""


def main() -> None:
    """Run a command; 0 done, 2 wrong usage, 125 failed, with one sentence for each problem."""
    try:
        cli(prog_name=PROGRAM)
    except ClovrixError as error:
        say(PROGRAM, lines_of(error))
        sys.exit(OWN_FAILURE)
