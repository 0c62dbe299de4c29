"""``clovrix-env completion``: the scripts; ``screens`` has what the shells make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commands.conftest import Run


def test_every_shell_gets_a_script(command: Run) -> None:
    """One for both programs, of which one is asked; another shell is wrong usage."""
    for shell in ("bash", "zsh", "fish"):
        text = command("completion", shell).stdout
        assert f"_CLOVRIX_ENV_COMPLETE={shell}_complete" in text
        assert "_clovrix_exec_completion" in text
    assert "'bash', 'zsh', 'fish'" in command("completion", "tcsh", status=2).stderr
