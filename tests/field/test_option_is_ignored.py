"""An option that does nothing: given a second time, or where it has no meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from clovrix_env.cli.exec_options import options as launcher
from clovrix_env.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launch.launcher import Launcher
    from transfer.conftest import Command


def commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(click.Context(group)):
        found = group.get_command(click.Context(group), name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, *above, name)
        else:
            yield (*above, name), found


COMMANDS = [*commands(cli), (("clovrix-exec",), launcher)]
# Those that wait for no answer: what they look at is on this machine.
_SEND_NOTHING = {"whoami", "logout", "cache status", "cache clear", "init", "schema", "version"}


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=lambda value: str(value))
def test_no_option_counts_twice(words: tuple[str, ...], command: click.Command) -> None:
    """``list -e a -e b``: each option that takes one value is refused the second time."""
    for option in command.params:
        if isinstance(option, click.Option) and not (option.is_flag or option.multiple):
            name = option.opts[0]
            with pytest.raises(click.UsageError, match=f"{name}.* can be given only once"):
                command.make_context("x", [name, "a", option.opts[-1], "b"])


def test_option_given_twice_is_wrong_usage(command: Command, launched: Launcher) -> None:
    """Status 2, and 125 of the launcher; a flag may be repeated, but not with its opposite."""
    said = command.refused("list", "-e", "a", "--env", "b", status=2)
    assert "-e / --environment / --env can be given only once" in said
    said = command.refused("set", "A", "--secret", "--plain", status=2)
    assert "--secret / --plain can be given only once" in said
    command.write(".env", "A=1\n")
    assert command.done("explain", "--json", "--json", "A").startswith("{")
    assert launched("-e", "a", "-e", "b", "--", "true").returncode == 125


def test_timeout_is_for_commands_that_send_requests() -> None:
    """Elsewhere it would promise what nothing does."""
    for words, command in COMMANDS:
        has = any("--timeout" in option.opts for option in command.params)
        assert not (has and " ".join(words) in _SEND_NOTHING), words


@pytest.mark.parametrize("name", ["explain", "export"])
def test_help_names_no_argument_that_is_not_there(command: Command, name: str) -> None:
    """Only clovrix-exec takes PROJECT and ENVIRONMENT as arguments."""
    assert "argument" not in command.done(name, "--help")
