"""The options of ``clovrix-exec``, read by click."""

from __future__ import annotations

import sys

import click

from clovrix_env import __version__
from clovrix_env.cli.exec import checked_command, place_of
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.launch import Launch
from clovrix_env.layers.layer import OVERRIDE, literal_layer
from clovrix_env.process import argument_text
from clovrix_env.settings import COMMAND_WORDS, Request, why_no_override

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clovrix_env.layers.layer import Layer


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar="[OPTIONS]",
    epilog="Example: clovrix-exec backend production -- gunicorn app:wsgi",
)
@click.argument("place", nargs=-1, metavar="[PROJECT [ENVIRONMENT]] -- COMMAND [ARG]...")
@click.option("-p", "--project", metavar="PROJECT", help="The project; the same as the argument.")
@click.option("-e", "--environment", metavar="NAME", help="The environment; the same.")
@click.option(
    "-f", "--file", "files", multiple=True, metavar="FILE",
    help="Read this file instead of the default ones. Repeatable; the last wins.",
)
@click.option("--root", metavar="DIR", help="The folder of .clovrix and the .env files.")
@click.option("--local", is_flag=True, help="Read the .env files even in production.")
@click.option("--no-remote", is_flag=True, help="Do not ask Clovrix: files and defaults only.")
@click.option("--override", is_flag=True, help="Let files and Clovrix win over the process.")
@click.option(
    "--set", "sets", multiple=True, metavar="K=V",
    help="Set a variable; wins over everything. Repeatable.",
)
@click.option(
    "--allow", multiple=True, metavar="NAME",
    help="Let a name pass that the guard would refuse. Repeatable.",
)
@click.option("--timeout", type=float, metavar="SECONDS", help="For all fetching; 10 by default.")
@click.option("--pass-token", is_flag=True, help="Leave CLOVRIX_TOKEN to the program.")
@click.option("-v", "--verbose", is_flag=True, help="Tell sources and times on stderr.")
@click.version_option(__version__, message="clovrix-exec %(version)s")
@click.pass_context
def options(
    context: click.Context,
    place: tuple[str, ...],
    project: str | None,
    environment: str | None,
    files: tuple[str, ...],
    root: str | None,
    local: bool,
    no_remote: bool,
    override: bool,
    sets: tuple[str, ...],
    allow: tuple[str, ...],
    timeout: float | None,
    pass_token: bool,
    verbose: bool,
) -> Launch:
    """Run COMMAND with the configuration and secrets of a project, merged with .env files.

    \b
    Statuses: 125 our own failure, 126 found but not runnable, 127 not found,
    else the command's own.
    """
    command = checked_command(place, context.obj)
    named = place_of(place)
    return Launch(
        Request(
            project=_once("project", named[0], project),
            environment=_once("environment", named[1], environment),
            root=root,
            files=files or None,
            local=local or None,
            override=override,
            overrides=_overrides(sets),
            remote=not no_remote,
            allow=allow,
            timeout=timeout,
            words=COMMAND_WORDS,
        ),
        command,
        pass_token,
        verbose,
    )


def parse(before: Sequence[str], command: list[str] | None) -> Launch:
    """What a command line with options asks for. Exits for --help and --version.

    Raises ``ClovrixConfigError`` for wrong usage. Where the ``--`` was forgotten, what follows the
    first word may be the command's: its ``--help`` is not ours to answer.
    """
    try:
        asked = options.main(
            list(before),
            prog_name="clovrix-exec",
            standalone_mode=False,
            obj=command,
            allow_interspersed_args=command is not None,
        )
    except click.ClickException as error:
        raise ClovrixConfigError(
            error.format_message(), "clovrix-exec --help tells the options"
        ) from None
    if not isinstance(asked, Launch):
        sys.exit(0)  # --help or --version has answered
    return asked


def _once(kind: str, word: str | None, option: str | None) -> str | None:
    if option is None:
        return word
    if word is not None:
        raise click.UsageError(f"the {kind} is named twice, as argument and as option")
    return argument_text(option)


def _overrides(sets: Sequence[str]) -> Layer | None:
    if not sets:
        return None
    pairs: list[tuple[str, str]] = []
    for item in sets:
        name, equals, value = argument_text(item).partition("=")
        why = why_no_override(name, value) if equals else "has no = (write K=V)"
        if why:
            raise click.UsageError(f"--set {why}")
        pairs.append((name, value))
    return literal_layer(OVERRIDE, "--set", pairs)
