"""Commands and groups of click: their help, suggestions, and options given twice."""

from __future__ import annotations

import click

from clovrix_env.cli.output import bold, stdout_failed
from clovrix_env.system.similar import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# Names that other programs use for these commands.
_ALSO = {
    "ls": "list",
    "rm": "delete",
    "unset": "delete",
    "exec": "run",
    "add": "set",
    "show": "get",
    "put": "set",
    "new": "create",
    "setup": "init",
}


class Formatter(click.HelpFormatter):
    """Help with bold headings and names on a terminal."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, bold("Usage:") + " " if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{bold(f'{heading}:')}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], *args: Any, **how: Any) -> None:
        super().write_dl([(bold(name), about) for name, about in rows], *args, **how)


class Context(click.Context):
    """A context whose help is written by ``Formatter``."""

    formatter_class: type[click.HelpFormatter] = Formatter


class EndsWithoutReader(click.Command):
    """A command whose help ends like other output without a reader: click would exit with 1."""

    context_class: type[click.Context] = Context

    def make_context(
        self, info_name: str | None, args: list[str], *more: Any, **extra: Any
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, *more, **extra)
        except BrokenPipeError as error:
            raise stdout_failed(error) from None


class Command(EndsWithoutReader):
    """A command that refuses to repeat an option of one value; click would use the last one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            _, _, given = self.make_parser(ctx).parse_args(list(args))
            for parameter in given:
                if given.count(parameter) > 1 and _takes_one(parameter):
                    names = " / ".join((*parameter.opts, *parameter.secondary_opts))
                    raise click.UsageError(f"{names} can be given only once", ctx)
        return super().parse_args(ctx, args)


def _takes_one(parameter: click.Parameter) -> bool:
    """Whether only one value is used. A flag may be repeated unless it has an opposite."""
    if not isinstance(parameter, click.Option) or parameter.multiple or parameter.count:
        return False
    return not parameter.is_flag or bool(parameter.secondary_opts)


class Suggests(EndsWithoutReader, click.Group):
    """A group that suggests a command for one that does not exist."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            if name.startswith("-"):
                return super().resolve_command(ctx, args)
            raise click.UsageError(_no_such_command(name, self.list_commands(ctx)), ctx)
        return super().resolve_command(ctx, args)


def _no_such_command(name: str, commands: list[str]) -> str:
    known = _ALSO.get(name)
    return (
        f"No such command {name!r}.{did_you_mean(known if known in commands else name, commands)}"
    )


class Family(Suggests):
    """A group that lists each command with its whole summary; click would cut it off."""

    command_class: type[click.Command] | None = Command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [
            (name, command.get_short_help_str(limit=1000))
            for name, command in sorted(self.commands.items())
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
