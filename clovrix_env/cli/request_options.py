"""The options of every command that resolves an environment."""

from __future__ import annotations

import click

from clovrix_env.cli.common_options import (
    environment_option,
    environment_option_with,
    offers,
    project_option,
    project_option_with,
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
    project_option_with(
        "Project, instead of the argument (default: CLOVRIX_PROJECT, then .clovrix)."
    ),
    environment_option_with(
        "Environment, instead of the argument (default: CLOVRIX_ENVIRONMENT, then .clovrix)."
    ),
)
_OPTIONS = (
    click.option(
        "-f",
        "--file",
        "files",
        multiple=True,
        metavar="FILE",
        shell_complete=offers("file"),
        help="Read this file instead of the default ones. Repeatable; the last one overrides.",
    ),
    click.option(
        "--root",
        metavar="DIR",
        shell_complete=offers("dir"),
        help="Folder of .clovrix and the .env files (default: found from the working directory).",
    ),
    click.option("--local", is_flag=True, help="Read the .env files even in production."),
    click.option("--no-remote", is_flag=True, help="Use files and defaults only, not Clovrix."),
    click.option("--offline", is_flag=True, help="Use cached values only; send no request."),
    click.option(
        "--no-backoff", is_flag=True, help="Send a request even after a remembered refusal."
    ),
    click.option(
        "--override",
        is_flag=True,
        help="Let files and Clovrix override the process environment.",
    ),
    click.option(
        "--set",
        "sets",
        multiple=True,
        metavar="K=V",
        help="Set a variable; overrides every source. Repeatable.",
    ),
    click.option(
        "--only",
        multiple=True,
        metavar="GLOB",
        shell_complete=offers("names"),
        help="Set only names that match (default: only in [select]). Repeatable.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="GLOB",
        shell_complete=offers("names"),
        help="Leave out names that match (default: exclude in [select]). Repeatable.",
    ),
    click.option(
        "--allow",
        multiple=True,
        metavar="NAME",
        shell_complete=offers("names"),
        help="Allow a name that the guard refuses. Repeatable.",
    ),
    total_timeout_option,
)


def request_options(command: F) -> F:
    """Give a command these options; ``RequestOptions.taken_from`` reads them."""
    return with_options(command, (project_option, environment_option, *_OPTIONS))


def launch_options(command: F) -> F:
    """The same options for a command with the arguments PROJECT and ENVIRONMENT."""
    return with_options(command, (*_SAME_AS_ARGUMENTS, *_OPTIONS))


class RequestOptions(Record, hidden=("sets",)):
    """Values of these options, as click parsed them."""

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
        """Take these options out of click's arguments; the rest are the command's own."""
        return cls(**{name: given.pop(name) for name in cls.__match_args__})

    def request(self, wording: Wording, place: Sequence[str] = ()) -> LoadOptions:
        """The options of the load; ``place`` has the arguments PROJECT and ENVIRONMENT, if any.

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
        raise click.UsageError(f"name the {kind} once, as an argument or as an option")
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
