"""The options of ``clovrix-exec``, read by click."""

from __future__ import annotations

import sys

import click

from clovrix_env import __version__
from clovrix_env.cli.common_options import offers
from clovrix_env.cli.groups import Command
from clovrix_env.cli.output import stdout_failed, tell
from clovrix_env.cli.request_options import RequestOptions, launch_options
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.launch import Launch
from clovrix_env.model.record import Record
from clovrix_env.settings.load_options import LAUNCHER_WORDING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from clovrix_env.resolution.explain import Explanation


@click.command(
    cls=Command,
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar="[OPTIONS]",
    epilog="Example: clovrix-exec backend production -- gunicorn app:wsgi",
)
@click.argument(
    "place",
    nargs=-1,
    metavar="[PROJECT [ENVIRONMENT]] -- COMMAND [ARG]...",
    shell_complete=offers("scope"),
)
@launch_options
@click.option(
    "--pass-token",
    is_flag=True,
    help="Pass CLOVRIX_TOKEN, CLOVRIX_MASTER_KEY and CLOVRIX_STORE on to the command.",
)
@click.option(
    "--pristine",
    is_flag=True,
    help="Pass on resolved variables and only PATH, HOME and the like from the process.",
)
@click.option(
    "--keep",
    multiple=True,
    metavar="GLOB",
    help="With --pristine: also pass on names that match. Repeatable.",
)
@click.option("--explain", is_flag=True, help="Show where each variable comes from; run nothing.")
@click.option("--reveal", is_flag=True, help="With --explain: show the values.")
@click.option("--json", "as_json", is_flag=True, help="With --explain: print JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Print sources, times and names on stderr.")
@click.version_option(__version__, message="clovrix-exec %(version)s")
def options(place: tuple[str, ...], **given: Any) -> tuple[list[str], Options]:
    """Run COMMAND with the configuration and secrets of a project, merged with .env files.

    The exit status is that of COMMAND, or 125 if clovrix-exec fails, 126 if COMMAND cannot be run,
    127 if it is not found.
    """
    requested = RequestOptions.taken_from(given)
    chosen = Options(requested, **given)
    if chosen.keep and not chosen.pristine:
        raise click.UsageError("--keep needs --pristine")
    if (chosen.reveal or chosen.as_json) and not chosen.explain:
        raise click.UsageError("--reveal and --json need --explain")
    return list(place), chosen


class Options(Record):
    """Values of the options, as click parsed them."""

    requested: RequestOptions
    pass_token: bool
    pristine: bool
    keep: tuple[str, ...]
    explain: bool
    reveal: bool
    as_json: bool
    verbose: bool

    def launch(self, place: Sequence[str], command: Sequence[str]) -> Launch:
        """The launch. Raises ``ClovrixConfigError`` for wrong usage."""
        try:
            request = self.requested.request(LAUNCHER_WORDING, place)
        except click.UsageError as error:
            raise _wrong_usage(error) from None
        return Launch(
            request,
            command,
            pass_token=self.pass_token,
            pristine=self.pristine,
            keep=self.keep,
            verbose=self.verbose,
            on_explain=self._show if self.explain else None,
        )

    def _show(self, explanation: Explanation) -> None:
        tell(explanation, reveal=self.reveal, as_json=self.as_json)


def parse(words: Sequence[str], program: str, *, forgotten: bool) -> tuple[list[str], Options]:
    """The arguments and the options of ``program``. Exits for --help and --version.

    Raises ``ClovrixConfigError`` for wrong usage. If the ``--`` was ``forgotten``, words after the
    first may belong to the command: its ``--help`` is not answered here.
    """
    try:
        parsed: tuple[list[str], Options] | int = options.main(
            list(words),
            prog_name=program,
            standalone_mode=False,
            allow_interspersed_args=not forgotten,
        )
    except click.ClickException as error:
        raise _wrong_usage(error) from None
    except OSError as error:  # of --help or --version
        raise stdout_failed(error) from None
    if isinstance(parsed, int):
        sys.exit(parsed)  # --help or --version has answered
    return parsed


def _wrong_usage(error: click.ClickException) -> ClovrixConfigError:
    """click's error as the launcher prints it, with status 125."""
    return ClovrixConfigError(error.format_message(), "see clovrix-exec --help")
