"""What the commands share: options for project and environment, for output, and groups."""

from __future__ import annotations

import click

from clovrix_env.api import limits
from clovrix_env.cli.output import stdout_failed
from clovrix_env.errors import ValidationError
from clovrix_env.model.record import Record
from clovrix_env.system.process import argument_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from clovrix_env.settings.load_options import LoadOptions

    F = TypeVar("F", bound=Callable[..., Any])

project_option = click.option(
    "-p",
    "--project",
    type=argument_text,
    metavar="PROJECT",
    help="The project, if it is not .clovrix's.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="Tell nothing beside results and errors."
)
environment_option = click.option(
    "-e",
    "--environment",
    "--env",
    type=argument_text,
    metavar="NAME",
    help="The environment, if it is not .clovrix's.",
)
root_option = click.option("--root", metavar="DIR", help="The folder of .clovrix.")
total_timeout_option = click.option(
    "--timeout",
    type=float,
    metavar="SECONDS",
    help="Seconds to wait for all requests (default: 10).",
)
_timeout_option = click.option(
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
    return with_options(command, (project_option, environment_option, root_option, _timeout_option))


class ScopeOptions(Record):
    """What the options said; each as click gives it."""

    project: str | None
    environment: str | None
    root: str | None
    timeout: float | None

    @classmethod
    def taken_from(cls, given: dict[str, Any]) -> ScopeOptions:
        """Take these options out of what click gave; what is left is the command's own.

        A command that sends no request, or looks at no project, has not all of them.
        """
        return cls(**{name: given.pop(name, None) for name in cls.__match_args__})

    def request(self) -> LoadOptions:
        from clovrix_env.settings.load_options import COMMAND_WORDING, LoadOptions

        place = self.project, self.environment
        return LoadOptions(*place, self.root, timeout=self.timeout, wording=COMMAND_WORDING)


def nothing_more(told: str) -> Callable[[F], F]:
    """Refuse what stands behind a command without repeating it: it may be a secret."""

    def refuse(context: click.Context, parameter: click.Parameter, words: tuple[str, ...]) -> None:
        del parameter
        if words:
            raise click.UsageError(told, context)

    return click.argument("words", nargs=-1, metavar="", expose_value=False, callback=refuse)


def checked_key(context: click.Context, parameter: click.Parameter, key: str) -> str:
    """A callback: the name of an entry, as Clovrix takes it."""
    if "=" in key:  # and behind it what may be a secret
        raise click.BadParameter("it is a key and a value: name the key alone", context, parameter)
    try:
        limits.check_key(key)
    except ValidationError as error:
        raise click.BadParameter(str(error), context, parameter) from None
    return key


class EndsWithoutReader(click.Command):
    """A command whose help ends like any other output where nobody reads it: click says 1."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError as error:
            raise stdout_failed(error) from None


class Command(EndsWithoutReader):
    """A command that refuses an option given twice that takes one value: click takes the last."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            _, _, given = self.make_parser(ctx).parse_args(list(args))
            for parameter in given:
                if given.count(parameter) > 1 and _takes_one(parameter):
                    names = " / ".join((*parameter.opts, *parameter.secondary_opts))
                    raise click.UsageError(f"{names} can be given only once", ctx)
        return super().parse_args(ctx, args)


def _takes_one(parameter: click.Parameter) -> bool:
    """Whether one value counts; a flag may be repeated, unless it has a flag for its opposite."""
    if not isinstance(parameter, click.Option) or parameter.multiple or parameter.count:
        return False
    return not parameter.is_flag or bool(parameter.secondary_opts)


class Family(EndsWithoutReader, click.Group):
    """A group that tells what each of its commands does in a whole sentence.

    click cuts it off where the line ends.
    """

    command_class = Command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [
            (name, command.get_short_help_str(limit=1000))
            for name, command in sorted(self.commands.items())
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
