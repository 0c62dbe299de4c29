"""The options that say what is resolved: the same for every command that resolves."""

from __future__ import annotations

import click

from clovrix_env.cli.common_options import (
    environment_option,
    project_option,
    total_timeout_option,
    with_options,
)
from clovrix_env.model.layer import OVERRIDE, literal_layer
from clovrix_env.model.record import Record
from clovrix_env.settings.load_options import LoadOptions, why_no_override
from clovrix_env.system.process import argument_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from clovrix_env.model.layer import Layer
    from clovrix_env.settings.load_options import Wording

    F = TypeVar("F", bound=Callable[..., Any])

_SAME_AS_ARGUMENTS = (
    click.option(
        "-p",
        "--project",
        type=argument_text,
        metavar="PROJECT",
        help="The project; the same as the argument.",
    ),
    click.option(
        "-e",
        "--environment",
        "--env",
        type=argument_text,
        metavar="NAME",
        help="The environment; the same as the argument.",
    ),
)
_OPTIONS = (
    click.option(
        "-f",
        "--file",
        "files",
        multiple=True,
        metavar="FILE",
        help="Read this file instead of the default ones. Repeatable; the last wins.",
    ),
    click.option("--root", metavar="DIR", help="The folder of .clovrix and the .env files."),
    click.option("--local", is_flag=True, help="Read the .env files even in production."),
    click.option("--no-remote", is_flag=True, help="Do not ask Clovrix: files and defaults only."),
    click.option("--offline", is_flag=True, help="Last known values only; ask nobody."),
    click.option(
        "--no-backoff", is_flag=True, help="Ask in spite of a refusal that is remembered."
    ),
    click.option("--override", is_flag=True, help="Let files and Clovrix win over the process."),
    click.option(
        "--set",
        "sets",
        multiple=True,
        metavar="K=V",
        help="Set a variable; wins over everything. Repeatable.",
    ),
    click.option(
        "--only",
        multiple=True,
        metavar="GLOB",
        help="Set only names like this; replaces only of [select]. Repeatable.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="GLOB",
        help="Set no name like this; replaces exclude of [select]. Repeatable.",
    ),
    click.option(
        "--allow",
        multiple=True,
        metavar="NAME",
        help="Let a name pass that the guard would refuse. Repeatable.",
    ),
    total_timeout_option,
)


def request_options(command: F) -> F:
    """Give a command these options; ``RequestOptions.taken_from`` reads them."""
    return with_options(command, (project_option, environment_option, *_OPTIONS))


def launch_options(command: F) -> F:
    """The same for a command that takes PROJECT and ENVIRONMENT as arguments as well."""
    return with_options(command, (*_SAME_AS_ARGUMENTS, *_OPTIONS))


class RequestOptions(Record, hidden=("sets",)):
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
    only: tuple[str, ...]
    exclude: tuple[str, ...]
    allow: tuple[str, ...]
    timeout: float | None

    @classmethod
    def taken_from(cls, given: dict[str, Any]) -> RequestOptions:
        """Take these options out of what click gave; what is left is the command's own."""
        return cls(**{name: given.pop(name) for name in cls.__match_args__})

    def request(self, wording: Wording, place: Sequence[str] = ()) -> LoadOptions:
        """The request, where ``place`` are the words PROJECT and ENVIRONMENT as far as written.

        Raises ``click.UsageError``.
        """
        project, environment = (*map(argument_text, place), None, None)[:2]
        return LoadOptions(
            project=_once("project", project, self.project),
            environment=_once("environment", environment, self.environment),
            root=self.root,
            files=self.files or None,
            local=self.local or None,
            override=self.override,
            overrides=_overrides(self.sets),
            remote=not self.no_remote,
            offline=self.offline,
            backoff=not self.no_backoff,
            only=self.only or None,
            exclude=self.exclude or None,
            allow=self.allow,
            timeout=self.timeout,
            wording=wording,
        )


def _once(kind: str, word: str | None, option: str | None) -> str | None:
    if option is None:
        return word
    if word is not None:
        raise click.UsageError(f"the {kind} is named twice, as argument and as option")
    return option


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
