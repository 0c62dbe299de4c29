"""``clovrix-env run`` is ``clovrix-exec``; ``version`` and ``completion``."""

import json
import platform

import pytest

import clovrix_env


@pytest.mark.parametrize(("script", "status"), [("exit 42", 42), ("kill -TERM $$", -15)])
def test_the_program_s_own_end(command, script, status):
    """Its status and its signal are what is seen."""
    command("run", "--set", "A=1", "--", "sh", "-c", script, status=status)


def test_what_is_resolved_reaches_the_program(command):
    """With the launcher's own options, which its help has, and the line split at the first --."""
    ran = command("run", "--set", "A=one", "--", "sh", "-c", 'echo "$A $1"', "x", "--")
    assert (ran.stdout, ran.stderr) == ("one --\n", "")
    shown = command("run", "--help").stdout
    assert shown.startswith("Usage: clovrix-env run [OPTIONS]")
    assert "--pristine" in shown
    assert "Example: " in shown


def test_our_own_failures(command):
    """The launcher's sentences and statuses: 125, and 127 for what is not found."""
    ran = command("run", "true", status=125)
    assert ran.stderr.startswith("clovrix-exec: -- is missing before the command\n")
    command("run", "--set", "A=1", "--", "no-such-command-here", status=127)


def test_version(command):
    """Ours and Python's, for people and for programs."""
    ours, python = clovrix_env.__version__, platform.python_version()
    assert command("version").stdout == f"clovrix-env {ours} (Python {python})\n"
    document = {"version": 1, "clovrix_env": ours, "python": python}
    assert json.loads(command("version", "--json").stdout) == document


def test_every_shell_gets_a_script(command):
    """One for both programs; ``screens`` has what the shells make of it."""
    for shell in ("bash", "zsh", "fish"):
        text = command("completion", shell).stdout
        assert f"_CLOVRIX_ENV_COMPLETE={shell}_complete" in text
        assert "_clovrix_exec_completion" in text
    assert "'bash', 'zsh', 'fish'" in command("completion", "tcsh", status=2).stderr
