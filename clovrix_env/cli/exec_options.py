"""The options of ``clovrix-exec``, read by click."""

from __future__ import annotations

import sys

import click

from clovrix_env import __version__
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.layers.layer import OVERRIDE, literal_layer
from clovrix_env.process import argument_text
from clovrix_env.record import Record
from clovrix_env.settings import why_no_override

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from clovrix_env.layers.layer import Layer
    from clovrix_env.settings import Request


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar="[OPTIONS]",
    epilog="Example: clovrix-exec backend production -- gunicorn app:wsgi",
)
@click.argument("place", nargs=-1, metavar="[PROJECT [ENVIRONMENT]] -- COMMAND [ARG]...")
@click.option("-p", "--project", metavar="PROJECT", help="The project; the same as the argument.")
@click.option("-e", "--environment", metavar="NAME", help="The environment; the same.")
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    help="Read this file instead of the default ones. Repeatable; the last wins.",
)
@click.option("--root", metavar="DIR", help="The folder of .clovrix and the .env files.")
@click.option("--local", is_flag=True, help="Read the .env files even in production.")
@click.option("--no-remote", is_flag=True, help="Do not ask Clovrix: files and defaults only.")
@click.option("--offline", is_flag=True, help="Last known values only; ask nobody.")
@click.option("--no-backoff", is_flag=True, help="Ask in spite of a refusal that is remembered.")
@click.option("--override", is_flag=True, help="Let files and Clovrix win over the process.")
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="K=V",
    help="Set a variable; wins over everything. Repeatable.",
)
@click.option(
    "--allow",
    multiple=True,
    metavar="NAME",
    help="Let a name pass that the guard would refuse. Repeatable.",
)
@click.option("--timeout", type=float, metavar="SECONDS", help="For all fetching; 10 by default.")
@click.option("--pass-token", is_flag=True, help="Leave CLOVRIX_TOKEN and CLOVRIX_MASTER_KEY.")
@click.option("-v", "--verbose", is_flag=True, help="Tell sources, times and names on stderr.")
@click.version_option(__version__, message="clovrix-exec %(version)s")
def options(place: tuple[str, ...], **given: Any) -> tuple[list[str], Options]:
    """Run COMMAND with the configuration and secrets of a project, merged with .env files.

    \b
    Statuses: 125 our own failure, 126 found but not runnable, 127 not found,
    else the command's own.
    """
    return list(place), Options(**given)


class Options(Record, hidden=("sets",)):
    """What the options said; each as click gives it."""

    project: str | None
    environment: str | None
    files: tuple[str, ...]
    root: str | None
    local: bool
    no_remote: bool
    offline: bool
    no_backoff: bool
    override: bool
    sets: tuple[str, ...]
    allow: tuple[str, ...]
    timeout: float | None
    pass_token: bool
    verbose: bool

    def added_to(self, request: Request) -> Request:
        """The request of the words, completed by the options."""
        return request.replaced(
            project=_once("project", request.project, self.project),
            environment=_once("environment", request.environment, self.environment),
            root=self.root,
            files=self.files or None,
            local=self.local or None,
            override=self.override,
            overrides=_overrides(self.sets),
            remote=not self.no_remote,
            offline=self.offline,
            backoff=not self.no_backoff,
            allow=self.allow,
            timeout=self.timeout,
        )


def parse(words: Sequence[str], *, forgotten: bool) -> tuple[list[str], Options]:
    """The words that are no options, and the options. Exits for --help and --version.

    Raises ``ClovrixConfigError`` for wrong usage. Where the ``--`` was ``forgotten``, what follows
    the first word may be the command's: its ``--help`` is not ours to answer.
    """
    try:
        parsed: tuple[list[str], Options] | int = options.main(
            list(words),
            prog_name="clovrix-exec",
            standalone_mode=False,
            allow_interspersed_args=not forgotten,
        )
    except click.ClickException as error:
        raise _wrong_usage(error.format_message()) from None
    if isinstance(parsed, int):
        sys.exit(parsed)  # --help or --version has answered
    return parsed


def _once(kind: str, word: str | None, option: str | None) -> str | None:
    if option is None:
        return word
    if word is not None:
        raise _wrong_usage(f"the {kind} is named twice, as argument and as option")
    return argument_text(option)


def _overrides(sets: Sequence[str]) -> Layer | None:
    if not sets:
        return None
    pairs: list[tuple[str, str]] = []
    for item in sets:
        name, equals, value = argument_text(item).partition("=")
        why = why_no_override(name, value) if equals else "has no = (write K=V)"
        if why:
            raise _wrong_usage(f"--set {why}")
        pairs.append((name, value))
    return literal_layer(OVERRIDE, "--set", pairs)


def _wrong_usage(why: str) -> ClovrixConfigError:
    return ClovrixConfigError(why, "clovrix-exec --help tells the options")
