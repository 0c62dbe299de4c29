"""``clovrix-env run`` is ``clovrix-exec``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from commands.conftest import Run


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 42", 42), ("kill -TERM $$", -15)]
)
def test_the_program_s_own_end(command: Run, script: str, status: int) -> None:
    """Its status and its signal are what is seen."""
    command("run", "--set", "A=1", "--", "sh", "-c", script, status=status)


def test_what_is_resolved_reaches_the_program(command: Run) -> None:
    """With the launcher's own options, and the line split at the first --."""
    ran = command("run", "--set", "A=one", "--", "sh", "-c", 'echo "$A $1"', "x", "--")
    assert ran.stdout == "one --\n"
    assert ran.stderr == ""


def test_our_own_failures(command: Run) -> None:
    """The launcher's sentences and statuses: 125, and 127 for what is not found."""
    ran = command("run", "true", status=125)
    assert ran.stderr.startswith("clovrix-exec: -- is missing before the command\n")
    command("run", "--set", "A=1", "--", "no-such-command-here", status=127)


def test_its_help_is_the_launcher_s(command: Run) -> None:
    """So that every option is told."""
    assert "--pristine" in command("run", "--help").stdout
