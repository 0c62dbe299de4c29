"""``clovrix-env``: the commands, each loaded when it is called."""

from __future__ import annotations

import importlib
import io
import keyword
import os
import sys

import click

from clovrix_env import __version__
from clovrix_env.cli.common_options import EndsWithoutReader
from clovrix_env.cli.output import stdout_failed
from clovrix_env.errors import ClovrixConfigError, ClovrixError
from clovrix_env.system.error_lines import OF_COMMANDS, lines_of
from clovrix_env.system.signals import end_by_interrupt, own_process
from clovrix_env.system.terminal import complain, is_dumb, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# Of each command the module that holds it, and what the list of commands says of it: the list is
# written without loading any of them.
COMMANDS: dict[str, tuple[str, str]] = {
    "cache": ("cache", "Last known values: how they stand, and how to forget them."),
    "check": ("check", "Check contract, files and code before a start does."),
    "completion": ("completion", "What a shell needs to complete commands and options."),
    "demo": ("demo", "Show the main job at work, with nothing set up."),
    "diff": ("diff", "Compare what Clovrix holds in two environments."),
    "doctor": ("doctor", "Look at all that a start depends on, and say what helps."),
    "edit": ("edit", "Change the values of a place in your editor."),
    "explain": ("explain", "Tell where every name comes from, and whom it hid."),
    "export": ("export", "Write a program's environment for another reader."),
    "get": ("get", "Print one value."),
    "hook": ("hook", "Load at the start of a Python, without a launcher."),
    "import": ("import_", "Write what files hold to Clovrix."),
    "init": ("init", "Write a .clovrix for the project at hand."),
    "list": ("list", "List names, and no value."),
    "local": ("local", "The embedded store: Clovrix's API from a file on this machine."),
    "login": ("account", "Keep a token for an address."),
    "logout": ("account", "Forget a token that login kept."),
    "run": ("run", "The same as clovrix-exec."),
    "schema": ("schema", "Write .env.example, and the schema of .clovrix for editors."),
    "set": ("set", "Write one value."),
    "version": ("version", "Tell the version."),
    "whoami": ("account", "Tell who is asked, and whose token is used."),
}
PROGRAM = "clovrix-env"
NO = 1
OWN_FAILURE = 125


class Commands(EndsWithoutReader, click.Group):
    """A group whose commands live in modules of their own, one a family, named after it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        # `import` is a word of Python.
        attribute = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command = getattr(importlib.import_module(f"clovrix_env.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in sorted(COMMANDS.items())])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nPrograms are started by the other command:\n"
    "clovrix-exec backend production -- gunicorn app:wsgi",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Configuration and secrets of Clovrix, merged with local .env files."""


def main() -> None:
    """Run a command: 0 done, 1 findings or "no", 2 wrong usage, 125 failed, a sentence a problem.

    Ctrl-C ends it by that signal, 130 in a shell, whatever it was at; the end of the input at a
    question (Ctrl-D) is a "no".
    """
    own_process()
    try:
        plain = os.environ.get("NO_COLOR") or is_dumb()
        colour = False if plain else None  # None: on a terminal only
        status = cli.main(prog_name=PROGRAM, standalone_mode=False, color=colour)
    except click.ClickException as error:
        usage = io.StringIO()  # click itself would take stdout where stderr is closed
        error.show(usage)
        complain(usage.getvalue())
        sys.exit(error.exit_code)
    except click.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            end_by_interrupt()
        say(PROGRAM, ["no answer was given: nothing more was done"])
        sys.exit(NO)
    except ClovrixError as error:
        _fail(error)
    except OSError as error:
        if error.filename is not None:
            raise
        if isinstance(error, FileNotFoundError):  # what looks at a file names it
            why = "the working directory was deleted"
            _fail(ClovrixConfigError(why, "change to one that exists"))
        _fail(stdout_failed(error))
    sys.exit(status if isinstance(status, int) else 0)


def _fail(error: ClovrixError) -> NoReturn:
    say(PROGRAM, [*error.notes, *lines_of(error, OF_COMMANDS)])
    sys.exit(OWN_FAILURE)
