"""What every command of ``clovrix-env`` keeps to."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from clovrix_env.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commands.conftest import Run


def commands(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands((*path, name), found)


ALL = [path for path in commands((), cli) if path]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_shows_an_example(command: Run, path: tuple[str, ...]) -> None:
    """Every command, and every command of a group, by its own ``--help``."""
    text = command(*path, "--help").stdout
    assert "clovrix-" in " ".join(text.split()).partition("Example: ")[2]


def test_the_list_of_commands(command: Run) -> None:
    """Each with a line that is told whole."""
    text = command("--help").stdout
    for name, (_, about) in COMMANDS.items():
        assert f"  {name} " in text
        assert about in " ".join(text.split())


def test_the_list_loads_no_command() -> None:
    """Neither store nor network nor cryptography is loaded to tell what there is."""
    code = (
        "import sys\nfrom clovrix_env.cli.main import cli\n"
        "try: cli(['--help'], prog_name='clovrix-env')\nexcept SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m.startswith(('clovrix_env.store', 'httpx',"
        " 'cryptography', 'sqlite3', 'ssl', 'clovrix_env.cli.local'))))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True
    )
    assert ran.stdout.splitlines()[-1] == "[]"


def test_wrong_usage(command: Run) -> None:
    """Status 2, for a command and for an option that there is not."""
    command("explian", status=2)
    command("explain", "--revael", status=2)
