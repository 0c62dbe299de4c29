"""``clovrix-env``: the commands, each loaded when it is called."""

from __future__ import annotations

import importlib
import keyword
import sys

import click

from clovrix_env import __version__
from clovrix_env.cli.groups import Suggests
from clovrix_env.cli.output import on_terminal, stdout_failed, takes_styles
from clovrix_env.cli.statuses import NO, status_of
from clovrix_env.errors import ClovrixConfigError, ClovrixError
from clovrix_env.system.error_lines import OF_COMMANDS, lines_of
from clovrix_env.system.signals import end_by_interrupt, own_process
from clovrix_env.system.terminal import complain, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# The commands by group, each with its module and summary: the list is printed without loading them.
GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "Run": {
        "run": ("run", "Run a program, as clovrix-exec does."),
        "explain": ("explain", "Show where each variable comes from, and what it hides."),
        "export": ("export", "Write a program's environment in another format."),
        "hook": ("hook", "Load configuration when Python starts, without a launcher."),
    },
    "Values": {
        "list": ("list", "List names, without values."),
        "get": ("get", "Print one value."),
        "set": ("set", "Write one value."),
        "edit": ("edit", "Edit the values of an environment in your editor."),
        "import": ("import_", "Write the values of files to Clovrix."),
        "copy": ("copy", "Copy the values of an environment to another."),
        "history": ("history", "List the versions of one entry, without values."),
        "rollback": ("history", "Restore an earlier version of one entry."),
        "delete": ("history", "Remove one value; its history remains."),
        "log": ("log", "List who wrote what in a project, without values."),
        "diff": ("diff", "Compare the values of two environments."),
    },
    "Project": {
        "init": ("init", "Write a .clovrix for a project."),
        "migrate": ("migrate", "Report what a project that uses another library becomes."),
        "check": ("check", "Check contract, files and code before a program starts."),
        "schema": ("schema", "Write .env.example, a Python class, or a schema for editors."),
    },
    "Local store": {
        "local": ("local", "Manage the embedded store: Clovrix's API from a file."),
        "serve": ("serve", "Serve the embedded store over HTTP, for a team."),
        "demo": ("demo", "Demonstrate the main job, without any set-up."),
    },
    "Machine": {
        "use": ("use", "Set the address that your programs use."),
        "login": ("account", "Store a token for an address."),
        "logout": ("account", "Remove a token that login stored."),
        "whoami": ("account", "Show the address, and where the token comes from."),
        "cache": ("cache", "Show or remove cached values."),
        "doctor": ("doctor", "Examine the set-up, and suggest fixes."),
        "completion": ("completion", "Print the completion script of a shell."),
        "version": ("version", "Show the version."),
    },
}
COMMANDS = {name: command for group in GROUPS.values() for name, command in group.items()}
PROGRAM = "clovrix-env"
_WIDEST = max(map(len, COMMANDS))


class Commands(Suggests):
    """A group that imports the module of a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        if cmd_name == "run" and ctx.resilient_parsing:  # completion: it has clovrix-exec's options
            from clovrix_env.cli.exec_options import options

            return options
        # `import` is a keyword of Python.
        attribute = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command = getattr(importlib.import_module(f"clovrix_env.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group, commands in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl(
                    [(f"{name:<{_WIDEST}}", about) for name, (_, about) in commands.items()]
                )


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nTo run a program:\nclovrix-exec backend production -- gunicorn app:wsgi",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Manage configuration and secrets from Clovrix, merged with local .env files."""


def main() -> None:
    """Run a command, and exit with one of ``statuses.MEANINGS``.

    Ctrl-C ends it by that signal, 130 in a shell. The end of the input at a prompt (Ctrl-D) is a
    "no".
    """
    own_process()
    try:
        colour = None if takes_styles() else False  # None: on a terminal only
        status = cli.main(prog_name=PROGRAM, standalone_mode=False, color=colour)
    except click.ClickException as error:
        _complain(error)
        sys.exit(error.exit_code)
    except click.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            end_by_interrupt(error.__context__)
        say(PROGRAM, ["cancelled"])
        sys.exit(NO)
    except ClovrixError as error:
        _fail(error)
    except OSError as error:
        if error.filename is not None:
            raise
        if isinstance(error, FileNotFoundError):  # an error of a file names it
            why = "the working directory was deleted"
            _fail(ClovrixConfigError(why, "change to a folder that exists"))
        _fail(stdout_failed(error))
    sys.exit(status if isinstance(status, int) else 0)


def _complain(error: click.ClickException) -> None:
    """Print wrong usage like any other error; click would also print the usage."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if context is not None and not context.args and message == context.get_help():
        # A group without a command, since click 8.2. Its styles are for stdout.
        complain(f"{message if on_terminal(sys.stderr) else click.unstyle(message)}\n")
        return
    command = PROGRAM if context is None else context.command_path
    remedy = f"see {command} --help"
    in_group = context is not None and isinstance(context.command, click.Group)
    if isinstance(error, click.NoSuchOption) and in_group and not error.possibilities:
        remedy = f"write options after the command: {command} COMMAND {error.option_name}; {remedy}"
    say(PROGRAM, [message, remedy])


def _fail(error: ClovrixError) -> NoReturn:
    say(PROGRAM, [*error.notes, *lines_of(error, OF_COMMANDS)])
    sys.exit(status_of(error))
