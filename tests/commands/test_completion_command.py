"""``clovrix-env completion``: the scripts; ``screens`` has what the shells make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from commands.conftest import Run


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script(command: Run, shell: str) -> None:
    """One that names both programs and the variable that one of them is asked by."""
    text = command("completion", shell).stdout
    assert f"_CLOVRIX_ENV_COMPLETE={shell}_complete" in text
    assert "_clovrix_exec_completion" in text


def test_another_shell(command: Run) -> None:
    """Wrong usage, which names those that there are."""
    assert "'bash', 'zsh', 'fish'" in command("completion", "tcsh", status=2).stderr
