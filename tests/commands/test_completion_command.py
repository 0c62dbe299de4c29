"""``clovrix-env completion``: what the shells make of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from commands.conftest import TOP

if TYPE_CHECKING:
    from pathlib import Path

    from commands.conftest import Run

# What the shells do when somebody presses Tab behind these words; zsh's own functions, which only
# its editor has, print what they are given.
COMPLETE = {
    "bash": """
eval "$(clovrix-env completion bash)"
COMP_WORDS=({words}) COMP_CWORD={at}
_clovrix_env_completion clovrix-env
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    "zsh": """
compdef() {{ }}
_describe() {{ print -l -- "${{(@P)3%%:*}}" }}
eval "$(clovrix-env completion zsh)"
words=({words}) CURRENT=$(({at} + 1))
_clovrix_env_completion
""",
}


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A folder with the command ``clovrix-env`` in it."""
    file = tmp_path / "bin" / "clovrix-env"
    file.parent.mkdir()
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m clovrix_env "$@"\n')
    file.chmod(0o755)
    return file.parent


def completed(shell: str, script: Path, *words: str) -> list[str]:
    """What a shell offers for the last word."""
    line = " ".join(f"'{word}'" for word in ("clovrix-env", *words))
    ran = subprocess.run(
        [shell, "-c", COMPLETE[shell].format(words=line, at=len(words))],
        env={
            **os.environ,
            "PATH": f"{script}:{os.environ['PATH']}",
            "PYTHONPATH": TOP,
            # Nobody answers there: a completion that asked would hang, or fail.
            "CLOVRIX_API_URL": "https://192.0.2.1",
        },
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert ran.stderr == ""
    return ran.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize("shell", COMPLETE)
def test_it_completes(clean_environment: Path, script: Path, shell: str) -> None:
    """Commands, commands of a group, and options, without asking anybody."""
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell}")
    assert "explain" in completed(shell, script, "ex")
    assert {"backup", "billing"} <= set(completed(shell, script, "local", "b"))
    assert "--reveal" in completed(shell, script, "explain", "--re")


def test_every_shell_gets_a_script(command: Run) -> None:
    """One with the variable that the program is asked by; another shell is wrong usage."""
    for shell in ("bash", "zsh", "fish"):
        assert f"_CLOVRIX_ENV_COMPLETE={shell}_complete" in command("completion", shell).stdout
    assert "'bash', 'zsh', 'fish'" in command("completion", "tcsh", status=2).stderr
