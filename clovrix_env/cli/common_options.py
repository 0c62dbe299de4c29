"""Options that the commands share."""

from __future__ import annotations

import click

from clovrix_env.api import limits
from clovrix_env.errors import ValidationError
from clovrix_env.model.record import Record
from clovrix_env.system.process import argument_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Protocol, TypeVar

    from clovrix_env.settings.load_options import LoadOptions

    F = TypeVar("F", bound=Callable[..., Any])

    class Option(Protocol):
        """A decorator that gives a command an option."""

        def __call__(self, command: F, /) -> F: ...


def offers(kind: str) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """Return the completion of a word: ``projects``, ``environments``, ``names``, ``file`` …"""

    def complete(context: click.Context, _: click.Parameter, begin: str) -> list[Any]:
        from clovrix_env.cli.known_names import KINDS, offered

        if kind not in KINDS:  # the shell completes files and folders
            from click.shell_completion import CompletionItem

            return [CompletionItem(begin, type=kind)]
        with context.scope(cleanup=False):
            return offered(kind, context.params, begin)

    return complete


def project_option_with(about: str) -> Callable[[F], F]:
    """The option ``-p`` with its own help."""
    return click.option(
        "-p",
        "--project",
        type=argument_text,
        metavar="PROJECT",
        shell_complete=offers("projects"),
        help=about,
    )


def environment_option_with(about: str, *name: str, multiple: bool = False) -> Callable[[F], F]:
    """The option ``-e`` with its own help, and another ``name`` for its parameter if given."""
    return click.option(
        "-e",
        "--environment",
        "--env",
        *name,
        type=argument_text,
        metavar="NAME",
        multiple=multiple,
        shell_complete=offers("environments"),
        help=about,
    )


project_option: Option = project_option_with(
    "Project (default: CLOVRIX_PROJECT, then project in .clovrix)."
)
environment_option: Option = environment_option_with(
    "Environment (default: CLOVRIX_ENVIRONMENT, then default_environment in .clovrix)."
)
json_option: Option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
yes_option: Option = click.option("-y", "--yes", is_flag=True, help="Write without a prompt.")
quiet_option: Option = click.option(
    "-q", "--quiet", is_flag=True, help="Print results and errors only."
)
root_option: Option = click.option(
    "--root",
    metavar="DIR",
    shell_complete=offers("dir"),
    help="Folder of .clovrix (default: found from the working directory).",
)
total_timeout_option: Option = click.option(
    "--timeout",
    type=float,
    metavar="SECONDS",
    help="Seconds to wait for all requests (default: 10).",
)
timeout_option: Option = click.option(
    "--timeout",
    type=float,
    metavar="SECONDS",
    help="Seconds to wait for each request (default: 10).",
)


def with_options(command: F, options: Sequence[Callable[[F], F]]) -> F:
    """Give a command these options, which its help lists in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def scope_options(command: F) -> F:
    """Give a command these options; ``ScopeOptions.taken_from`` reads them."""
    return with_options(command, (project_option, environment_option, root_option, timeout_option))


class ScopeOptions(Record):
    """Values of these options, as click parsed them."""

    project: str | None
    environment: str | None
    root: str | None
    timeout: float | None

    @classmethod
    def taken_from(cls, given: dict[str, Any]) -> ScopeOptions:
        """Take these options out of click's arguments; the rest are the command's own.

        A command that sends no request, or reads no project, has only some of them.
        """
        return cls(**{name: given.pop(name, None) for name in cls.__match_args__})

    def request(self) -> LoadOptions:
        from clovrix_env.settings.load_options import COMMAND_WORDING, LoadOptions

        place = self.project, self.environment
        return LoadOptions(*place, self.root, timeout=self.timeout, wording=COMMAND_WORDING)


def nothing_more(refusal: str) -> Callable[[F], F]:
    """Refuse further arguments without repeating them: they may be secrets."""

    def refuse(context: click.Context, parameter: click.Parameter, words: tuple[str, ...]) -> None:
        del parameter
        if words:
            raise click.UsageError(refusal, context)

    return click.argument("words", nargs=-1, metavar="", expose_value=False, callback=refuse)


def checked_key(context: click.Context, parameter: click.Parameter, key: str) -> str:
    """A callback: a key that Clovrix accepts."""
    if "=" in key:  # the text after it may be a secret
        raise click.BadParameter("KEY must be a key without a value", context, parameter)
    try:
        limits.check_key(key)
    except ValidationError as error:
        raise click.BadParameter(str(error), context, parameter) from None
    return key


def checked_age(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """A callback: an age in seconds."""
    from clovrix_env.model.ages import age_seconds

    seconds = None if text is None else age_seconds(text)
    if text is not None and seconds is None:
        raise click.BadParameter("write an age as 7d, 5m or 1h30m", context, parameter)
    return seconds
